"""The search behind Jump to: pages, accounts, and what the apps above add."""

from dataclasses import dataclass

from django.urls import reverse

from accounts import hooks
from accounts.models import Account
from accounts.permissions import relations, relations_to
from accounts.web.navigation import PROFILE, SETTINGS_PAGES, home

ACCOUNTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Result:
    label: str
    hint: str
    url: str
    icon: str


def find_pages(user, account, text):
    """Return the pages that a person finds in an account, and those about oneself."""
    results = [_page_result(place, account) for place in _places(user, account)]
    results += [
        Result(label, "Your profile", reverse(name), icon)
        for label, name, icon, _ in PROFILE
    ]
    return [each for each in results if text.casefold() in each.label.casefold()]


def _places(user, account):
    related = relations(user, account) if account else set()
    return [
        place for place in SETTINGS_PAGES if related and place.is_open(related, account)
    ]


def _page_result(place, account):
    return Result(place.label, account.name, place.url(account), place.icon)


def find_accounts(user, _account, text):
    accounts = Account.objects.visible_to(user).not_deleted().matching(text)
    rows = accounts.select_related("organisation").in_order()
    rows = list(rows[:ACCOUNTS_SHOWN])
    related = relations_to(user, rows)
    return [
        Result(
            account.name,
            f"{account.get_kind_display()} · {account.pk}",
            home(related[account.pk], account),
            "rectangle-stack",
        )
        for account in rows
    ]


def find(user, account, text):
    """Return groups of results with their heading, without the empty ones."""
    groups = [(heading, look(user, account, text)) for heading, look in hooks.finders]
    return [(heading, results) for heading, results in groups if results]
