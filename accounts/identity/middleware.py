"""Asking a provider every hour whether somebody is still who they were.

They are led there and back without a question (`prompt=none`), with what they belong to
there now. We keep no refresh token for that: it would be a credential of the person that
works for weeks, not every provider hands one out, and whoever was signed out there or
disabled would stay signed in here.
"""

import time

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import sync_only_middleware
from django.utils.http import urlencode

from accounts.identity import sessions
from accounts.models import IdentityProvider
from accounts.web.errors import page_behind

# Somebody who opens a page is asked a while before nothing is done without it, so that
# what is typed on a page for a quarter of an hour can still be sent.
EARLY_SECONDS, LATE_SECONDS = 45 * 60, 60 * 60


@sync_only_middleware
def ProviderSessionMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Let no session go on for more than an hour without its provider's word."""

    def middleware(request):
        here = sessions.of(request)
        age = time.time() - here["at"] if here else 0
        if age < EARLY_SECONDS or _leads_there(request):
            return get_response(request)
        return _ask(request, here, is_late=age >= LATE_SECONDS) or get_response(request)

    return middleware


def _leads_there(request):
    """Whether an address is on the way to the provider and back, or out."""
    out = (reverse("account_logout"), reverse("accounts:signed_out"))
    return request.path.startswith("/oidc/") or request.path in out


def _ask(request, here, *, is_late):
    """Return what leads to the provider, or None where the request may go on."""
    row = IdentityProvider.objects.on().filter(slug=here["provider"]).first()
    if row is None:
        if is_late:
            logout(request)
        return None
    if request.method == "GET" and not request.htmx:
        return None if "asked" in here and not is_late else _there(request, row, here)
    return _by_the_login(request) if is_late else None


def _there(request, row, here):
    request.session[sessions.KEY] = here | {"asked": True}
    query = urlencode({"silent": 1, "next": request.get_full_path()})
    return redirect(f"{row.sign_in_path}?{query}")


def _by_the_login(request):
    """Answer as when a session has ended: the page then leads to the provider."""
    response = redirect_to_login(page_behind(request), reverse("account_login"))
    if not request.htmx:
        return response
    return HttpResponse(status=401, headers={"HX-Redirect": response.url})
