"""Pages for what went wrong."""

import sys
from typing import NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import reselect, reswap, retarget

from accounts.deadline import database_away
from accounts.models import Membership
from accounts.permissions import Forbidden
from accounts.web.return_addresses import page_before, page_behind

ADMINS_NAMED = 20
JSON = "application/json"
OUT_OF_DATE = (404, 412)
ERROR = "error.html"
TOO_OLD = (
    "This page is from before you signed in or out, or its cookies were deleted. Nothing "
    "was changed: reload it, and what you typed is back."
)


class ErrorPage(NamedTuple):
    """The words of a page that is there for one error."""

    status: int
    title: str
    heading: str
    text: str
    leads_on: bool = True


MALFORMED = ErrorPage(
    400, "Not understood", "This request makes no sense to us", "Go back and try again."
)
NOT_HERE = ErrorPage(
    400,
    "Not understood",
    "No portal has this name here",
    "The address that you opened leads to Tollgate, but is not among its ALLOWED_HOSTS. Take "
    "the one that you were given, or ask who runs it.",
    leads_on=False,
)
UNKNOWN_HOST = "This address leads to Tollgate, but is not among its ALLOWED_HOSTS"
STALE = ErrorPage(
    403,
    "Out of date",
    "This page was too old",
    "You signed in or out since it was opened, or the browser keeps no cookies for this "
    "site. Nothing was changed: go back, reload and try again.",
)
NO_PAGE = ErrorPage(
    405,
    "Nothing to look at",
    "Nothing to look at here",
    "A form sends to this address; it is not a page to open. Nothing was changed.",
)
BROKEN = ErrorPage(
    500,
    "Something broke",
    "Something broke on our side",
    "It was written to the log. Whether your last change was kept shows when you look at "
    "it again.",
)


def refused(request, refusal):
    """Say why a rule stood against it: as a notice, as data or as a page."""
    context = {"refusal": refusal, "back": page_before(request)}
    if request.get_preferred_type(["text/html", "application/json"]) == JSON:
        response = JsonResponse({"detail": refusal.message}, status=refusal.status)
    elif request.htmx:
        if refusal.status in OUT_OF_DATE:
            context["page"] = page_behind(request)
        response = render(
            request, "components/notice.html#refusal", context, status=refusal.status
        )
        response = _as_notice(response)
    else:
        response = render(request, "refused.html", context, status=refusal.status)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _as_notice(response):
    response = reswap(retarget(response, "#notice"), "innerHTML")
    # The opener's hx-select would look for its own part in the notice.
    return reselect(response, "unset")


def not_allowed(request, methods):
    """Say that nothing can be looked at there; forms send to such an address."""
    account_id = request.resolver_match.kwargs.get("account_id")
    home = account_id and reverse("accounts:general", args=[account_id])
    context = {"error": NO_PAGE, "account_url": home}
    response = render(request, ERROR, context, status=405)
    response["Allow"] = methods
    return response


@never_cache
def forbidden(request, exception):
    """Name the admins that can help, when it is about an account."""
    account = getattr(exception, "account", None)
    context = {
        **_frame(request),
        "account": account,
        "admins": _admins_for(account, exception),
    }
    response = render(request, "403.html", context, status=403)
    if request.htmx:
        # The page that the person stands on is out of date: show them this one.
        response["HX-Refresh"] = "true"
    return response


def _frame(request):
    """Return the frame: who is logged in keeps header and switcher.

    It does not repeat what was asked for, so that what is hidden and what does not exist
    have the same page.
    """
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    template = "settings.html" if known else "entrance.html"
    return {"frame": template, "origin": "/", "here": "/"}


def _admins_for(account, exception):
    if not isinstance(exception, Forbidden):
        return []
    return list(Membership.objects.helpers(account)[:ADMINS_NAMED])


def not_found(request, exception):
    # The API puts it into its own words; a page would ask who is logged in.
    if request.is_api:
        return HttpResponse(status=404)
    return render(request, "404.html", _frame(request), status=404)


def broken(request):
    """Tell a database that is away from what nobody thought of.

    Before and behind a view, reading the session comes here. The page must not read it
    again, to say who is logged in.
    """
    error = sys.exception()
    if isinstance(error, OperationalError | InterfaceError):
        return refused_early(request, database_away(error))
    context = {"request_id": request.request_id, "error": BROKEN}
    return HttpResponse(render_to_string(ERROR, context), status=500)


def refused_early(request, refusal):
    """Say why something is not done, of a request that no other layer has seen."""
    is_part = "HX-Request" in request.headers
    template = "components/notice.html#refusal" if is_part else "refused.html"
    context = {"request_id": request.request_id, "refusal": refusal, "back": "/"}
    page = render_to_string(template, context)
    response = HttpResponse(page, status=refusal.status)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    return _as_notice(response) if is_part else response


def malformed(request, exception):
    error = NOT_HERE if isinstance(exception, DisallowedHost) else MALFORMED
    area = getattr(request, "area", None)
    if area and error is NOT_HERE:
        return area.failed(request, 400, "BAD_REQUEST", UNKNOWN_HOST)
    context = {"request_id": request.request_id, "error": error}
    return HttpResponse(render_to_string(ERROR, context), status=400)


def csrf_failure(request, reason=""):
    if request.htmx:
        context = {"level": "error", "text": TOO_OLD, "page": page_behind(request)}
        return _as_notice(
            render(request, "components/notice.html", context, status=403)
        )
    return render(request, ERROR, {"error": STALE}, status=403)


@login_not_required
def not_offered(request, **kwargs):
    raise Http404
