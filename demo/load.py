"""An organisation of any size, written in bulk: for load tests and benchmarks."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.audit.trail import Actor, record
from accounts.lifecycle import found_organisation
from accounts.models import Account, AccountKind, Action
from accounts.plans import Plan
from sharing.models import Share
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.models.querysets import name_key
from tokens.models.secrets import protect
from tokens.secrets import make

BATCH = 5000
BY = Actor.console()
# One token in ten belongs to the main account, so that one account is large too.
MAIN_SHARE = 10
# A sub account never has more log tokens than its plan allows to be enabled.
LOG_TOKENS = 5
EVERY_TOKEN = {
    "created_by": BY.label,
    "updated_by": BY.label,
    "disabled_reason": "",
    "deleted_by": "",
    "version": 1,
}
KINDS = (*[Kind.API] * 7, Kind.LOGS, Kind.LOGS, Kind.SHARED)


@dataclass(frozen=True, slots=True)
class Load:
    """The rows that were made; `secret` is an API token of the main account."""

    main: Account
    secret: object


def generate(*, name, accounts, tokens, progress):
    """Make an organisation with so many accounts and tokens; `progress(n)` is told.

    The numbers include the main account and the default tokens. Batches are committed
    one by one, so that no other writer waits for long.
    """
    main = found_organisation(
        name=name,
        plan=Plan.ENTERPRISE,
        daily_gb=accounts,
        max_sub_accounts=accounts,
        allows_endless_links=True,
        by=BY,
    )
    progress(1)
    secret = Token.issue(account=main, kind=Kind.API, name="load", by=BY)[1]
    progress(1)
    subs = _make_accounts(main, accounts - 1)
    plans = itertools.chain(_defaults(subs), _others(main, subs))
    missing = max(0, tokens - 2)
    for batch in itertools.batched(itertools.islice(plans, missing), BATCH):
        _make_tokens(main, batch)
        progress(len(batch))
    _update_statistics()
    return Load(main, secret)


def _make_accounts(main, count):
    numbers = range(1, count + 1)
    made = []
    for batch in itertools.batched(numbers, BATCH):
        rows = [
            Account(
                organisation=main.organisation,
                kind=AccountKind.SUB,
                name=f"Sub {number:06}",
                max_daily_gb=0,
            )
            for number in batch
        ]
        made += Account.objects.bulk_create(rows)
    return made


def _defaults(subs):
    for sub in subs:
        yield sub, Kind.LOGS, "default"


def _others(main, subs):
    """Yield account, kind and name of further tokens, without end."""
    places = itertools.cycle(subs or [main])
    logs = dict.fromkeys([main.pk, *(sub.pk for sub in subs)], 1)
    number = 0
    while True:
        number += 1
        account = main if number % MAIN_SHARE == 0 else next(places)
        kind = KINDS[number // MAIN_SHARE % len(KINDS)]
        if kind == Kind.LOGS:
            logs[account.pk] += 1
            kind = Kind.LOGS if logs[account.pk] <= LOG_TOKENS else Kind.API
        yield account, kind, f"{kind} {number:07}"


def _make_tokens(main, plans):
    """Write tokens with their secrets, as bare rows: ten times as fast as objects."""
    now = timezone.now()
    tokens, secrets, shares = [], [], []
    with transaction.atomic():
        for pk, (account, kind, name) in zip(_new_ids(len(plans)), plans, strict=True):
            secret = make(kind)
            shown = {"public_id": secret.public_id, "masked": secret.masked}
            place = {"account_id": account.pk, "organisation_id": main.organisation_id}
            named = {"kind": kind.value, "name": name, "name_key": name_key(name)}
            token = EVERY_TOKEN | shown | place | named | _past(pk, kind, now)
            tokens.append(token | {"id": pk})
            secrets.append(protect(secret, kind, account.pk) | {"token_id": pk})
            if kind == Kind.SHARED:
                shares.append(Share(token_id=pk, shows_everything=True))
        _insert(Token, tokens)
        _insert(StoredSecret, secrets)
        Share.objects.bulk_create(shares)
        target = f"{len(tokens):,} tokens for load tests"
        record(Action.TOKEN_CREATED, by=BY, account=main, target=target)


def _past(number, kind, now):
    """Spread a token over two years; its number decides, not chance."""
    created_at = now - timedelta(minutes=number * 7919 % 1_000_000)
    used_at = now - timedelta(seconds=number * 104_729 % 5_000_000)
    used = number % 4 != 0
    disabled = kind != Kind.LOGS and number % 9 == 0
    return {
        "created_at": created_at,
        "last_used_at": max(used_at, created_at) if used else None,
        "last_used_address": f"198.51.100.{number % 250}" if used else "",
        "last_used_agent": "load/1" if used else "",
        "disabled_at": now if disabled else None,
    }


def _new_ids(count):
    """Return ids that nobody else takes until the transaction ends."""
    if connection.vendor == "sqlite":
        last = Token.objects.aggregate(last=Max("pk"))["last"] or 0
        return range(last + 1, last + 1 + count)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) "
            "FROM generate_series(1, %s)",
            [Token._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _insert(model, rows):
    # The proxy `connection` would look itself up for each of the values.
    database = connections[DEFAULT_DB_ALIAS]
    fields = [
        field for field in model._meta.concrete_fields if field.attname in rows[0]
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [
        [field.get_db_prep_save(row[field.attname], database) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({marks})",  # noqa: S608 -- names of our own columns
            values,
        )


def _update_statistics():
    if connection.vendor == "postgresql":
        # Pages are asked for before autovacuum comes by.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
