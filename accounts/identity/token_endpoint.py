"""The request to a provider's token endpoint (RFC 6749, section 4.1.3)."""

from base64 import b64encode
from urllib.parse import quote_plus

from accounts.identity.http import post_form
from accounts.models import TokenAuthMethod


def exchange(provider, metadata, code, verifier):
    """Exchange a code and return status and object; raises Away, or Sealed."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.callback_url,
        "code_verifier": verifier,
    }
    headers = {}
    secret = provider.client_secret
    if provider.token_auth_method == TokenAuthMethod.BASIC:
        # Both are encoded as in a form before they are joined (section 2.3.1).
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        fields |= {"client_id": provider.client_id, "client_secret": secret}
    return post_form(metadata["token_endpoint"], fields, headers)
