"""The page of a link, for people without a login.

It never says whether a link exists: without a ticket it is the same for every id.
"""

from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import client_agent
from accounts.rate_limits import call_rates
from accounts.web.addresses import client_address
from accounts.web.cookies import is_doubled, only
from sharing import tickets, visitors
from sharing.page_version import Pass
from tokens.permissions import OTHER_NETWORK, is_elsewhere
from tokens.usage_counters import note_refusal

POLICY = settings.SECURE_CSP | {
    "img-src": [CSP.SELF],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": [CSP.NONE],
}
# What the gateway calls the pages behind a link.
SIGNAL = "query-logs"
LINK_CLOSED = (
    "It may have ended, been paused or been copied only in part. "
    "Ask whoever sent it to you."
)
ANOTHER = (
    "Another link was opened in this browser since. "
    "Open this one again to come back to it."
)
TWO_TICKETS = (
    "Your browser sent two cookies for links, and one of them may be somebody else's, so "
    "neither was used. Open the link again. If this comes back, delete this site's "
    "cookies."
)
ELSEWHERE = (
    "This link opens only from some networks, and yours is none of them. "
    "Try again from there, or ask whoever sent it to you."
)
TOO_MANY = "That was tried too often. Wait a minute, then try again."


def discreet(view):
    """Keep what a page shows out of caches, search engines and other sites."""

    @never_cache
    @csp_override(POLICY)
    @wraps(view)
    def guarded(*args, **kwargs):
        response = view(*args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded


@require_safe
@login_not_required
@discreet
def link_page(request, page):
    if is_doubled(request.META.get("HTTP_COOKIE", ""), tickets.TICKET_COOKIE):
        response = closed(request, page, TWO_TICKETS)
        response.delete_cookie(
            tickets.TICKET_COOKIE, domain=settings.SHARE_COOKIE_DOMAIN
        )
        return response
    row = visitors.by_ticket(_ticket(request), page)
    if row is None:
        return closed(request, page)
    if _is_elsewhere(request, row):
        return closed(request, page, ELSEWHERE, status=403)
    return opened(request, page, Pass.of(row.token.share, visitors.ends_at(row)))


def _ticket(request):
    return only(request.META.get("HTTP_COOKIE", ""), tickets.TICKET_COOKIE)


def opened(request, page, shown, **context):
    context |= {"page": page, "pass": shown, "minutes": settings.SHARE_TICKET_MINUTES}
    return render(request, "sharing/visitor_open.html", context)


def closed(request, page, problem="", *, status=200, **context):
    context |= {"page": page, "problem": problem}
    return render(request, "sharing/visitor_closed.html", context, status=status)


@require_POST
@login_not_required
@discreet
@sensitive_post_parameters("secret")
def link_open(request, page):
    guess = call_rates.spend_guess(request)
    if guess.is_exceeded:
        response = _refuse(request, page, TOO_MANY, status=429)
        response["Retry-After"] = str(guess.seconds)
        return response
    row = _shown(request, page)
    if row is None:
        return _refuse(request, page, LINK_CLOSED, status=404)
    if _is_elsewhere(request, row):
        return _refuse(request, page, ELSEWHERE, status=403)
    guess.give_back()
    row.token.share.count_visit(client_address(request), client_agent(request))
    return _let_in(request, page, row)


def _shown(request, page):
    """Return the StoredSecret that opens the link; one that is stopped is told of."""
    row = visitors.by_secret(request.POST.get("secret", ""), page)
    reason = row and visitors.why_closed(row)
    if reason:
        note_refusal(request, row, reason, SIGNAL)
        return None
    return row


def _is_elsewhere(request, row):
    """Whether a link that is open does not open where the visitor is; that is told of."""
    if not is_elsewhere(row.token, client_address(request)):
        return False
    note_refusal(request, row, OTHER_NETWORK, SIGNAL)
    return True


@require_POST
@login_not_required
@discreet
def link_renew(request, page):
    """Give a fresh ticket for a good one: the page asks for as long as it is open."""
    ticket = _ticket(request)
    row = visitors.by_ticket(ticket, page)
    if row and _is_elsewhere(request, row):
        return _refuse(request, page, ELSEWHERE, status=403)
    if row:
        return _let_in(request, page, row)
    if tickets.read(ticket) and not tickets.read(ticket, page):
        return _refuse(request, page, ANOTHER, status=409)
    return _refuse(request, page, LINK_CLOSED, status=404)


def _let_in(request, page, row):
    if _asks_for_json(request):
        shown = Pass.of(row.token.share, visitors.ends_at(row))
        response = JsonResponse({"left": shown.seconds_left, "shows": shown.key})
    else:
        response = redirect("sharing:visitor", page)
    until = tickets.lasts_until(row)
    response.set_cookie(
        tickets.TICKET_COOKIE,
        tickets.issue(row, until, page),
        expires=until,
        domain=settings.SHARE_COOKIE_DOMAIN,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _refuse(request, page, why, *, status):
    if _asks_for_json(request):
        return JsonResponse({"detail": why}, status=status)
    return closed(request, page, why, status=status)


def _asks_for_json(request):
    types = ["text/html", "application/json"]
    return request.get_preferred_type(types) == "application/json"
