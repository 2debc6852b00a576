"""The three tabs of Manage tokens."""

from django.urls import reverse

from tokens.kinds import SHIPPED_TO, Kind
from tokens.models.list_counts import list_counts
from tokens.models.querysets import TOKENS_COUNTED_UP_TO


def tabs(account, current):
    """Return the tabs with their counts; `current` is the URL name of the open one."""
    return tabs_and_deleted(account, current, Kind.API)[0]


def tabs_and_deleted(account, current, kind):
    """Return the tabs, how many tokens of a kind can be restored, and how many there are.

    The first two are as they are shown. The last is None where it is not known.
    """
    tabs = (
        ("Data shipping tokens", "tokens:shipping", SHIPPED_TO.get(account.kind)),
        ("Shared tokens", "sharing:list", Kind.SHARED),
        ("API tokens", "tokens:api", Kind.API),
    )
    counts, deleted = list_counts(account, [kind for *_, kind in tabs], kind)
    shown = [
        {
            "label": label,
            "url": reverse(name, args=[account.pk]),
            "count": up_to(count),
            "current": name == current,
        }
        for (label, name, _), count in zip(tabs, counts, strict=True)
    ]
    kinds = [each for *_, each in tabs]
    listed = counts[kinds.index(kind)] if kind in kinds else TOKENS_COUNTED_UP_TO
    return shown, up_to(deleted), listed if listed < TOKENS_COUNTED_UP_TO else None


def up_to(count):
    """Return a bounded count as it is shown."""
    return (
        f"{TOKENS_COUNTED_UP_TO - 1}+" if count >= TOKENS_COUNTED_UP_TO else str(count)
    )
