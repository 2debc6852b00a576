"""Our part in allauth's OpenID Connect provider.

allauth keeps the state and the PKCE verifier, and leads from the callback to the login.
What is said to the provider is said by us: the document is kept, nonce and signature
are checked, the secret is encoded, and whatever fails is a ProviderProblem.
"""

from functools import cached_property

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)

from accounts.crypto.envelope import Sealed
from accounts.identity import id_tokens
from accounts.identity.discovery import metadata, short
from accounts.identity.http import get_json
from accounts.identity.identities import identity
from accounts.identity.problems import Away, Refused
from accounts.identity.token_endpoint import exchange


class Conversation(OpenIDConnectOAuth2Adapter):
    """One sign-in at one provider; raises ProviderProblem."""

    @cached_property
    def provider(self):
        return get_adapter(self.request).get_provider(self.request, self.provider_id)

    @property
    def row(self):
        return self.provider.app.row

    def get_provider(self):
        return self.provider

    @property
    def openid_config(self):
        return metadata(self.row)

    def get_callback_url(self, request, app):
        return self.row.callback_url

    def get_access_token_data(self, request, app, client, pkce_code_verifier=None):
        self._check_issuer(request.GET.get("iss"))
        self.nonce = id_tokens.nonce_for(pkce_code_verifier)
        try:
            status, said = exchange(
                self.row, self.openid_config, request.GET["code"], pkce_code_verifier
            )
        except Sealed as error:
            raise Away(f"The client secret cannot be opened: {error}.") from error
        if status != 200:
            raise Refused(f"Its token endpoint answered {short(said.get('error'))}.")
        for name in ("access_token", "id_token"):
            if not isinstance(said.get(name), str):
                raise Refused(f"Its token endpoint answered without {name}.")
        return said

    def _check_issuer(self, issuer):
        """Compare who answers with whom was asked, where it says so (RFC 9207)."""
        if issuer is not None and issuer != self.row.issuer:
            raise Refused("The answer comes from another provider.")

    def parse_token(self, data):
        """Take the token for the question who it is; it is not kept."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request, app, token, response):
        claims = id_tokens.check(self.row, response["id_token"], self.nonce)
        found = identity(self.row, claims, self._userinfo(token.token))
        login = self.provider.sociallogin_from_response(request, found)
        login.identity = found
        login.session = {
            "sid": claims.get("sid"),
            "id_token": response["id_token"],
            "auth_time": id_tokens.signed_in_at(claims),
        }
        return login

    def _userinfo(self, access_token):
        url = self.openid_config["userinfo_endpoint"]
        headers = {"Authorization": f"Bearer {access_token}"}
        return get_json(url, headers) if url else {}


class Provider(OpenIDConnectProvider):
    """A provider as allauth sees it; its `app` is made of our row."""

    # Where allauth looks for its addresses, which stand behind ours.
    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = Conversation

    def get_pkce_params(self):
        challenge = generate_code_challenge()
        nonce = id_tokens.nonce_for(challenge["code_verifier"])
        return challenge | {"nonce": nonce}

    def extract_uid(self, data):
        return data.subject

    def extract_extra_data(self, data):
        """Keep nothing of the person but what their profile shows."""
        return {"email": data.email}

    def extract_common_fields(self, data):
        return {}

    def extract_email_addresses(self, data):
        return []
