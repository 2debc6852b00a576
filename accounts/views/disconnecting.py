"""Letting go of a provider that one signs in with."""

import time

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.identity import connections, sessions
from accounts.models import IdentityProvider
from accounts.permissions import about_oneself


@require_http_methods(["GET", "HEAD", "POST"])
@about_oneself
@reauthentication_required(allow_get=True)
def disconnect(request, pk):
    """Ask whether a provider is to sign somebody in no more, and see to it."""
    mine = connections.connections(request.user)
    connection = next((each for each in mine if each.row.pk == pk), None)
    if connection is None:
        return redirect("accounts:profile")
    if request.method == "POST":
        return _sign_in_again(request) or _disconnect(request, connection)
    context = {
        "provider": connection.provider,
        "refusal": connections.why_kept(request.user, connection),
        "granted": connections.granted(request.user, connection.provider),
        "is_here": _is_of(request, connection.provider),
    }
    return render(request, "accounts/sign_in/disconnect.html", context)


def _is_of(request, provider):
    here = sessions.of(request)
    return bool(here) and here["provider"] == provider.slug


def _sign_in_again(request):
    """Lead who has nothing of ours to prove themselves with to their provider.

    None where that is needless, or their provider off.
    """
    here = sessions.of(request)
    latest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if get_reauthentication_flows(request.user) or not here or here["at"] > latest:
        return None
    row = IdentityProvider.objects.on().filter(slug=here["provider"]).first()
    if row is None:
        return None
    messages.info(request, "You have just signed in once more. Now you can disconnect.")
    return redirect(f"{row.sign_in_path}?{urlencode({'next': request.path})}")


def _disconnect(request, connection):
    is_here = _is_of(request, connection.provider)
    keep = "" if is_here else request.session.session_key
    connections.disconnect(connection, request.user, by=Actor.of(request), keep=keep)
    said = f"{connection.provider} signs you in no more."
    if is_here:
        logout(request)
        messages.success(request, f"{said} Sign in another way.")
        return redirect("account_login")
    messages.success(request, said)
    return redirect("accounts:profile")
