"""Where allauth asks us about providers: which there are, and who comes from one."""

import logging

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.audit.trail import Actor, record
from accounts.identity import people, proof, sessions
from accounts.identity.problems import ProviderProblem
from accounts.models import Action, IdentityProvider

logger = logging.getLogger(__name__)

ELSEWHERE = (
    "This sign-in was begun in another browser, too long ago, or is done already. "
    "Begin anew."
)
# How a provider is asked without which the person can go on.
ONLY = "only"
CANCELLED = "You cancelled the sign-in there."


# What a provider says when it would have to ask the person (section 3.1.2.6).
WOULD_ASK = {
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request, provider=None, client_id=None):
        """Return the providers that are on, as allauth knows them; none has its secret."""
        rows = IdentityProvider.objects.on().select_related("organisation")
        return [_app(row) for row in rows.filter(slug=provider)]

    def pre_social_login(self, request, sociallogin):
        """Give who comes from a provider their person, or lead elsewhere."""
        if sociallogin.state["process"] == AuthProcess.CONNECT:
            self._ask(request, sociallogin)
        by = Actor.of(request)
        try:
            person = people.person_of(sociallogin.identity, by=by)
        except people.ToBeConfirmed:
            self._ask(request, sociallogin)
        if once_more := proof.check(request, sociallogin, person):
            raise ImmediateHttpResponse(once_more)
        sociallogin.account = people.connection(sociallogin.identity)
        sociallogin.user = person
        keep = request.session.session_key or ""
        people.arrived(sociallogin.identity, person, by=by, keep=keep)
        if request.user == person:
            sessions.note(request, sociallogin)
            raise ImmediateHttpResponse(redirect(_next(sociallogin.state)))
        # Ours is not asked for besides the provider's second factor.
        request.came_from_provider = True

    def _ask(self, request, sociallogin):
        sessions.ask_later(request, sociallogin.identity)
        raise ImmediateHttpResponse(redirect("accounts:connect"))

    def on_authentication_error(
        self, request, provider, error=None, exception=None, extra_context=None
    ):
        state = (extra_context or {}).get("state")
        if state and state.get("silent") and request.GET.get("error") in WOULD_ASK:
            raise ImmediateHttpResponse(_answer_silence(request, provider, state))
        problem = _problem(error, exception, state, request.GET.get("error"))
        raise ImmediateHttpResponse(
            problem_page(request, provider.app.row, problem, state)
        )


def _app(row):
    app = SocialApp(
        provider="openid_connect",
        provider_id=row.slug,
        name=row.name,
        client_id=row.client_id,
    )
    app.row = row
    return app


def _next(state):
    return state.get("next") or reverse(settings.LOGIN_REDIRECT_URL)


def _answer_silence(request, provider, state):
    """Begin anew where the provider has to ask the person something.

    Who can go on without it goes on, and is told.
    """
    if state["silent"] == ONLY:
        tell_of_waiting(request, provider.app.row)
        return redirect(_next(state))
    query = urlencode({"next": _next(state)})
    return redirect(f"{provider.app.row.sign_in_path}?{query}")


def _problem(error, exception, state, code):
    if isinstance(exception, ProviderProblem):
        return exception
    if state is None:
        return people.BegunElsewhere(ELSEWHERE)
    if error == AuthError.CANCELLED:
        return people.NotAllowed(CANCELLED)
    return people.NotAllowed(
        "It did not sign you in. Try again, and if it stays like this, ask your admin.",
        f"It answered {(code or 'no code')[:40]!a}.",
    )


def tell_of_waiting(request, row):
    text = f"What groups of {row} give you waits: sign in with it, from your profile."
    messages.info(request, text)


def problem_page(request, row, problem, state=None):
    """Say what went wrong with a provider, and what to do; writes it down for admins."""
    logger.warning("Sign-in with %s: %s", row.slug, problem.detail)
    if problem.is_refusal:
        record(
            Action.LOGIN_FAILED,
            by=Actor("nobody", ip=Actor.of(request).ip),
            organisation=row.organisation,
            target=row.name,
            reason=problem.detail,
        )
    context = {"provider": row, "problem": problem, "next": (state or {}).get("next")}
    return render(
        request, "accounts/sign_in/problem.html", context, status=problem.status
    )
