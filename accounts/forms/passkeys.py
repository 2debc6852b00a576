"""allauth's passkey forms, with fields that refuse more."""

import struct

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as allauth_forms
from allauth.mfa.webauthn.internal import auth
from django import forms

from accounts.names import NameField

THERE = "This passkey is there: your first try added it. Cancel leads to the list."


# What fido2 raises for JSON that is no credential, and for CBOR that is none.
UNREADABLE = (
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class CredentialField(forms.JSONField):
    """A JSON field for which whatever is no credential is wrong, and no crash."""

    widget = forms.HiddenInput

    def __init__(self, parse, **kwargs):
        super().__init__(**kwargs)
        self._parse = parse

    def to_python(self, value):
        try:
            credential = super().to_python(value)
            if credential is not None:
                self._parse(credential)
        except UNREADABLE:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from None
        return credential


def _made():
    return CredentialField(auth.parse_registration_response)


def _shown():
    return CredentialField(auth.parse_authentication_response)


class AddForm(allauth_forms.AddWebAuthnForm):
    name = NameField(required=False)
    credential = _made()

    def clean(self):
        # The browser makes a new one for each try; the same one comes again when the
        # answer to the first try was lost.
        if self._is_there():
            raise forms.ValidationError(THERE, code="there")
        return super().clean()

    def _is_there(self):
        credential = self.cleaned_data.get("credential") or {}
        keys = Authenticator.objects.filter(
            user=self.user, type=Authenticator.Type.WEBAUTHN
        )
        return keys.filter(data__credential__id=credential.get("id", "")).exists()


class EditForm(allauth_forms.EditWebAuthnForm):
    name = NameField()


class AuthenticateForm(allauth_forms.AuthenticateWebAuthnForm):
    credential = _shown()


class LoginForm(allauth_forms.LoginWebAuthnForm):
    credential = _shown()


class ReauthenticateForm(allauth_forms.ReauthenticateWebAuthnForm):
    credential = _shown()
