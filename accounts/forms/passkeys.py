"""allauth's passkey forms, with fields that refuse more."""

from allauth.mfa.webauthn import forms as allauth_forms
from django import forms

from accounts.names import NameField


class CredentialField(forms.JSONField):
    """A JSON field for which a number of 5,000 digits is wrong, and no crash."""

    widget = forms.HiddenInput

    def to_python(self, value):
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from None


class AddForm(allauth_forms.AddWebAuthnForm):
    name = NameField(required=False)
    credential = CredentialField()


class EditForm(allauth_forms.EditWebAuthnForm):
    name = NameField()


class AuthenticateForm(allauth_forms.AuthenticateWebAuthnForm):
    credential = CredentialField()


class LoginForm(allauth_forms.LoginWebAuthnForm):
    credential = CredentialField()


class ReauthenticateForm(allauth_forms.ReauthenticateWebAuthnForm):
    credential = CredentialField()
