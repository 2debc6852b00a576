"""The row of a token, and what there is to do in it."""

from urllib.parse import urlencode

from accounts.permissions import allows
from accounts.web.return_addresses import own_address
from accounts.web.undo import Undo
from tokens import limits
from tokens.kind_pages import HOMES, action_url
from tokens.kinds import RULES, Kind
from tokens.permissions import operation
from tokens.usage import with_days
from tokens.views.row_values import kind_rows
from tokens.views.tabs import tabs_and_deleted

VERBS = (
    "reveal",
    "create",
    "rename",
    "note",
    "enable",
    "disable",
    "rotate",
    "delete",
    "expiry",
    "restrict",
)


def rights(request, account, kind):
    """Return what the person may do with an account's tokens of a kind, by verb.

    Those of the installation, where there is no account, are the staff's.
    """
    verbs = (*VERBS, *HOMES[kind].verbs)
    if account is None:
        return dict.fromkeys(verbs, request.user.is_staff)
    return {
        verb: bool(allows(request.relations, operation(kind, verb), account))
        for verb in verbs
    }


def about_rows(request, account, kind):
    """Return what every row of a kind needs besides its token."""
    takes_logs = kind == Kind.LOGS
    may = rights(request, account, kind)
    account_id = account and account.pk
    return {
        "may": may,
        "single": RULES[kind].is_single,
        "adds": may["create"] and _adding_url(account, kind),
        "not_offered": limits.why_not_offered(account, kind),
        "list_url": HOMES[kind].url(account_id),
        "new_url": HOMES[kind].url(account_id, new=1),
        "kind": kind,
        "sole": limits.sole_never_expiring(account) if takes_logs else None,
        "why_sole": limits.last_enabled_words(account) if takes_logs else "",
        "usage": usage(account) if takes_logs else None,
        "home": HOMES[kind],
    }


def _adding_url(account, kind):
    if limits.why_not_offered(account, kind):
        return ""
    return HOMES[kind].adding_url(account and account.pk)


def usage(account):
    """Return how much of the limit of enabled log tokens is in use."""
    enabled = account.tokens.of_kind(Kind.LOGS).enabled().bounded_count()
    most = limits.limit(account)
    return {
        "enabled": enabled,
        "limit": most,
        "high": max(most * 4 // 5, 1),
        "full": limits.limit_words(most) if enabled >= most else "",
    }


def back_from(request):
    """Return the page of ours that an action leads back to, if the address says one."""
    address = own_address(request, request.GET.get("next", ""), otherwise="")
    return address if address.startswith("/") else ""


def leading_back(back):
    """Return the query by which an action leads back to a page of ours."""
    return f"?{urlencode({'next': back})}" if back else ""


def undoing(token, verb, **fields):
    """Return what takes a change of a token back: an action and what it is sent."""
    row = "" if verb == "restore" else f"#token-{token.pk}"
    return Undo(action_url(verb, token), row, fields)


def changed(request, token, **marks):
    """Return what the answer to an action shows: the row, and what it changed.

    `marks` are of the row itself, such as that it is highlighted.
    """
    account = token.account
    about = about_rows(request, account, token.kind)
    others = _others(token)
    with_days([token, *others])
    return about | {
        "token": token,
        "rows": kind_rows([token], about, **marks),
        "other_rows": kind_rows(others, about, oob=True),
    }


def _others(token):
    """Return the rows whose controls a change of this token can switch on or off."""
    if token.kind != Kind.LOGS:
        return []
    lasting = (
        token.account.tokens.of_kind(Kind.LOGS).never_expiring().exclude(pk=token.pk)
    )
    found = list(lasting[:2])
    return found if len(found) == 1 else []


def counts(account, kind):
    """Return the counts that making, deleting and restoring a token change."""
    if account is None:
        return {}
    shown, deleted, listed = tabs_and_deleted(account, HOMES[kind].url_name, kind)
    return {"tabs": shown, "deleted": deleted, "listed": listed}
