import re
import time
import uuid
import zoneinfo
from datetime import timedelta
from random import getrandbits

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.middleware import (
    LoginRequiredMiddleware as DjangoLoginRequiredMiddleware,
)
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.middleware import (
    SessionMiddleware as DjangoSessionMiddleware,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import sync_only_middleware
from django.utils.http import urlencode

from accounts.deadline import database_away
from accounts.names import holds_secret
from accounts.rate_limits.attempts import enter
from accounts.rule_violations import RuleViolation
from accounts.signing_in.arrivals import LAST_ACCOUNT
from accounts.web.cookies import is_doubled, only
from accounts.web.errors import not_allowed, refused
from accounts.web.logs import request_id
from accounts.web.request_log import note
from accounts.web.return_addresses import page_behind
from accounts.web.tracing import accepted, traceparent

TWO_SESSIONS = (
    "Your browser sent two session cookies, and one of them may be somebody else's, so "
    "neither was used. Sign in again. If this comes back, delete this site's cookies."
)
# Long enough to be one of its kind, and nothing that means anything in a log or a page.
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
PAGE_METHODS = ["GET", "HEAD", "POST"]


@sync_only_middleware
def RequestIdMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Give each request an id, which its answer and what is logged about it have."""

    def middleware(request):
        begun, method = time.perf_counter(), request.method
        request.request_id = given_id(request) or fresh_id()
        # Django logs what was refused when all middleware is done.
        request_id.set(request.request_id)
        traceparent.set(accepted(request.META.get("HTTP_TRACEPARENT", "")))
        response = get_response(request)
        response["X-Request-Id"] = request.request_id
        note(request, method, response, time.perf_counter() - begun)
        return response

    return middleware


def fresh_id():
    # Nobody has to be kept from guessing it, which saves a call of the system's.
    return str(uuid.UUID(int=getrandbits(128), version=4))


def given_id(request):
    """Return the id that a trusted proxy gave a request, or a blank.

    Of whoever reaches this server without one nobody knows who gave it.
    """
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    is_sane = settings.TRUSTED_PROXIES and GIVEN_ID.fullmatch(given)
    return given if is_sane and not holds_secret(given) else ""


class SessionMiddleware(DjangoSessionMiddleware):
    """Keep in the browser what only a hash of is in the database."""

    def process_request(self, request):
        cookie = only(request.META.get("HTTP_COOKIE", ""), settings.SESSION_COOKIE_NAME)
        request.session = self.SessionStore.of_cookie(cookie)

    def process_response(self, request, response):
        # What a person was shown is not for whoever presses Back after they signed out.
        if request.session.accessed:
            add_never_cache_headers(response)
        response = super().process_response(request, response)
        kept = response.cookies.get(settings.SESSION_COOKIE_NAME)
        # An empty one tells the browser to forget it.
        if kept and kept.value:
            response.cookies[settings.SESSION_COOKIE_NAME] = request.session.cookie
        return response


class MethodMiddleware:
    """Answer OPTIONS as any other method that a page does not have."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.method == "OPTIONS":
            return HttpResponseNotAllowed(PAGE_METHODS)
        return None


class LoginRequiredMiddleware(DjangoLoginRequiredMiddleware):
    """Send people to the login page, from inside a page too."""

    def handle_no_permission(self, request, view_func):
        response = redirect_to_login(
            page_behind(request),
            self.get_login_url(view_func),
            self.get_redirect_field_name(view_func),
        )
        if not request.htmx:
            return response
        # A 302 would be followed by htmx and the login page swapped into a row.
        return HttpResponse(status=401, headers={"HX-Redirect": response.url})


@sync_only_middleware
def ViewerTimezoneMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Render times in the zone that the browser told us in a cookie."""

    def middleware(request):
        name = request.COOKIES.get("tollgate_zone", "")
        zone = zoneinfo.ZoneInfo(name) if name in ZONES else None
        with timezone.override(zone):
            return get_response(request)

    return middleware


ZONES = zoneinfo.available_timezones()
# Forms without a field in which something could be guessed.
ENTRANCES = {"account_reset_password_from_key", "mfa_login_webauthn"}
SEEN = "seen"
SEEN_PRECISION = timedelta(minutes=1)
COOKIE_AGE = timedelta(days=365)


@sync_only_middleware
def SessionActivityMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Note when and from where a session was used last, once a minute at most.

    allauth's own middleware does so at every request, with a write each time.
    """

    def middleware(request):
        _tell_of_two_sessions(request)
        now = int(time.time())
        due = request.session.get(SEEN, 0) <= now - SEEN_PRECISION.total_seconds()
        if request.user.is_authenticated and due:
            request.session[SEEN] = now
            UserSession.objects.create_from_request(request)
        return get_response(request)

    return middleware


def _tell_of_two_sessions(request):
    header = request.META.get("HTTP_COOKIE", "")
    if request.method == "GET" and is_doubled(header, settings.SESSION_COOKIE_NAME):
        messages.warning(request, TWO_SESSIONS)


@sync_only_middleware
def LastAccountMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Remember which account a browser opened last; `/` leads there again."""

    def middleware(request):
        response = get_response(request)
        account = getattr(request, "account", None)
        opened = account is not None and response.status_code == 200
        if opened and request.COOKIES.get(LAST_ACCOUNT) != str(account.pk):
            response.set_cookie(
                LAST_ACCOUNT,
                account.pk,
                max_age=COOKIE_AGE,
                secure=settings.HTTPS,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


class RefusalMiddleware:
    """Answer what the product refuses, and what the database cannot do right now."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        # A form shows by itself what was refused, with what was typed.
        if refusal := getattr(request, "refusal", None):
            response.status_code = refusal.status
            response["Retry-After"] = str(refusal.retry_after)
        if response.status_code == 405:
            return not_allowed(request, response["Allow"])
        return response

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.method == "POST" and request.resolver_match.url_name in ENTRANCES:
            try:
                enter(request)
            except RuleViolation as refusal:
                return refused(request, refusal)
        return None

    def process_exception(self, request, exception):
        if isinstance(exception, RuleViolation):
            return refused(request, exception)
        if isinstance(exception, ReauthenticationRequired) and request.htmx:
            return _reauthenticate_and_come_back(request)
        if isinstance(exception, OperationalError | InterfaceError):
            return refused(request, database_away(exception))
        return None


def _reauthenticate_and_come_back(request):
    """Leave the page that htmx acts in for the question whether it is really you."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    page = request.htmx.current_url_abs_path or reverse("accounts:home")
    query = urlencode({REDIRECT_FIELD_NAME: page})
    address = f"{methods[0]['url']}?{query}"
    return HttpResponse(status=401, headers={"HX-Redirect": address})
