import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import TokenFactory
from tokens.models import Token, TokenUsage
from tokens.models.usage import CALLERS_AN_HOUR, PURGED_AT_ONCE, ROWS_AT_ONCE

HOUR = datetime(2026, 3, 1, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CALLER = ("192.0.2.1", "curl/8")


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def rows():
    fields = ("token", "stored_secret_id", "hour", "address", "agent", "calls")
    return list(TokenUsage.objects.order_by("pk").values_list(*fields))


def test_calls_of_an_hour_add_up(token):
    later = HOUR + timedelta(hours=1)
    TokenUsage.objects.add_calls({(token.pk, 7, *CALLER): 3}, HOUR)

    TokenUsage.objects.add_calls({(token.pk, 7, *CALLER): 4}, HOUR)
    TokenUsage.objects.add_calls({(token.pk, 7, *CALLER): 5}, later)
    TokenUsage.objects.add_calls({(token.pk, 8, *CALLER): 6}, HOUR)

    assert rows() == [
        (token.pk, 7, HOUR, *CALLER, 7),
        (token.pk, 7, later, *CALLER, 5),
        (token.pk, 8, HOUR, *CALLER, 6),
    ]


def test_count_knows_its_last_call(token):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for moment in (HOUR, hour):
        TokenUsage.objects.add_calls({(token.pk, 7, *CALLER): 1}, moment)
    before = timezone.now()
    TokenUsage.objects.add_calls({(token.pk, 7, *CALLER): 1}, hour)

    then, now = token.usage.order_by("hour").values_list("last_at", flat=True)
    assert then == HOUR + timedelta(hours=1)
    assert before <= now <= timezone.now()


def test_callers_that_the_columns_cannot_hold_are_cut(token):
    counts = {
        (token.pk, 7, "::1", "a" * 200): 1,
        (token.pk, 7, "::1\0", "a" * 300): 2,
        (token.pk, 7, "1" * 60, "\ud800"): 3,
        (token.pk, 7, None, ""): 4,
    }

    TokenUsage.objects.add_calls(counts, HOUR)

    assert rows() == [
        (token.pk, 7, HOUR, "", "", 4),
        (token.pk, 7, HOUR, "1" * 45, "?", 3),
        (token.pk, 7, HOUR, "::1", "a" * 200, 3),
    ]


def test_calls_of_a_purged_token_are_left_out(token):
    counts = {(token.pk, 7, *CALLER): 1, (token.pk + 1, 8, *CALLER): 1}

    TokenUsage.objects.add_calls(counts, HOUR)
    TokenUsage.objects.add_calls({(token.pk + 1, 8, *CALLER): 1}, HOUR)

    assert rows() == [(token.pk, 7, HOUR, *CALLER, 1)]


def test_many_callers_are_counted_in_few_statements(main, django_assert_num_queries):
    tokens = TokenFactory.create_batch(
        ROWS_AT_ONCE // CALLERS_AN_HOUR + 1, account=main
    )
    counts = {
        (token.pk, 7, "::1", f"agent {n}"): 2
        for token in tokens
        for n in range(CALLERS_AN_HOUR)
    }

    with django_assert_num_queries(6):
        TokenUsage.objects.add_calls(counts, HOUR)

    assert TokenUsage.objects.filter(calls=2).count() == len(counts) > ROWS_AT_ONCE


def test_who_changes_its_name_each_time_does_not_fill_the_table(token):
    for flush in range(3):
        agents = [f"agent {flush} {n:03}" for n in range(CALLERS_AN_HOUR - 10)]
        counts = {(token.pk, 7, "::1", agent): 2 for agent in ["first", *agents]}
        TokenUsage.objects.add_calls(counts, HOUR)

    others = token.usage.get(agent="")
    assert token.usage.count() == CALLERS_AN_HOUR + 1
    assert (others.address, others.stored_secret_id) == ("", 7)
    assert token.usage.get(agent="first").calls == 6
    assert sum(usage.calls for usage in token.usage.all()) == 3 * 2 * 191


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_no_call_is_lost_between_writers():
    tokens = TokenFactory.create_batch(3)
    counts = {
        (token.pk, 7, "::1", f"agent {n}"): 1 for token in tokens for n in range(100)
    }
    backwards = dict(reversed(counts.items()))
    now = timezone.now()
    barrier = threading.Barrier(4)

    def count(order):
        barrier.wait()
        try:
            for minutes in range(10):
                TokenUsage.objects.add_calls(order, HOUR)
                moment = now + minutes * 2 * MINUTE
                caller = (moment, *CALLER)
                Token.objects.note_uses({pk: caller for pk, *_ in order})
        finally:
            connection.close()

    connection.close()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, [counts, backwards] * 2))

    assert TokenUsage.objects.count() == len(counts)
    assert set(TokenUsage.objects.values_list("calls", flat=True)) == {40}
    last = set(
        Token.objects.filter(pk__in=[t.pk for t in tokens]).values_list(
            "last_used_at", flat=True
        )
    )
    assert last == {now + 18 * MINUTE}


def last_use(token):
    fields = ("last_used_at", "last_used_address", "last_used_agent")
    return Token.objects.values_list(*fields).get(pk=token.pk)


def test_last_use_moves_forward_only(token):
    Token.objects.note_uses({token.pk: (HOUR, "::1", "first")})

    for late in (-timedelta(days=1), 0 * MINUTE, 0.9 * MINUTE):
        Token.objects.note_uses({token.pk: (HOUR + late, "::2", "second")})
    assert last_use(token) == (HOUR, "::1", "first")

    Token.objects.note_uses({token.pk: (HOUR + 1.1 * MINUTE, None, "third\0")})
    assert last_use(token) == (HOUR + 1.1 * MINUTE, "", "third")


def test_last_uses_are_noted_together(main, django_assert_num_queries):
    tokens = TokenFactory.create_batch(3, account=main)
    uses = {token.pk: (HOUR, f"::{token.pk}", "x") for token in tokens}
    uses[0] = (HOUR, "::", "purged")

    with django_assert_num_queries(4):
        Token.objects.note_uses(uses)
    with django_assert_num_queries(1):
        Token.objects.note_uses(uses)

    assert [last_use(token) for token in tokens] == [
        (HOUR, f"::{token.pk}", "x") for token in tokens
    ]


def test_use_that_another_wrote_meanwhile_is_not_overwritten(token):
    Token.objects.note_uses({token.pk: (HOUR + MINUTE, "::2", "first")})

    Token.objects.all()._note([(token.pk, HOUR, "::1", "late")])

    assert last_use(token) == (HOUR + MINUTE, "::2", "first")


def test_counts_are_kept_for_90_days(main, django_assert_num_queries):
    tokens = TokenFactory.create_batch(3, account=main)
    Token.objects.update(last_used_at=timezone.now())
    for days in (89, 91, 200):
        hour = timezone.now() - timedelta(days=days)
        calls = {(token.pk, 7, *CALLER): days for token in tokens}
        TokenUsage.objects.add_calls(calls, hour)

    assert len(tokens) < PURGED_AT_ONCE
    with django_assert_num_queries(2):
        assert TokenUsage.objects.purge() == 6

    assert {row[-1] for row in rows()} == {89}
    assert TokenUsage.objects.purge() == 0
