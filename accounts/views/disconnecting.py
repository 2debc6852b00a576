"""Letting go of a provider that one signs in with."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.identity import connections, sessions
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
        return _disconnect(request, connection)
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
