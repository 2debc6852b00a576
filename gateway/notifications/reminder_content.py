"""The content of mails and webhook calls about what ends soon; never a secret."""

from datetime import UTC, datetime, time
from hashlib import sha256

from django.urls import reverse

from accounts.mail import link
from accounts.names import quoted
from gateway.notifications.due_reminders import days_until
from tokens.kind_pages import page_of
from tokens.models.policies import Cause

# Tokens that are named; of more than these there is only the number.
MOST_NAMED = 100
# In the audit trail.
MOST_NOTED = 20

BECAUSE = {
    Cause.UNUSED: "is disabled by a policy, unless it is used before",
    Cause.OUTSIDE: "is disabled by a policy, unless it keeps to it before",
}


def in_days(days):
    """Return how soon a number of days is, in words."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def subject(ends):
    """Return a mail's subject, with the name when it is about one token."""
    name, number = quoted(ends.account.name), len(ends.tokens)
    if not number:
        return f"The trial ends {_when(ends.trial.ends_at, ends)}: {name}"
    if ends.trial:
        tokens = "a token" if number == 1 else f"{number} tokens"
        return f"The trial and {tokens} of {name} end soon"
    if number == 1:
        token = ends.tokens[0]
        return f"{quoted(token.name)} of {name} ends {_when(token.ends_at, ends)}"
    return f"{number} tokens of {name} end soon"


def mail(ends):
    """Return what the template of a mail shows."""
    for token in ends.tokens[:MOST_NAMED]:
        token.when, token.page = _when(token.ends_at, ends), _page_of(token)
        token.because = because(token)
    trial = ends.trial
    return {
        "tokens": ends.tokens[:MOST_NAMED],
        "more": len(ends.tokens[MOST_NAMED:]),
        "mends": any(map(because, ends.tokens)),
        "trial": trial,
        "trial_when": trial and _when(trial.ends_at, ends),
        "then": trial and trial.consequences_for(quoted(ends.account.name)),
        "page": page(ends.account),
        "switch": link(reverse("gateway:webhook", args=[ends.account.pk])),
    }


def because(token):
    """Return why a policy ends a token, in words, or a blank for one that expires."""
    return BECAUSE.get(getattr(token, "cause", ""), "")


def page(account):
    """Return the full address of an account's page of tokens."""
    return link(reverse("tokens:shipping", args=[account.pk]))


def body(ends):
    """Return what a webhook is sent as its data, as JSON takes it."""
    account = ends.account
    return {
        "account": {"id": account.pk, "name": account.name},
        "page": page(account),
        "total": len(ends.tokens),
        "tokens": [_token(token, ends) for token in ends.tokens[:MOST_NAMED]],
        "trial": ends.trial and _trial(ends.trial, ends),
    }


def message_id(ends):
    """Return the id of what a webhook is told, which is the same at each try."""
    words = [
        f"{token.pk} {token.ends_at.isoformat()} {token.step}" for token in ends.tokens
    ]
    trial = ends.trial and f"{ends.trial.ends_at.isoformat()} {ends.trial_step}"
    told = f"{ends.account.pk}: {words} {trial}"
    return f"msg_{sha256(told.encode()).hexdigest()[:32]}"


def day(ends):
    """Return the beginning of the day that a message is about."""
    return datetime.combine(ends.now.date(), time(), UTC)


def told(ends):
    """Return what the audit trail says of a message."""
    names = [f"{token.name} ({token.masked})" for token in ends.tokens[:MOST_NOTED]]
    found = {"tokens": names, "total": len(ends.tokens)} if names else {}
    if ends.trial:
        found["trial_ends_at"] = ends.trial.ends_at.isoformat()
    return found


def _when(moment, ends):
    return in_days(days_until(moment, ends.now))


def _page_of(token):
    return link(page_of(token))


def _token(token, ends):
    return {
        "id": token.pk,
        "name": token.name,
        "kind": token.kind,
        "masked": token.masked,
        "ends_at": token.ends_at.isoformat(),
        "days_left": days_until(token.ends_at, ends.now),
        "because": getattr(token, "cause", "expiry"),
        "last_used_at": token.last_used_at and token.last_used_at.isoformat(),
    }


def _trial(trial, ends):
    return {
        "ends_at": trial.ends_at.isoformat(),
        "days_left": days_until(trial.ends_at, ends.now),
        "stops": {"api": trial.api_tokens},
    }
