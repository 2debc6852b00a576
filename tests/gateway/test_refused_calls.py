from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from gateway.models import OTHER_CALLERS, RefusedCall, RefusedToken
from gateway.refused_calls import recording
from tests.factories import MainFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def use(token, address="192.0.2.1", agent="curl/8", reason="disabled", signal="api"):
    return (token.pk, token.secrets.get().pk, reason, signal, address, agent)


def callers(token):
    rows = RefusedCall.objects.filter(refused=token.pk).order_by(
        "address", "agent", "reason"
    )
    return list(rows.values_list("address", "agent", "reason", "calls"))


def test_calls_add_up_by_caller_and_reason(token, main):
    recording.note({use(token): 2, use(token, "192.0.2.2"): 1})
    recording.note({use(token): 3, use(token, reason="deleted"): 1})

    group = RefusedToken.objects.get()
    assert (group.token, group.account, group.calls) == (token, main, 7)
    assert (group.reason, group.signal) == ("deleted", "api")
    assert callers(token) == [
        ("192.0.2.1", "curl/8", "deleted", 1),
        ("192.0.2.1", "curl/8", "disabled", 5),
        ("192.0.2.2", "curl/8", "disabled", 1),
    ]


def test_first_and_last_use_are_kept(token):
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as now:
        first = timezone.now()
        recording.note({use(token): 1})
        now.shift(timedelta(hours=2))
        recording.note({use(token): 1})

    for row in (RefusedToken.objects.get(), RefusedCall.objects.get()):
        assert (row.first_seen_at, row.last_seen_at) == (
            first,
            first + timedelta(hours=2),
        )


def test_nothing_is_noted_of_tokens_that_are_purged_or_nobodys(db):
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY)

    recording.note({use(gateway): 1, (999_999, 1, "deleted", "api", "", ""): 1})
    recording.note({})

    assert not RefusedToken.objects.exists()
    assert not RefusedCall.objects.exists()


@pytest.mark.parametrize(
    ("address", "agent", "kept"),
    [
        ("192.0.2.1\x00", "curl\n/8\u202e\ud800", ("192.0.2.1", "curl/8")),
        ("1" * 60, "a" * 300, ("1" * 45, "a" * 200)),
        (None, None, ("", "")),
    ],
)
def test_callers_are_kept_as_columns_take_them(token, address, agent, kept):
    recording.note({use(token, address, agent): 1})

    assert callers(token) == [(*kept, "disabled", 1)]


def test_callers_that_look_alike_when_cut_are_one(token):
    recording.note({use(token, agent="a" * 201): 1, use(token, agent="a" * 202): 2})

    assert callers(token) == [("192.0.2.1", "a" * 200, "disabled", 3)]


def test_a_flood_of_callers_takes_bounded_room(token):
    flood = {use(token, f"198.51.{n // 250}.{n % 250}"): 1 for n in range(700)}

    recording.note(flood)
    recording.note(flood)

    rows = RefusedCall.objects.filter(refused=token.pk)
    assert rows.count() == recording.MOST_CALLERS + 1
    assert rows.get(address=OTHER_CALLERS).calls == 2 * (700 - recording.MOST_CALLERS)
    assert RefusedToken.objects.get().calls == 1400


def test_the_next_day_has_room_for_new_callers(token):
    with time_machine.travel("2026-05-01T23:59:00Z") as now:
        recording.note({use(token, f"10.0.0.{n}"): 1 for n in range(60)})
        now.shift(timedelta(minutes=2))
        recording.note({use(token, "10.0.1.1"): 1})

    assert RefusedCall.objects.filter(address="10.0.1.1").exists()


def test_only_a_new_caller_brings_a_dismissed_token_back(token):
    recording.note({use(token): 1})
    RefusedToken.objects.update(dismissed_at=timezone.now())

    recording.note({use(token): 1})
    assert RefusedToken.objects.get().dismissed_at is not None

    recording.note({use(token, "192.0.2.9"): 1})
    assert RefusedToken.objects.get().dismissed_at is None


def test_what_is_old_or_of_a_purged_token_is_forgotten(token, capsys):
    old, purged = TokenFactory(), TokenFactory()
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        recording.note({use(old): 1, use(token): 1})
    recording.note({use(token, "192.0.2.2"): 1, use(purged): 1})
    # As when it is purged while its use is written.
    purged.secrets.all()._raw_delete(connection.alias)
    Token.objects.filter(pk=purged.pk)._raw_delete(connection.alias)

    call_command("purge_deleted")

    assert "Purged the refused calls of 2 tokens." in capsys.readouterr().out

    assert [group.token for group in RefusedToken.objects.all()] == [token]
    assert callers(token) == [("192.0.2.2", "curl/8", "disabled", 1)]


def test_a_purged_token_takes_its_dead_uses_along(token):
    recording.note({use(token): 1})

    token.delete()

    assert not RefusedToken.objects.exists()
    assert not RefusedCall.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_that_write_at_once_lose_nothing():
    account = MainFactory()
    tokens = [TokenFactory(account=account) for _ in range(3)]
    keys = [use(token, f"10.0.0.{n}") for token in tokens for n in range(40)]

    def work(number):
        for _ in range(4):
            own = [use(token, f"10.1.{number}.{n}") for token in tokens for n in (1, 2)]
            recording.note(dict.fromkeys([*reversed(keys), *own], 1))
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert [group.calls for group in RefusedToken.objects.all()] == [4 * 4 * 42] * 3
    shared = RefusedCall.objects.filter(address__startswith="10.0.0.")
    assert set(shared.values_list("calls", flat=True)) == {16}
