"""Asking a provider every hour whether somebody is still who they were.

They are led there and back without a question (`prompt=none`), with what they belong to
there now. We keep no refresh token for that: it would be a credential of the person that
works for weeks, not every provider hands one out, and whoever was signed out there or
disabled would stay signed in here.
"""

import time

from django.contrib.auth import logout
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.identity import sessions, waiting
from accounts.models import IdentityProvider
from accounts.models.memberships import WORD_HOLDS

# Somebody who opens a page is asked a while before nothing is done without it, so that
# what is typed on a page for a quarter of an hour can still be sent.
EARLY_SECONDS, LATE_SECONDS = 45 * 60, WORD_HOLDS.total_seconds()
# What makes a new way in, which opens other organisations, too.
NEW_WAYS = {"mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"}


class ProviderSessionMiddleware:
    """Let no session go on for more than an hour without its provider's word."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        here = sessions.of(request)
        if not here:
            return self.get_response(request)
        request.user.only_in = sessions.only_in(request, request.user)
        return _asked(request, here) or self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        name = request.resolver_match.url_name
        if name in NEW_WAYS and waiting.is_kept_out(request.user):
            return waiting.prove(request)
        return None


def _asked(request, here):
    """Return what leads to the provider, or None where the request may go on."""
    age = time.time() - here["at"]
    if age < EARLY_SECONDS or _leads_there(request):
        return None
    return _ask(request, here, is_late=age >= LATE_SECONDS)


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
    return waiting.by_the_login(request) if is_late else None


def _there(request, row, here):
    request.session[sessions.KEY] = here | {"asked": True}
    query = urlencode({"silent": 1, "next": request.get_full_path()})
    return redirect(f"{row.sign_in_path}?{query}")
