"""One page over the tokens of every account that a person oversees."""

from django.db import models
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor, record
from accounts.models import Action
from accounts.permissions import Operation
from accounts.web.exports import csv_response
from tokens.bulk_words import OFFERED, buttons, recent_jobs
from tokens.endings import next_days, planned_ends
from tokens.kinds import Kind
from tokens.least_privilege import ids_in, scopes_of
from tokens.models.bulk import MOST_IN_JOB
from tokens.search import TokenSearch
from tokens.views.guards import for_main_account
from tokens.views.row_values import all_rows
from tokens.views.rows import rights

TEMPLATE = "tokens/all.html"
COLUMNS = {
    "account_id": lambda token: token.account_id,
    "account": lambda token: token.account.name,
    "id": lambda token: token.pk,
    "name": lambda token: token.name,
    "note": lambda token: token.note,
    "kind": lambda token: token.kind,
    "token": lambda token: token.masked,
    "state": lambda token: token.effective_state,
    "created_at": lambda token: _iso(token.created_at),
    "created_by": lambda token: token.created_by,
    "last_used_at": lambda token: _iso(token.last_used_at),
    "last_used_address": lambda token: token.last_used_address,
    "expires_at": lambda token: _iso(token.expires_at),
    "scopes": lambda token: " ".join(scopes_of(token) or ()),
    "kept_to_accounts": lambda token: " ".join(map(str, ids_in(token.kept_to) or ())),
    "disabled_at": lambda token: _iso(token.disabled_at),
    "disabled_reason": lambda token: token.disabled_reason,
    "networks": lambda token: token.networks,
    "calls_per_minute": lambda token: token.calls_per_minute,
}
CHUNK = 2000


@require_safe
@for_main_account(Operation.API_LIST)
def all_list(request, account):
    if "" in request.GET.values():
        return redirect(list_url(account, _said(request.GET)))
    search = TokenSearch(request.GET, main=account, user=request.user)
    context = {
        "search": search,
        "may": rights(request, account, Kind.API),
        "buttons": buttons(OFFERED),
        "ending": [] if is_typed(request) else _ending(account, search),
        "ending_on": search["ends_on"].value(),
        "list_url": reverse("tokens:all", args=[account.pk]),
    }
    if not search.is_valid():
        return render(request, TEMPLATE, context, status=422)
    context["by_policy"] = any(day.planned for day in context["ending"])
    page = search.page(request.GET.get("cursor", ""))
    context |= {"page": page, "chips": search.chips()}
    if account.organisation.has_policies:
        context["planned"] = planned_ends(page)
    context["rows"] = all_rows(page, context)
    if context["may"]["enable"]:
        context |= _bulk(request, account, page)
    return render(request, TEMPLATE, context)


def _ending(account, search):
    by_policy = account.organisation.has_policies
    return next_days(search.seen(), by_policy=by_policy, whole=search.whole)


def is_typed(request):
    """Whether only the list is looked at, as with each letter of what is searched."""
    return request.htmx and not request.htmx.history_restore_request


def _bulk(request, account, page):
    """Return what actions on many tokens need: how many there are, and the last jobs."""
    is_whole = not (page.next or page.previous)
    # Not further than they can be chosen.
    count = len(page) if is_whole else min(page.total, MOST_IN_JOB + 1)
    jobs = recent_jobs(account, request.user)
    return {"count": count, "most": MOST_IN_JOB, "jobs": jobs}


@require_POST
@for_main_account(Operation.API_LIST)
def all_export(request, account):
    search = TokenSearch(request.GET, main=account, user=request.user)
    if not search.is_valid():
        # The page says what is wrong with the filters.
        return redirect(list_url(account, request.GET))
    record(
        Action.TOKENS_EXPORTED,
        by=Actor.of(request),
        account=account,
        target=account.name,
        filters=request.GET.urlencode()[:2000],
    )
    name = f"tokens-{account.pk}-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(name, COLUMNS, _rows(search.tokens()))


def list_url(account, query):
    """Return the address of the list with the filters of a query, from its start."""
    kept = query.copy()
    kept.pop("cursor", None)
    return reverse("tokens:all", args=[account.pk], query=kept)


def _said(query):
    """Return a form's query without the fields that were left empty."""
    said = query.copy()
    for name, values in query.lists():
        said.setlist(name, [value for value in values if value])
    return said


def _rows(tokens):
    tokens = tokens.select_related("account__organisation").fetch_mode(
        models.FETCH_RAISE
    )
    for token in tokens.order_by("pk").iterator(chunk_size=CHUNK):
        yield [value(token) for value in COLUMNS.values()]


def _iso(moment):
    return moment and moment.isoformat(timespec="seconds")
