"""The link of a shared token, as a text and as a picture."""

import segno
from django.conf import settings
from django.urls import reverse


def link(secret):
    """Return the whole link; what follows the "#" never leaves a visitor's browser."""
    page = reverse("sharing:guest", args=[secret.public_id])
    return f"{settings.APP_URL.rstrip('/')}{page}#{secret.reveal()}"


def picture(secret):
    """Return a QR code of the link, as the address of an image."""
    code = segno.make(link(secret), error="m", micro=False)
    return code.svg_data_uri(scale=5, border=2)
