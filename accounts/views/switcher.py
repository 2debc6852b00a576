from itertools import groupby
from operator import attrgetter

from django.db import models
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms.find import SearchForm
from accounts.models import Account, Membership
from accounts.permissions import about_oneself
from accounts.relations import relations_to
from accounts.web.navigation import counterpart, page_at

ACCOUNTS_SHOWN = 50


@require_safe
@about_oneself
def switcher(request):
    """List the accounts a person can enter; `from` is the page they come from."""
    form = SearchForm(request.GET)
    origin = request.GET.get("from", "")
    found = _find(request.user, form.text)
    context = {
        "text": form.text,
        "origin": origin,
        "groups": _grouped(request.user, found[:ACCOUNTS_SHOWN], origin),
        "invited": Membership.objects.open_invitations().filter(user=request.user),
        "shown": ACCOUNTS_SHOWN if len(found) > ACCOUNTS_SHOWN else None,
    }
    return render(request, "accounts/switcher.html", context)


def _find(user, text):
    accounts = Account.objects.visible_to(user).not_deleted().matching(text)
    rows = accounts.select_related("organisation").fetch_mode(models.FETCH_RAISE)
    return list(rows.in_order()[: ACCOUNTS_SHOWN + 1])


def _grouped(user, accounts, origin):
    place, current = page_at(origin)
    related = relations_to(user, accounts)
    for account in accounts:
        account.url = counterpart(place, related[account.pk], account)
        account.is_current = account.pk == current
    groups = groupby(accounts, key=attrgetter("organisation"))
    return [(organisation, list(members)) for organisation, members in groups]
