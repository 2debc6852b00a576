"""The three tabs of Manage tokens."""

from django.urls import reverse

from tokens.kinds import SHIPPING, Kind
from tokens.models.querysets import COUNTED_UP_TO

TABS = (
    ("Data shipping tokens", "tokens:shipping", SHIPPING),
    ("Shared tokens", "sharing:list", (Kind.SHARED,)),
    ("API tokens", "tokens:api", (Kind.API,)),
)


def tabs(account, current):
    """Return the tabs with their counts; `current` is the URL name of the open one."""
    standing = account.tokens.standing()
    return [
        {
            "label": label,
            "url": reverse(name, args=[account.pk]),
            "count": up_to(standing.of_kind(*kinds).bounded_count()),
            "current": name == current,
        }
        for label, name, kinds in TABS
    ]


def up_to(count):
    """Return a bounded count as it is shown."""
    return f"{COUNTED_UP_TO - 1}+" if count >= COUNTED_UP_TO else str(count)
