"""Where allauth asks us: who may sign up, what is audited, how seeds are kept."""

from contextlib import suppress

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse

from accounts.audit.trail import Actor, record
from accounts.crypto import seeds
from accounts.crypto.envelope import Sealed
from accounts.identity import people, proof, required, sessions
from accounts.identity.problems import ProviderProblem
from accounts.mail import link, send
from accounts.models import Action, User
from accounts.models.providers import domain_of
from accounts.permissions import come_in
from accounts.rate_limits.attempts import PASSWORD, attempt
from accounts.rate_limits.limiter import settle
from accounts.rule_violations import Unavailable
from accounts.signing_in.arrivals import first_account, record_for_person
from accounts.signing_in.known_devices import remember
from accounts.web.addresses import UNSPECIFIED_ADDRESS, client_address
from accounts.web.browsers import named

# The mails of allauth that Tollgate has: their subjects, and templates of some.
SUBJECTS = {
    "account/email/password_reset_key": "Choose a new password",
    "account/email/unknown_account": "Nobody signs in with this address",
    "account/email/password_changed": "Your password was changed",
    "account/email/password_reset": "Your password was reset",
    "mfa/email/totp_activated": "An authenticator app was added",
    "mfa/email/totp_deactivated": "The authenticator app was removed",
    "mfa/email/recovery_codes_generated": "New recovery codes were made",
    "mfa/email/webauthn_added": "A passkey was added",
    "mfa/email/webauthn_removed": "A passkey was removed",
}
TEMPLATES = {
    "account/email/password_reset_key": "accounts/mail/password_key.html",
    "account/email/unknown_account": "accounts/mail/unknown.html",
}
SECOND_FACTOR = "allauth.mfa.stages.AuthenticateStage"
CHANGED = "accounts/mail/sign_in.html"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """People are added by an admin or by staff, never by themselves."""
        return False

    def get_client_ip(self, request):
        return client_address(request) or UNSPECIFIED_ADDRESS

    def authenticate(self, request, **credentials):
        email = credentials.get("email") or ""
        person = _person(email)
        tried = attempt(PASSWORD, request, email.lower(), person)
        needed = required.required_for(email.replace("\x00", ""))
        # The same is said whether there is such a person, and whatever the password is.
        if needed and not required.is_exempt(needed, request, person):
            required.refuse(request, needed, email)
        user = super().authenticate(request, **credentials)
        if user:
            settle(tried)
        elif needed:
            required.refuse(request, needed, email)
        return user

    def pre_login(self, request, user, **kwargs):
        """Lead whoever has to come from a provider there, from a passkey, too."""
        response = super().pre_login(request, user, **kwargs)
        if response or getattr(request, "came_from_provider", False):
            return response
        needed = required.required_for(user.email)
        if needed is None or required.is_exempt(needed, request, user):
            return None
        domain = domain_of(user.email)
        text = f"People of {domain} sign in with their organisation's provider."
        messages.error(request, text)
        return redirect("accounts:organisation_sign_in")

    def _settle_required(self, request, user):
        """Connect whom the provider sent to sign in as before; tell of everybody else."""
        needed = required.required_for(user.email)
        if needed is None or user.is_staff:
            return
        pending = sessions.pending(request)
        if pending is None or needed.break_glass_id == user.pk:
            required.note_use(request, needed, user)
            return
        sessions.forget_pending(request)
        # What another tab has connected meanwhile is connected.
        with suppress(ProviderProblem):
            people.connect(pending, user, by=Actor.of(request))
        sessions.note_connected(request, pending)

    def is_reauthentication_required(self, **kwargs):
        """Lead who is to prove it by their provider there; allauth would let them pass."""
        if proof.is_by_provider(self.request):
            if there := proof.ask(self.request):
                raise ImmediateHttpResponse(there)
            return False
        return super().is_reauthentication_required(**kwargs)

    def get_login_stages(self):
        """Leave our second factor out where a provider has signed somebody in."""
        stages = super().get_login_stages()
        if getattr(self.request, "came_from_provider", False):
            return [each for each in stages if each != SECOND_FACTOR]
        return stages

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        login = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        told = {"provider": login.identity.provider.name} if login else {}
        if login:
            sessions.note(request, login)
            user.only_in = sessions.only_in(request, user)
        else:
            self._settle_required(request, user)
        account = first_account(request, user, getattr(response, "url", "/"))
        if account and not user.is_staff:
            come_in(user, account)
        record_for_person(Action.LOGIN, user, Actor.of(request), **told)
        remember(request, response, user)
        return response

    def logout(self, request):
        actor = Actor.of(request)
        here = sessions.of(request) if actor.user else None
        super().logout(request)
        if here:
            sessions.leave(request, here)
        if actor.user:
            record_for_person(Action.LOGOUT, actor.user, actor)

    def get_logout_redirect_url(self, request):
        if sessions.of(request):
            return reverse("accounts:signed_out")
        return super().get_logout_redirect_url(request)

    def authentication_failed(self, request, **credentials):
        user = _person(credentials.get("email") or "")
        actor = Actor("nobody", ip=client_address(request))
        if user:
            record_for_person(Action.LOGIN_FAILED, user, actor)
        else:
            # What was typed is not kept: it may be a password in the wrong field.
            record(Action.LOGIN_FAILED, by=actor, target="unknown e-mail")

    def set_password(self, user, password):
        super().set_password(user, password)
        actor = Actor.of(self.request) if self.request else Actor.console()
        record_for_person(Action.PASSWORD_CHANGED, user, actor)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        if template_prefix.startswith("mfa/"):
            what = template_prefix.rpartition("/")[2].replace("_", " ")
            actor = Actor.of(self.request)
            record_for_person(Action.MFA_CHANGED, user, actor, what=what)
        super().send_notification_mail(template_prefix, user, context, email)

    def get_reset_password_from_key_url(self, key):
        person, _, proof = key.partition("-")
        page = "account_reset_password_from_key"
        return link(reverse(page, kwargs={"uidb36": person, "key": proof}))

    def send_mail(self, template_prefix, email, context):
        template = TEMPLATES.get(template_prefix, CHANGED)
        context = context | {"sessions": link(reverse("usersessions_list"))}
        send(email, SUBJECTS[template_prefix], template, **context)


def _person(email):
    return User.objects.filter(email__iexact=email.replace("\x00", "")).first()


class MFAAdapter(DefaultMFAAdapter):
    """Keep TOTP seeds and recovery seeds in the envelope that tokens are kept in."""

    def encrypt(self, text):
        return seeds.Fresh(text)

    def decrypt(self, encrypted_text):
        try:
            return seeds.opened(encrypted_text)
        except Sealed as error:
            raise Unavailable(
                "secret_unavailable", "Two-factor codes cannot be checked right now."
            ) from error


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    """Write down when somebody signs browsers of their own out."""

    def end_sessions(self, sessions):
        if not sessions:
            return
        with transaction.atomic():
            super().end_sessions(sessions)
            record_for_person(
                Action.SESSIONS_ENDED,
                self.request.user,
                Actor.of(self.request),
                browsers=[named(session.user_agent) for session in sessions],
            )
