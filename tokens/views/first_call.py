"""Whether the first call with a token has come: asked by its page until it has."""

from datetime import timedelta
from itertools import chain

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import hooks
from accounts.clock import clock
from accounts.forms.find import AskedForm
from accounts.permissions import Operation, allows
from tokens.kind_pages import action_url
from tokens.models.querysets import TokenQuerySet
from tokens.permissions import why_stopped
from tokens.views.guards import for_token
from tokens.views.usage import usage

# A page that is left open must not keep its session alive.
ASKED_FOR = timedelta(minutes=15)
LONGEST = 10**12


class WaitForm(AskedForm):
    """Since when a page waits, in seconds, and which refused call it shows."""

    since = forms.IntegerField(required=False, min_value=0, max_value=LONGEST)
    seen = forms.CharField(required=False, max_length=100)


def refused_calls(request, token, most):
    """Return the latest refused calls of a token for who may see them."""
    account = token.account
    if not account or not allows(
        request.relations, Operation.REFUSED_CALLS_LIST, account
    ):
        return []
    return list(
        chain.from_iterable(read(token, most) for read in hooks.refused_call_readers)
    )


def about_first_call(token, refused, since=None):
    """Return what is told of the first call; `poll` is where a page asks again."""
    now = int(clock.now().timestamp())
    since = since or now
    last = refused[0] if refused else None
    waits = token.last_used_at is None and now - since < ASKED_FOR.total_seconds()
    seen = mark(last)
    return {
        "refusal": last,
        "seen": seen,
        "poll": waits and action_url("first_call", token, since=since, seen=seen),
    }


def mark(last):
    """Return what changes with each new caller and reason, and once a minute."""
    return f"{last.id}.{last.last_at.timestamp() // 60:.0f}" if last else "none"


@never_cache
def first_call(request, account, token):
    """Answer with nothing as long as there is nothing new."""
    asked = WaitForm(request.GET).asked
    refused = refused_calls(request, token, 1)
    about = about_first_call(token, refused, asked["since"])
    if about["poll"] and about["seen"] == asked["seen"]:
        return HttpResponse(status=204)
    if token.last_used_at:
        about |= usage(request, token)
    about |= {"token": token, "stopped": why_stopped(token), "oob": True}
    return render(request, "tokens/_first_call.html#told", about)


token_first_call = require_safe(for_token("list", among=TokenQuerySet.kept)(first_call))
