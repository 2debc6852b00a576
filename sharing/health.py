"""Findings about what a link shows."""

from django.db.models import Q

from tokens.health import Finding, Mend
from tokens.models import BulkAction
from tokens.states import enabled


def shows_everything():
    return Q(share__shows_everything=True)


def _unfiltered():
    return enabled() & shows_everything()


UNFILTERED = Finding(
    "unfiltered",
    "Shared without a filter",
    "funnel",
    "Whoever has the link reads every log line of the account.",
    "Links are passed on; a filter keeps to what their readers are meant to see.",
    "Add a filter, which holds at once for links already sent, or set an expiry.",
    _unfiltered,
    (BulkAction.EXPIRY, BulkAction.DISABLE, BulkAction.DELETE),
    Mend("sharing:edit", "Add a filter"),
)
