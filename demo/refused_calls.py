"""The demo's refused calls: what is still in use although it was stopped."""

from datetime import timedelta

from django.utils import timezone

from demo.people import ACME, MAIN
from demo.token_names import AGENTS
from gateway.models import Reason, RefusedCall, RefusedToken
from tokens.kinds import Kind
from tokens.models import StoredSecret

CALLERS = 3
SIGNAL_OF_KIND = {Kind.API: "api", Kind.LOGS: "logs", Kind.SHARED: "query-logs"}


def tell_refusals(story):
    """Let somebody still use a token of each state in the main account."""
    main = story.accounts[ACME, MAIN]
    chosen = list(_chosen(main))
    for number, (secret, reason, signal, stopped_at) in enumerate(chosen):
        _tell(story, secret, reason, signal, stopped_at, 4 * number**2 + 1)
    RefusedToken.objects.filter(pk=chosen[-1][0].token_id).update(
        dismissed_at=timezone.now()
    )


def _chosen(main):
    """Yield (secret, reason, signal, since when), the first one was used last."""
    tokens = main.tokens.order_by("pk")
    deleted = tokens.of_kind(Kind.API).recently_deleted().first()
    yield _current(deleted), Reason.DELETED, "api", deleted.deleted_at
    disabled = tokens.of_kind(Kind.API).disabled().first()
    yield _current(disabled), Reason.DISABLED, "api", disabled.disabled_at
    logs = tokens.of_kind(Kind.LOGS).enabled()
    free, kept = logs.filter(networks="").last(), logs.exclude(networks="").last()
    yield _current(free), Reason.WRONG_KIND, "query-metrics", free.created_at
    yield _current(kept), Reason.OTHER_NETWORK, "logs", kept.created_at
    old = StoredSecret.objects.filter(
        token__in=tokens.enabled(), valid_until__lte=timezone.now()
    )
    old = old.select_related("token").latest("valid_until")
    yield old, Reason.ROTATED, SIGNAL_OF_KIND[old.token.kind], old.valid_until
    expired = tokens.of_kind(Kind.API).expired().first()
    yield _current(expired), Reason.EXPIRED, "api", expired.expires_at
    expired = tokens.of_kind(Kind.SHARED).expired().first()
    yield _current(expired), Reason.EXPIRED, "query-logs", expired.expires_at


def _current(token):
    return token.secrets.current().get()


def _tell(story, secret, reason, signal, stopped_at, minutes):
    now, token = story.past.now, secret.token
    first = max(stopped_at, now - timedelta(days=6))
    last = max(first, now - timedelta(minutes=minutes))
    cause = (secret.pk, reason, signal)
    uses = [
        (
            token.pk,
            *cause,
            *_caller(story, token),
            first,
            last,
            story.dice.randint(1, 900),
        )
        for _ in range(story.dice.randint(1, CALLERS))
    ]
    RefusedCall.objects.add_calls(uses)
    calls = sum(use[-1] for use in uses)
    RefusedToken.objects.add_calls(
        [(token.pk, token.account_id, *cause, first, last, calls)]
    )


def _caller(story, token):
    address = f"203.0.113.{story.dice.randint(100, 250)}"
    return address, story.dice.choice(AGENTS[token.kind])
