"""allauth's forms in which something can be guessed, with our limits."""

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.identity import required, sessions, waiting
from accounts.models import User
from accounts.rate_limits.attempts import CODE, PASSWORD, attempt, attempt_reset
from accounts.rate_limits.limiter import settle
from accounts.signing_in.totp import step_of

USED = "That code was used before. Wait until your app shows another one."


class LoginForm(account_forms.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["remember"].label = "Stay signed in"
        for name in ("login", "password"):
            # The label above it says the same.
            del self.fields[name].widget.attrs["placeholder"]


class ResetPasswordForm(account_forms.ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"
        del self.fields["email"].widget.attrs["placeholder"]

    def clean_email(self):
        email = super().clean_email()
        attempt_reset(context.request, email.lower())
        needed = required.required_for(email)
        if needed and not (_may_be_connected(email) or _needs_one(email)):
            required.refuse(context.request, needed, email)
        return email


def _may_be_connected(email):
    """Whether somebody comes from the provider, and has to sign in as before once."""
    pending = sessions.pending(context.request)
    return pending is not None and pending.email == email.lower()


def _needs_one(email):
    """Whether somebody is signed in who proves with it who they are, to other organisations."""
    person = context.request.user
    if not person.is_authenticated or person.email != email.lower():
        return False
    return waiting.is_kept_out(person)


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
            # Who takes a code at the same moment has read that it is unused.
            user = User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
            step = self._step()
            self._refuse_used(user, step)
            code = super().clean_code()
            if step:
                user.last_code_step = step
                user.save(update_fields=["last_code_step"])
        settle(tried)
        return code

    def _step(self):
        seed = self._seed()
        code = normalize_user_code(self.cleaned_data["code"])
        return step_of(seed, code) if seed else 0

    def _seed(self):
        apps = Authenticator.objects.filter(
            user=self.user, type=Authenticator.Type.TOTP
        )
        app = apps.first()
        return app and get_adapter().decrypt(app.data["secret"])

    def _refuse_used(self, user, step):
        if step and step <= user.last_code_step:
            raise ValidationError(USED, code="used_code")


class AuthenticateForm(_Limited, mfa_forms.AuthenticateForm):
    pass


class ReauthenticateForm(_Limited, mfa_forms.ReauthenticateForm):
    pass


class ActivateForm(_Limited, totp_forms.ActivateTOTPForm):
    def _seed(self):
        return self.secret

    def _refuse_used(self, user, step):
        # A seed that is new has no code that was used.
        pass
