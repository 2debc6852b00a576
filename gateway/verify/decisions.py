"""The decision about a token: whether it passes, for whom, with which filters."""

from dataclasses import dataclass
from functools import lru_cache
from math import inf

from accounts.audit.generations import slot_of
from accounts.clock import clock
from accounts.scopes import covers
from gateway.verify.arguments import arguments
from gateway.verify.messages import INVALID, LATER, MISSING, why
from gateway.verify.narrowing import narrowing
from gateway.verify.signal import SIGNALS
from sharing.models import Share
from sharing.scope import NOTHING, SHOWS_NOTHING
from tokens.kinds import Kind
from tokens.permissions import reach, why_refused

PASS, UNKNOWN, STOPPED, TOO_MANY, AWAY = (
    "204 No Content",
    "401 Unauthorized",
    "403 Forbidden",
    "429 Too Many Requests",
    "503 Service Unavailable",
)
NO_STORE = ("Cache-Control", "no-store")
# Clients that wait for a challenge know Basic; a browser would show a box for it.
TO_PROGRAMS = 'Basic realm="tollgate", Bearer realm="tollgate"'
TO_BROWSERS = 'Bearer realm="tollgate"'
RETRY = ("Retry-After", "1")
# What an API token is kept to.
OUT_OF_SCOPE, KEPT_ELSEWHERE = "out_of_scope", "kept_elsewhere"


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer, ready to be given again until `until` (seconds since 1970).

    It is true while nothing is counted in its `slot`; without a slot, anywhere. With
    `each_time` it lets through what `gateway.verify.conditions` finds nothing against,
    which is asked of each question: `judges_query`, `networks` and `calls_per_minute`
    say what.
    """

    status: str
    headers: list
    body: tuple = ()
    slot: int | None = None
    token_id: int = 0
    # The ids of token and secret, and the secret's birth.
    counted_as: tuple = ()
    reason: str = ""
    until: float = inf
    each_time: bool = False
    judges_query: bool = False
    networks: str = ""
    calls_per_minute: int | None = None


@lru_cache(1_000)
def said(sentence, *headers):
    """Return the headers and the body of a refusal, with its sentence in both.

    Not every proxy can hand on the body of an answer to its question.
    """
    body = f"{sentence}\n".encode("ascii")
    written = [
        NO_STORE,
        ("Content-Type", "text/plain"),
        ("Content-Length", str(len(body))),
        ("X-Tollgate-Says", sentence),
        *headers,
    ]
    return written, (body,)


def _challenge(sentence, signal):
    offered = TO_PROGRAMS if signal.ships else TO_BROWSERS
    return Decision(UNKNOWN, *said(sentence, ("WWW-Authenticate", offered)))


NOT_NOW = Decision(AWAY, *said(LATER, RETRY))
# No token, and one that is nobody's, whatever the signal; and what is answered there.
NOT_SHOWN, NOT_KNOWN = (
    Decision(UNKNOWN, *said(sentence)) for sentence in (MISSING, INVALID)
)
MISSING_AT = {signal.number: _challenge(MISSING, signal) for signal in SIGNALS.values()}
INVALID_AT = {signal.number: _challenge(INVALID, signal) for signal in SIGNALS.values()}


def decide(signal, row, until=inf):
    """Return the Decision about a StoredSecret for a signal, as things stand right now.

    `until` is when what was shown ends by itself, in seconds since 1970.
    """
    # Before anything is looked at: what ends meanwhile must not seem to have no end.
    now = clock.now()
    token = row.token
    slot = slot_of(token.organisation_id)
    reason = why_refused(row, signal.uses) or _why_out_of_scope(signal, token)
    accounts = () if reason else _accounts(signal, token)
    if signal.kinds and token.kept_to and not accounts:
        reason = reason or KEPT_ELSEWHERE
    share = None if reason else _share(token)
    if share is not None and share.scope == NOTHING:
        reason = SHOWS_NOTHING
    known = {"slot": slot, "token_id": token.pk}
    known["counted_as"] = token.pk, row.pk, row.born
    # A gateway's own token has no account, and needs none.
    if reason or (signal.kinds and not accounts):
        return Decision(STOPPED, *said(why(reason, signal)), reason=reason, **known)
    headers = [NO_STORE, *_headers(token, accounts), *arguments(signal, accounts)]
    if share is not None:
        headers += narrowing(share.scope, by_logsql=signal.judges_queries)
    known |= _conditions(
        token, judges_query=signal.judges_queries and share is not None
    )
    return Decision(PASS, headers, until=min(until, _until(row, now)), **known)


def _conditions(token, *, judges_query):
    """Return what is asked of each question besides, whatever is remembered."""
    limits = {"networks": token.networks, "calls_per_minute": token.calls_per_minute}
    limits["judges_query"] = judges_query
    return limits | {"each_time": any(limits.values())}


def _why_out_of_scope(signal, token):
    if token.kind == Kind.API and not covers(token.scopes, signal.scope):
        return OUT_OF_SCOPE
    return ""


def _accounts(signal, token):
    """Return the ids of the accounts behind a signal, the token's own first."""
    if token.account_id is None:
        return ()
    if not signal.kinds or token.kind != Kind.API:
        return (token.account_id,)
    found = reach(token).of_kind(*signal.kinds).values_list("pk", flat=True)
    return tuple(sorted(found, key=lambda pk: (pk != token.account_id, pk)))


def _share(token):
    if token.kind != Kind.SHARED:
        return None
    return Share.objects.prefetch_related("filters").get(pk=token.pk)


def _headers(token, accounts):
    # The number alone may come again after a failover.
    yield "X-Tollgate-Token", f"{token.pk}-{token.public_id}"
    if accounts:
        plan = token.account.organisation.plan
        yield from _tenant(token.kind, token.account_id, accounts, plan)
    else:
        yield "X-Tollgate-Kind", token.kind


@lru_cache(10_000)
def _tenant(kind, account, accounts, plan):
    """Return the headers that tokens of an account have in common, once for all."""
    return (
        ("X-Tollgate-Kind", kind),
        ("X-Tollgate-Account", str(account)),
        ("X-Tollgate-Accounts", ",".join(map(str, accounts))),
        ("X-Tollgate-Plan", plan),
        ("X-Scope-OrgID", "|".join(map(str, accounts))),
        ("AccountID", str(accounts[0])),
        ("ProjectID", "0"),
    )


def _until(row, now):
    """Return when the answer ends by itself, although nobody changes anything."""
    token = row.token
    ends = [token.expires_at, row.valid_until]
    if token.kind == Kind.API:
        ends.append(token.account.organisation.trial_ends_at)
    return min((end.timestamp() for end in ends if end and end > now), default=inf)
