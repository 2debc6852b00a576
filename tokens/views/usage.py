"""The calls with a token, as its page shows them."""

from tokens.models.usage import KEPT_FOR
from tokens.usage import CALLERS_SHOWN, by_day, by_week, callers

CALLERS_FIRST = 10


def usage(request, token):
    """Return what the page tells of the calls with a token."""
    if token.last_used_at is None:
        return {}
    found = callers(token)
    shown = CALLERS_SHOWN if request.GET.get("callers") else CALLERS_FIRST
    named = found[:shown]
    return {
        "days": by_day(token),
        "weeks": by_week(token),
        "callers": named,
        "unnamed": len(found[:CALLERS_SHOWN]) - len(named),
        "more": len(found) > CALLERS_SHOWN,
        "secrets": _told_apart(token, found),
        "kept": KEPT_FOR.days,
    }


def _told_apart(token, found):
    """Name the secret of each caller; return whether there are several to name."""
    names = {0: "not known"}
    for pk, valid_until in token.secrets.values_list("pk", "valid_until"):
        names[pk] = "current" if valid_until is None else "earlier"
    for pk in token.secrets.overlapping().values_list("pk", flat=True):
        names[pk] = "old"
    for caller in found:
        caller["secret"] = names.get(caller["stored_secret_id"], "earlier")
    return len({caller["secret"] for caller in found}) > 1
