"""Manage accounts: the plan, the accounts of each kind, and one account in full."""

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import quotas
from accounts.forms.lists import PRODUCTS, AccountListForm
from accounts.models import Account, AccountKind
from accounts.permissions import Operation, for_account
from accounts.relations import relations_to
from accounts.web.pagination import paginate

LISTED = 10
SCANS = Account.accounts_to_scan.through


@require_safe
@for_account(Operation.ACCOUNT_CREATE)
def account_list(request, account):
    main_only(account)
    form = AccountListForm(request.GET)
    children = account.organisation.accounts.of_kind(form.asked_kind)
    matching = rows(children.not_deleted().matching(form.text))
    page = paginate(matching, form.order, form.position)
    context = summary(account.organisation) | {
        "kind": form.asked_kind,
        "form": form,
        "page": page,
        "accounts": with_relations(request, [*_main_row(account, form), *page]),
        "deleted": _deleted(request, children),
    }
    return render(request, "accounts/account_list.html", context)


def main_only(account):
    """Raise Http404 where the page is one of the main account only."""
    if not account.is_main:
        raise Http404


def rows(accounts):
    """Return accounts with what their row of a table shows."""
    scans = SCANS.objects.filter(from_account=OuterRef("pk")).values("from_account")
    number = scans.annotate(number=models.Count("pk")).values("number")
    shown = accounts.annotate(scanned=Coalesce(Subquery(number), 0))
    return shown.select_related("organisation").fetch_mode(models.FETCH_RAISE)


def with_relations(request, accounts):
    related = relations_to(request.user, accounts)
    for account in accounts:
        account.relations = related[account.pk]
    return accounts


def summary(organisation):
    """Return how the plan's volumes and numbers of accounts are shared out."""
    room = quotas.accounts_by_kind(organisation)
    return {
        "organisation": organisation,
        "volume": quotas.daily_gb(organisation),
        "series": quotas.unique_time_series(organisation),
        "spans": quotas.monthly_spans(organisation),
        "products": [(kind, label, room[kind]) for kind, label in PRODUCTS.items()],
    }


def _main_row(account, form):
    """The main account stands above the sub accounts, outside their order."""
    first = form.asked_kind == AccountKind.SUB and not form.position
    fits = form.text.casefold() in f"{account.name} {account.pk}".casefold()
    return [account] if first and fits else []


def _deleted(request, children):
    if not request.user.is_staff:
        return []
    recent = children.recently_deleted().order_by("-deleted_at", "pk")
    return with_relations(request, list(rows(recent)[:LISTED]))


@require_safe
@for_account(Operation.ACCOUNT_VIEW)
def account_details(request, account):
    context = {
        "lists": [
            (label, _first_of(getattr(account, name)))
            for label, name in LISTS_SHOWN[account.kind]
        ],
        "members": account.memberships.active().count(),
        "volume": quotas.daily_gb(account.organisation) if account.is_main else None,
    }
    return render(request, "accounts/account_details.html", context)


SHARED_OBJECTS = ("Uses objects from", "sharing_objects_accounts")
READ_ACCESS = ("Read access", "authorized_accounts")
LISTS_SHOWN = {
    AccountKind.MAIN: [SHARED_OBJECTS],
    AccountKind.SUB: [SHARED_OBJECTS],
    AccountKind.METRICS: [READ_ACCESS],
    AccountKind.TRACING: [READ_ACCESS],
    AccountKind.SECURITY: [("Scans the logs of", "accounts_to_scan")],
}


def _first_of(related):
    """Return the first names of a list, and how many more there are."""
    shown = related.not_deleted()
    names = list(shown.order_by("name", "pk").values_list("name", flat=True)[:LISTED])
    return names, shown.count() - len(names)
