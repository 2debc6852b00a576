"""The page Health: what is wrong with the tokens of an account or an organisation."""

from functools import partial

from django.db import models
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.identity import required
from accounts.permissions import Operation, for_account
from tokens.bulk_words import buttons, recent_jobs
from tokens.health import count, named
from tokens.kinds import Kind
from tokens.models.bulk import MOST_IN_JOB
from tokens.search import TokenSearch
from tokens.views.row_values import all_rows
from tokens.views.rows import rights

# What its address can say; whoever narrows further does it in the list of all tokens.
ASKED = {"finding", "account"}
SAMPLE = 5


@require_safe
@for_account(Operation.API_LIST)
def health(request, account):
    search = TokenSearch(request.GET, main=account, user=request.user)
    if not search.is_valid():
        return redirect("tokens:health", account.pk)
    context = {
        "search": search,
        "may": rights(request, account, Kind.API),
        "most": MOST_IN_JOB,
        "own": request.GET.getlist("account") == [str(account.pk)],
    }
    show = _finding if search.cleaned_data["finding"] else _overview
    return show(request, account, search, context)


def _overview(request, account, search, context):
    counted = count(search.tokens())
    context |= {
        "found": [
            _group(request, account, search, finding, number)
            for finding, number in counted
            if number
        ],
        "clear": [finding for finding, number in counted if not number],
        "troubles": _troubles(account, context["own"]),
        "jobs": context["may"]["enable"] and recent_jobs(account, request.user),
    }
    return render(request, "tokens/health.html", context)


def _troubles(account, is_own):
    """Return what is wrong with how the people of an organisation sign in."""
    return (
        required.troubles(account.organisation)
        if account.is_main and not is_own
        else []
    )


def _group(request, account, search, finding, number):
    query = request.GET.copy()
    query["finding"] = finding.slug
    return {
        "finding": finding,
        "count": number,
        "tokens": _sample(search, finding),
        "buttons": buttons(finding.actions),
        "url": url(account, query),
        "query": query.urlencode(),
    }


def _sample(search, finding):
    tokens = search.tokens().filter(finding.condition()).select_related("account")
    return tokens.fetch_mode(models.FETCH_RAISE).order_by("-created_at", "-pk")[:SAMPLE]


def _finding(request, account, search, context):
    finding = named(search.cleaned_data["finding"])
    page = search.page(request.GET.get("cursor", ""))
    context |= {
        "finding": finding,
        "page": page,
        "count": search.tokens().count(),
        "buttons": buttons(finding.actions),
    }
    mends = finding.mend and context["may"]["enable"]
    mend = partial(_mend, finding.mend, request) if mends else None
    context["rows"] = all_rows(page, context, mend)
    return render(request, "tokens/health_finding.html", context)


def _mend(mend, request, token):
    """Return where a token is mended, from where its person comes back, and its words."""
    query = {"next": request.get_full_path()}
    address = reverse(mend.url_name, args=[token.account_id, token.pk], query=query)
    return address, mend.words


def is_origin(account, query):
    """Whether the tokens of a query were chosen here: a child has no other such page."""
    return not account.is_main or ("finding" in query and query.keys() <= ASKED)


def url(account, query):
    """Return the address of the page with what it knows of a query."""
    kept = query.copy()
    for name in query.keys() - ASKED:
        del kept[name]
    return reverse("tokens:health", args=[account.pk], query=kept)
