"""Signing in with a provider: there and back, and connecting it to a known person."""

from contextlib import contextmanager

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.trail import Actor
from accounts.forms.providers import AddressForm
from accounts.identity import people, proof, sessions
from accounts.identity.adapters import ONLY, problem_page, tell_of_waiting
from accounts.identity.problems import ProviderProblem
from accounts.identity.provider import Conversation
from accounts.permissions import about_oneself
from accounts.rate_limits.attempts import enter
from accounts.web.form_status import status_of

GET_OR_POST = ["GET", "HEAD", "POST"]
MOST_HINT = 254


@require_safe
@login_not_required
def provider_sign_in(request, slug):
    """Lead to a provider.

    `next` is where to go afterwards; `connect` lets who is signed in connect it; `hint`
    is the address that it should know somebody by; `silent` asks it not to ask; `again` that they signed in there
    just now.
    """
    if request.user.is_authenticated:
        process = AuthProcess.CONNECT if "connect" in request.GET else AuthProcess.LOGIN
    else:
        enter(request)
        process = AuthProcess.LOGIN
    return _talk(request, slug, lambda provider: _begin(request, provider, process))


def _begin(request, provider, process):
    hint = request.GET.get("hint", "")[:MOST_HINT]
    silent = request.GET.get("silent", "")
    again = request.GET.get("again", "")
    return provider.redirect(
        request,
        process,
        next_url=get_next_redirect_url(request),
        scope=provider.app.row.scope.split(),
        auth_params=({"login_hint": hint} if hint else {})
        | ({"prompt": "none"} if silent else {})
        | proof.parameters(again),
        silent=silent,
        again=again,
    )


@require_safe
@login_not_required
def provider_callback(request, slug):
    """Take who comes back from a provider."""
    return _talk(request, slug, lambda provider: _take(request, slug))


def _take(request, slug):
    return OAuth2CallbackView.adapter_view(Conversation(request, slug))(request)


def _talk(request, slug, talk):
    """Return what a provider leads to, or a page that says why it does not."""
    try:
        provider = Conversation(request, slug).get_provider()
    except SocialApp.DoesNotExist:
        raise Http404 from None
    with _cookie_kept(request):
        try:
            return talk(provider)
        except ProviderProblem as problem:
            if request.GET.get("silent") == ONLY:
                tell_of_waiting(request, provider.app.row)
                return redirect(get_next_redirect_url(request) or "/")
            return problem_page(request, provider.app.row, problem)


@contextmanager
def _cookie_kept(request):
    """Keep the cookie of a session that allauth reads anew.

    It does so by the name of the session in the database, of which nobody can tell the
    cookie.
    """
    before = request.session
    yield
    if request.session.cookie is None:
        request.session.cookie = before.cookie


@require_http_methods(GET_OR_POST)
@login_not_required
def organisation_sign_in(request):
    """Find the providers of an organisation by an e-mail address."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        enter(request)
    found = form.is_valid() and form.providers()
    context = {"form": form, "providers": found, "next": get_next_redirect_url(request)}
    return render(
        request,
        "accounts/sign_in/organisation.html",
        context,
        status=200 if found else status_of(form),
    )


@require_http_methods(GET_OR_POST)
@about_oneself
def connect(request):
    """Ask whether a provider is to be connected to who is signed in."""
    identity = sessions.pending(request)
    if identity is None:
        return redirect("accounts:profile")
    if request.method == "POST":
        return _connect(request, identity)
    context = {"identity": identity}
    return render(request, "accounts/sign_in/connect.html", context)


def _connect(request, identity):
    sessions.forget_pending(request)
    try:
        people.connect(identity, request.user, by=Actor.of(request))
    except ProviderProblem as problem:
        return problem_page(request, identity.provider, problem)
    messages.success(request, f"You can sign in with {identity.provider} from now on.")
    return redirect("accounts:profile")


@require_safe
@login_not_required
def signed_out(request):
    """Lead who has signed out of here to the provider, to sign out there, too."""
    address, provider = sessions.way_out(request)
    if address is None:
        return redirect("account_login")
    context = {"address": address, "provider": provider}
    return render(request, "accounts/sign_in/signed_out.html", context)
