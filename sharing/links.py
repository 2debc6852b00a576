"""The link of a shared token, as a text and as a picture."""

import segno
from django.urls import reverse

from accounts import mail


def link(secret, page=None):
    """Return the whole link; what follows the "#" never leaves a visitor's browser.

    `page` is the token's public id, which no change of the index key takes away.
    """
    page = reverse("sharing:visitor", args=[page or secret.public_id])
    return f"{mail.link(page)}#{secret.reveal()}"


def picture(secret, page=None):
    """Return a QR code of the link, as the address of an image."""
    code = segno.make(link(secret, page), error="m", micro=False)
    return code.svg_data_uri(scale=5, border=2)
