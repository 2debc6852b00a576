"""allauth's forms in which something can be guessed, with our limits."""

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from django.db import transaction

from accounts.attempts import CODE, PASSWORD, attempt, attempt_reset
from accounts.codes import take
from accounts.limits import settle
from accounts.models import User


class ResetPasswordForm(account_forms.ResetPasswordForm):
    def clean_email(self):
        email = super().clean_email()
        attempt_reset(context.request, email.lower())
        return email


class ChangePasswordForm(account_forms.ChangePasswordForm):
    def clean_oldpassword(self):
        tried = attempt(PASSWORD, context.request, self.user.email, self.user)
        password = super().clean_oldpassword()
        settle(tried)
        return password


class _Limited:
    """A form that asks for the code of an authenticator app, or a recovery code."""

    def clean_code(self):
        tried = attempt(CODE, context.request, self.user.pk, self.user)
        with transaction.atomic():
            # Who takes a recovery code at the same moment has read that it is unused.
            User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
            code = super().clean_code()
            self._take(normalize_user_code(code))
        settle(tried)
        return code

    def _take(self, code):
        if self.authenticator.type != Authenticator.Type.TOTP:
            return
        seed = get_adapter().decrypt(self.authenticator.data["secret"])
        if not take(self.user, seed, code):
            raise get_adapter().validation_error("incorrect_code")


class AuthenticateForm(_Limited, mfa_forms.AuthenticateForm):
    pass


class ReauthenticateForm(_Limited, mfa_forms.ReauthenticateForm):
    pass


class ActivateForm(_Limited, totp_forms.ActivateTOTPForm):
    def _take(self, code):
        # Whoever can read the seed needs no code twice; the first sign-in takes another.
        take(self.user, self.secret, code)
