"""The content of mails and webhook calls about refused tokens."""

from hashlib import sha256

from django.urls import reverse

from accounts.mail import link
from accounts.names import quoted
from gateway.models import OTHER_CALLERS, RefusedCall
from gateway.templatetags.refused_calls import tried

# Tokens that are named; of more than these there is only the number.
MOST_NAMED = 20
CALLERS_NAMED = 5


def page_of(account):
    """Return the full address of an account's page of refused calls."""
    return link(reverse("gateway:refused_calls", args=[account.pk]))


def with_callers(rows):
    """Put its latest callers to each refused token; returns the tokens."""
    callers = {}
    for use in RefusedCall.objects.filter(refused__in=rows).latest(CALLERS_NAMED):
        callers.setdefault(use.refused_id, []).append(use)
    for row in rows:
        row.callers = callers.get(row.pk, [])
    return rows


def subject(account, rows, total):
    """Return a mail's subject, with the name when it is about one token."""
    if total == 1:
        return f"Refused calls: {quoted(rows[0].token.name)} of {quoted(account.name)}"
    return f"Refused calls: {total} tokens of {quoted(account.name)}"


def message_id(account, told):
    """Return the id of what a webhook is told, which is the same at each try.

    `told` has the ids of the refused tokens, and when each was told of before.
    """
    words = [f"{pk} {before and before.isoformat()}" for pk, before in sorted(told)]
    return f"msg_{sha256(f'{account.pk}: {words}'.encode()).hexdigest()[:32]}"


def body(account, rows, total):
    """Return what a webhook is sent as its data, as JSON takes it."""
    return {
        "account": {"id": account.pk, "name": account.name},
        "page": page_of(account),
        "total": total,
        "tokens": [_token(row) for row in rows],
    }


def _token(row):
    token = row.token
    return {
        "id": token.pk,
        "name": token.name,
        "kind": token.kind,
        "masked": token.masked,
        "reason": row.reason,
        "tried_to": tried(row.signal),
        "calls": row.calls,
        "first_seen_at": row.first_seen_at.isoformat(),
        "last_seen_at": row.last_seen_at.isoformat(),
        "callers": [_caller(use) for use in row.callers],
    }


def _caller(use):
    return {
        "address": "others" if use.address == OTHER_CALLERS else use.address,
        "agent": use.agent,
        "calls": use.calls,
        "last_seen_at": use.last_seen_at.isoformat(),
    }
