"""Proof by the provider of a session that it is really them.

Whoever has a password, a passkey or a code here is asked for that. Everybody else, and whose
organisation wants no passwords, is led to the provider, which is asked when they signed in
there (`max_age` and `auth_time`, OpenID Connect Core 1.0, sections 2 and 3.1.2.1).
"""

import time

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from accounts.identity import sessions, waiting
from accounts.identity.id_tokens import SKEW
from accounts.identity.people import NotAllowed
from accounts.models import IdentityProvider, RequiredSignIn
from accounts.rule_violations import RuleViolation

# The sign-in there may be that old when it is asked for. Less than what it is good for here,
# so that clocks that differ do not lead there and back for ever.
ASKED_SECONDS = 10 * 60
# How a provider is asked: not to be asked again by who has just signed in there; and
# anew, where that did not help.
AGAIN, ANEW = "again", "anew"
SAYS_NOTHING = (
    "It did not ask you to sign in once more, or does not say when you did, and this needs "
    "to know. Ask your admin: the provider has to tell auth_time."
)


def is_by_provider(request):
    """Whether it is for the provider of a session to say that it is them."""
    here = sessions.of(request)
    if not here:
        return False
    return not get_reauthentication_flows(request.user) or _is_required(
        request.user, here.get("organisation")
    )


def _is_required(person, organisation):
    """Whether they use no password, and the provider opens all that is theirs."""
    needed = RequiredSignIn.objects.of_address(person.email).first()
    is_required = needed is not None and needed.organisation_id == organisation
    return is_required and not waiting.belongs_elsewhere(person, organisation)


def ask(request):
    """Return what leads to the provider of a session for a proof, or None if it is needless.

    Raises RuleViolation where that provider is off.
    """
    here = sessions.of(request)
    if _is_recent(here):
        return None
    row = IdentityProvider.objects.on().filter(slug=here["provider"]).first()
    if row is None:
        raise RuleViolation(
            "provider_off",
            "What signed you in is switched off, and nothing else here can tell that it is "
            "you. Sign in another way, or ask the operator.",
        )
    return _lead(request, row)


def _is_recent(here):
    latest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return here.get("auth_time", 0) > latest


def _lead(request, row):
    if not request.htmx:
        return redirect(address(row, AGAIN, request.get_full_path()))
    page = request.htmx.current_url_abs_path or "/"
    return HttpResponse(status=401, headers={"HX-Redirect": address(row, AGAIN, page)})


def address(row, again, following):
    return f"{row.sign_in_path}?{urlencode({'again': again, 'next': following})}"


def parameters(again):
    """Return what a provider is asked besides, when it is asked for a proof."""
    if not again:
        return {}
    prompt = {"prompt": "login"} if again == ANEW else {}
    return {"max_age": ASKED_SECONDS} | prompt


def check(request, login, person):
    """Check that a person has just signed in there, if that was asked for.

    Returns what leads there once more where that may help, or None; raises NotAllowed.
    """
    again = login.state.get("again")
    if not again:
        return None
    if request.user.is_authenticated and request.user != person:
        raise NotAllowed(
            f"You are {request.user.email} here, and somebody else there. Sign out there "
            "first, or here."
        )
    oldest = time.time() - ASKED_SECONDS - SKEW.total_seconds()
    if login.session["auth_time"] >= oldest:
        provider = login.identity.provider
        messages.success(request, f"{provider} has confirmed that it is you.")
        return None
    if again == ANEW:
        raise NotAllowed(SAYS_NOTHING, "It told no recent auth_time, asked by max_age.")
    return redirect(
        address(login.identity.provider, ANEW, login.state.get("next") or "/")
    )
