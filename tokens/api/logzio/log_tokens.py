"""Log shipping tokens of the account whose API token calls."""

from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache, partial
from typing import NamedTuple

from django.conf import settings
from django.http import Http404

from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.fields import (
    epoch,
    path_id,
)
from accounts.api.plumbing.guards import requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.permissions import Operation
from accounts.prepared import Prepared
from accounts.rule_violations import RuleViolation
from tokens import limits
from tokens.api.logzio.log_token_bodies import (
    Limits,
    LogToken,
    LogTokenBody,
    LogTokenChange,
    LogTokens,
    LogTokenSearch,
    Page,
)
from tokens.api.plumbing.secrets import hand_out, record_revealed
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import as_written
from tokens.models.secrets import context, opened

ROOT = "/v1/log-shipping/tokens"
AREA = Area(
    "log-shipping-token",
    {
        "name_taken": "DUPLICATE_NAME",
        "limit_reached": "LIMIT_REACHED",
        "last_enabled_token": "LAST_ENABLED_TOKEN",
    },
)
OLDEST_FIRST = ("created_at",)

router = router_in(AREA)

TokenPk = path_id(77)


@router.post(ROOT, response={201: LogToken}, summary="Create a log shipping token")
@requires(Operation.SHIP_CREATE)
def log_token_create(
    request, body: LogTokenBody, idempotency_key: IdempotencyKey = None
):
    def create():
        token, secret = Token.issue(
            account=request.auth.account,
            kind=Kind.LOGS,
            name=body.name,
            enabled=body.enabled is not False,
            by=Actor.calling(request),
            savepoint=False,
        )
        return _shown(token, secret)

    return once(request, idempotency_key, LogToken, create)


@router.get(f"{ROOT}/{{int:pk}}", response=LogToken, summary="Get a token")
@requires(Operation.SHIP_VIEW, Operation.SHIP_REVEAL)
def log_token_get(request, pk: TokenPk):
    return _handed_out(request, _find(request, pk))


@router.put(
    f"{ROOT}/{{int:pk}}", response=LogToken, summary="Rename, enable or disable"
)
@requires(
    Operation.SHIP_RENAME,
    Operation.SHIP_ENABLE,
    Operation.SHIP_DISABLE,
    Operation.SHIP_REVEAL,
)
def log_token_update(request, pk: TokenPk, body: LogTokenChange):
    token, by = _find(request, pk), Actor.calling(request)
    if body.name is not None and as_written(body.name) != token.name:
        token.rename(body.name, by=by)
    if body.enabled is False:
        token.disable(by=by)
    elif body.enabled:
        _enable(token, by)
    return _handed_out(request, token)


@router.delete(f"{ROOT}/{{int:pk}}", response=LogToken, summary="Delete a token")
@requires(Operation.SHIP_DELETE, Operation.SHIP_REVEAL)
def log_token_delete(request, pk: TokenPk):
    token = _find(request, pk)
    last_words = _handed_out(request, token)
    token.delete_softly(by=Actor.calling(request))
    return last_words


@router.get(f"{ROOT}/limits", response=Limits, summary="Say how many may be enabled")
@requires(Operation.SHIP_LIST)
def log_token_limits(request):
    account = request.auth.account
    return Limits(
        max_allowed_tokens=limits.limit(account) if account.takes_logs else 0,
        num_of_enabled_tokens=_all(request).enabled().count(),
    )


@router.post(f"{ROOT}/search", response=LogTokens, summary="Search by state")
@requires(Operation.SHIP_LIST, Operation.SHIP_REVEAL)
def log_token_search(request, body: LogTokenSearch):
    account, asked = request.auth.account, body.pagination.slice
    columns = tuple(sort.column for sort in body.sort) or OLDEST_FIRST
    kept = KEPT[body.filter.enabled]
    given = account.pk, Kind.LOGS.value, clock.now()
    if columns == OLDEST_FIRST:
        page = kept.rows(*given, asked.stop - asked.start, asked.start)
    else:
        page = _kept(body.filter.enabled, columns, *given)[asked]
    found = [Found(*row) for row in page]
    # The last page tells how many there are.
    is_last = found and len(found) < asked.stop - asked.start
    total = asked.start + len(found) if is_last else _count(account, body.filter)
    results = [_opened(row, account) for row in found]
    if found:
        record_revealed(found, Kind.LOGS, Actor.calling(request), account=account)
    return LogTokens(
        total=total, results=results, pagination=Page(**body.pagination.model_dump())
    )


class Found(NamedTuple):
    """What is read of a token that was searched for, with its secret."""

    pk: int
    name: str
    masked: str
    disabled_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    lookup: bytes
    envelope: bytes

    is_expired = Token.is_expired


def _kept(is_enabled, columns, account, kind, now):
    """Return the rows that are Found: of a kind, enabled or not, in an order."""
    tokens = Token.objects.enabled(now) if is_enabled else Token.objects.stopped(now)
    ours = tokens.filter(
        account=account, kind=kind, secrets__valid_until=None, secrets__isnull=False
    )
    return ours.order_by(*columns, "pk").values_list(
        *Found._fields[:-2], "secrets__lookup", "secrets__envelope"
    )


KEPT = {
    is_enabled: Prepared(partial(_kept, is_enabled, OLDEST_FIRST), paged=True)
    for is_enabled in (True, False)
}


def _count(account, asked):
    tokens = account.tokens.of_kind(Kind.LOGS)
    return (tokens.enabled() if asked.enabled else tokens.stopped()).count()


def _opened(row, account):
    binding = context(Kind.LOGS, account.pk, bytes(row.lookup))
    return _shown(row, opened(row.envelope, binding, row.name))


def _all(request):
    return request.auth.account.tokens.not_deleted().of_kind(Kind.LOGS)


def _find(request, pk):
    token = _all(request).filter(pk=pk).first()
    if token is None:
        raise Http404(f"log shipping token {pk} not found")
    return token


def _enable(token, by):
    token.enable(by=by)
    if token.is_expired:
        raise RuleViolation(
            "expired", f"{token.name} has expired: give it a later expiry."
        )


def _handed_out(request, token):
    secrets = hand_out([token], by=Actor.calling(request))
    return _shown(token, secrets[token.pk])


def _mail(author):
    """Return the e-mail of a person, or the operator's for what a command did."""
    return author if "@" in author else _address_in(settings.DEFAULT_FROM_EMAIL)


@lru_cache
def _address_in(text):
    return parseaddr(text)[1]


def _shown(token, secret):
    return LogToken(
        id=token.pk,
        name=token.name,
        token=secret,
        enabled=not (token.disabled_at or token.is_expired),
        created_at=epoch(token.created_at),
        created_by=_mail(token.created_by),
        updated_at=epoch(token.updated_at),
        updated_by=_mail(token.updated_by),
    )
