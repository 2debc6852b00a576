from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.locks import locked
from accounts.names import validate_no_secret
from gateway.models import Webhook


def _check_address(url):
    """Raise ValidationError for an address that no call can or should be made to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValidationError("This is not an address.") from error
    schemes = ("https", "http") if settings.WEBHOOK_PRIVATE_ADDRESSES else ("https",)
    if parts.scheme not in schemes:
        raise ValidationError("The address must begin with https://.")
    if not parts.hostname or port == 0:
        raise ValidationError("The address names no host.")
    if "@" in parts.netloc:
        raise ValidationError("Leave user name and password out of the address.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValidationError("Use plain ASCII: encode what is none.")


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=500,
        validators=[_check_address, validate_no_secret],
        widget=forms.URLInput(
            {"placeholder": "https://example.com/hooks/tollgate", "autocomplete": "off"}
        ),
    )

    def point(self, account, *, by):
        """Make the account's webhook, or move it, or send there again; return it."""
        url = self.cleaned_data["url"]
        with locked(account):
            webhook = Webhook.objects.filter(account=account).first()
            if webhook is None:
                return Webhook.add(account, url, by=by)
            if webhook.url != url or webhook.stopped_at:
                webhook.move(url, by=by)
            return webhook
