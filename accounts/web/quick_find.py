"""The search behind Jump to: pages, accounts, and what the apps above add."""

from dataclasses import dataclass

from django.urls import reverse

from accounts import hooks
from accounts.models import Account
from accounts.relations import relations, relations_to
from accounts.web.navigation import PROFILE, SETTINGS_PAGES, STAFF_PAGES, home

ACCOUNTS_SHOWN = 8
# So many other accounts are looked through for a page, and so many of theirs are shown.
ACCOUNTS_SEARCHED = 50
PAGES_ELSEWHERE = 8


@dataclass(frozen=True, slots=True)
class Result:
    label: str
    hint: str
    url: str
    icon: str

    def rank(self, text):
        """Return how well its name fits what was typed: the less, the better."""
        name, text = self.label.casefold(), text.casefold()
        return 0 if name == text else 1 if name.startswith(text) else 2

    def has(self, words):
        """Whether all words are in its name and hint, and one of them in its name."""
        name, hint = self.label.casefold(), self.hint.casefold()
        named = [word in name for word in words]
        return not words or (
            any(named) and all(word in f"{name} {hint}" for word in words)
        )


def find_pages(user, account, text):
    """Return the pages that a person finds: here, about oneself, and elsewhere.

    With words such as "audit staging" those of other accounts are found by their
    account's name, too.
    """
    words = text.casefold().split()
    here = _pages_of(account, relations(user, account)) if account else []
    return [
        *(page for page in [*here, *_plain(user)] if page.has(words)),
        *(_elsewhere(user, account, words) if words else []),
    ]


def _pages_of(account, related):
    return [
        Result(place.label, account.name, place.url(account), place.icon)
        for place in SETTINGS_PAGES
        if related and place.is_open(related, account)
    ]


def _plain(user):
    pages = [(*page, "Your profile") for page in PROFILE]
    if user.is_staff:
        pages += [(*page, "Operator") for page in STAFF_PAGES]
    pages.append(("API reference", "api_reference", "book-open", "", "Tollgate"))
    return [
        Result(label, hint, reverse(name), icon)
        for label, name, icon, _beginning, hint in pages
    ]


def _elsewhere(user, account, words):
    others = Account.objects.enterable_by(user).select_related("organisation")
    if account:
        others = others.exclude(pk=account.pk)
    rows = list(others.in_order()[:ACCOUNTS_SEARCHED])
    related = relations_to(user, rows)
    pages = [page for row in rows for page in _pages_of(row, related[row.pk])]
    return [page for page in pages if page.has(words)][:PAGES_ELSEWHERE]


def find_accounts(user, _account, text):
    accounts = Account.objects.visible_to(user).not_deleted().matching(text)
    rows = accounts.select_related("organisation").in_order(text)
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
    """Return groups of results with their heading, without the empty ones.

    What is called just as was typed comes first, then what begins with it: in its
    group, and with its group.
    """
    groups = []
    for heading, look in hooks.finders:
        results = sorted(look(user, account, text), key=lambda each: each.rank(text))
        if results:
            groups.append((heading, results))
    return sorted(groups, key=lambda group: group[1][0].rank(text))
