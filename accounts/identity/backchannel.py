"""Signing people out when their provider says so (OpenID Connect Back-Channel Logout 1.0).

The provider calls by itself, without a session or a form of ours: its signature says who
it is. So it is answered before anything looks for these.
"""

import re
import time

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.utils.decorators import sync_only_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.audit.trail import Actor
from accounts.identity.id_tokens import SKEW, decode
from accounts.identity.problems import ProviderProblem, Refused
from accounts.models import Action, IdentityProvider
from accounts.signing_in.arrivals import record_for_person
from accounts.web.addresses import client_address

PATH = re.compile(r"/oidc/([a-z0-9-]{1,40})/logout/")
NEEDED = ["iss", "aud", "iat", "events"]
EVENT = "http://schemas.openid.net/event/backchannel-logout"
# An older one may have been overheard, and the person be back since.
GOOD_FOR_SECONDS = 300


@sync_only_middleware
def BackchannelLogoutMiddleware(get_response):  # noqa: N802 -- named like its siblings
    def middleware(request):
        found = PATH.fullmatch(request.path_info)
        return provider_logout(request, found[1]) if found else get_response(request)

    return middleware


@never_cache
@require_POST
def provider_logout(request, slug):
    """End the sessions that a logout token is about; 400 for one that does not hold."""
    provider = IdentityProvider.objects.filter(slug=slug).first()
    if provider is None:
        return HttpResponse(status=404)
    try:
        claims = _check(provider, request.POST.get("logout_token", ""))
    except ProviderProblem as problem:
        said = {"error": "invalid_request", "error_description": problem.detail}
        return JsonResponse(said, status=400)
    _end(provider, claims, Actor(provider.name, ip=client_address(request)))
    return HttpResponse()


def _check(provider, token):
    """Return the claims of a logout token (section 2.6); raises ProviderProblem."""
    claims = decode(provider, token, NEEDED)
    events = claims["events"]
    if not isinstance(events, dict) or EVENT not in events or "nonce" in claims:
        raise Refused("It is no logout token.")
    if claims["iat"] < time.time() - GOOD_FOR_SECONDS - SKEW.total_seconds():
        raise Refused("The logout token is too old.")
    if not any(_names(claims, name) for name in ("sub", "sid")):
        raise Refused("The logout token does not say whose session it is.")
    return claims


def _names(claims, name):
    return isinstance(claims.get(name), str) and claims[name]


def _end(provider, claims, by):
    """End the session with an id, else all of the person that have none."""
    condition = Q(pk=None)
    sid, subject = _names(claims, "sid"), _names(claims, "sub")
    if sid:
        condition |= Q(data__sid=sid)
    if subject:
        mine = Q(data__subject=subject)
        condition |= mine & Q(data__sid=None) if sid else mine
    rows = UserSession.objects.filter(condition, data__provider=provider.slug)
    with transaction.atomic():
        people = set()
        for session in rows.select_related("user"):
            people.add(session.user)
            session.end()
        for person in people:
            record_for_person(Action.SESSIONS_ENDED, person, by, provider=provider.name)
