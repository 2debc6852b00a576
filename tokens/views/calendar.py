"""A person's calendar of token ends: its address, and what is behind it."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.rate_limits import call_rates
from tokens.calendars import address, calendar
from tokens.models import CalendarFeed
from tokens.secrets import recognise_for_calendar

TEMPLATE = "tokens/calendar.html"
guard = for_account(Operation.CALENDAR_EDIT)
NOT_THERE = "There is no calendar at this address, or not any more.\n"
TOO_OFTEN = "This was fetched too often. Wait a minute.\n"


@require_safe
@guard
def calendar_page(request, account):
    return render(request, TEMPLATE, {"feed": _feeds(request, account).first()})


@require_POST
@guard
def calendar_make(request, account):
    return _renew(request, account)


def for_feed(view):
    """Guard a change of the person's own address; who has none is offered one."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @guard
    @wraps(view)
    def guarded(request, account):
        feed = _feeds(request, account).first()
        if feed is None:
            return redirect("tokens:calendar", account.pk)
        return view(request, account, feed)

    return guarded


@for_feed
def calendar_renew(request, account, feed):
    if request.method == "POST":
        return _renew(request, account)
    return render(request, "tokens/calendar_end.html", {"feed": feed, "renews": True})


@for_feed
def calendar_revoke(request, account, feed):
    if request.method == "POST":
        feed.revoke(by=Actor.of(request))
        messages.success(request, "The calendar address opens nothing any more.")
        return redirect("tokens:calendar", account.pk)
    return render(request, "tokens/calendar_end.html", {"feed": feed})


def _feeds(request, account):
    return account.calendar_feeds.filter(user=request.user).select_related("account")


@never_cache
def _renew(request, account):
    """Answer with the page itself: the address is shown this once."""
    secret = CalendarFeed.renew(account, by=Actor.of(request))
    context = {"feed": _feeds(request, account).get(), "address": address(secret)}
    return render(request, TEMPLATE, context)


@require_safe
@login_not_required
@never_cache
def calendar_feed(request):
    guess = call_rates.spend_guess(request)
    if guess.is_exceeded:
        return _slow_down(guess)
    secret = recognise_for_calendar(request.GET.get("key", ""))
    feed = secret and CalendarFeed.opened_by(secret)
    if not feed:
        return HttpResponse(NOT_THERE, status=404, content_type="text/plain")
    guess.give_back()
    fetch = call_rates.spend_fetch(feed.pk)
    if fetch.is_exceeded:
        return _slow_down(fetch)
    feed.note_fetch(secret)
    return _file(calendar(feed))


def _slow_down(allowance):
    response = HttpResponse(TOO_OFTEN, status=429, content_type="text/plain")
    response["Retry-After"] = str(allowance.seconds)
    return response


def _file(content):
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="tokens.ics"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
