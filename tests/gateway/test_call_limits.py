"""Limits of calls a minute: counted in the database, and told at our APIs."""

import pytest
from django.db import connection
from django.test import Client

from accounts.rate_limits import call_rates, over_hosts
from accounts.rate_limits.over_hosts import CountsOverHosts
from accounts.rate_limits.shared_counts import SharedCounts
from gateway.models import RefusedCall, RefusedToken
from gateway.verify.remembering import KEEP
from tests.accounts.test_counts_over_hosts import Store
from tests.factories import BY, TokenFactory
from tokens.call_limits import seconds_to_wait
from tokens.kinds import Kind
from tokens.models import CallLease, Token
from tokens.models.leases import take
from tokens.usage_counters import refusals

pytestmark = pytest.mark.django_db
MINUTE = 29_000_000


@pytest.fixture
def token(main):
    return TokenFactory(account=main, calls_per_minute=3)


def call(token, path="/api/v1/tokens"):
    return Client().get(path, headers={"X-API-TOKEN": token.secret_text})


def noted():
    refusals.flush()
    return list(RefusedCall.objects.values_list("reason", "signal", "calls"))


def test_what_hosts_take_adds_up_in_a_minute(token):
    taken = [take(connection, token.pk, MINUTE, calls) for calls in (5, 1, 20)]

    assert taken == [5, 6, 26]
    assert CallLease.objects.get().minute == MINUTE


@pytest.mark.parametrize(
    ("minute", "taken", "stands_at"),
    [
        (MINUTE + 1, 1, MINUTE + 1),
        (MINUTE + 9, 1, MINUTE + 9),
        # A clock that is a little behind, and one that nobody has but the last.
        (MINUTE - 1, 6, MINUTE),
        (MINUTE - 2, 1, MINUTE - 2),
    ],
)
def test_another_minute_begins_anew_unless_a_clock_is_behind(
    token, minute, taken, stands_at
):
    take(connection, token.pk, MINUTE, 5)

    assert take(connection, token.pk, minute, 1) == taken
    assert CallLease.objects.get().minute == stands_at


def test_a_token_that_is_purged_takes_its_count_along(token):
    take(connection, token.pk, MINUTE, 5)

    token.secrets.all().delete()
    token.delete()

    assert not CallLease.objects.exists()


def test_our_api_says_when_to_come_back(token, recorder, time_machine):
    time_machine.move_to("2026-05-01T10:00:40Z", tick=False)
    answers = [call(token) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["Retry-After"] == "20"
    assert answers[3].json()["code"] == "too_many_calls"
    assert answers[3].json()["detail"] == (
        "This token is limited to 3 calls a minute. Try again in 20 seconds."
    )
    assert noted() == [("too_many_calls", "api", 1)]


def test_clients_of_logzio_are_told_in_its_words(main, recorder, time_machine):
    time_machine.move_to("2026-05-01T10:00:59Z", tick=False)
    token = TokenFactory(account=main, calls_per_minute=1)
    path = "/v1/account-management/whoami"

    passed, refused = call(token, path), call(token, path)

    assert passed.status_code == 200
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    message = "This token is limited to 1 call a minute. Try again in 1 second."
    assert refused.json() == {"code": 429, "message": message}


def test_the_next_minute_is_a_new_one(token, recorder, time_machine):
    time_machine.move_to("2026-05-01T10:00:40Z", tick=False)
    before = [call(token).status_code for _ in range(4)]

    time_machine.move_to("2026-05-01T10:01:00Z", tick=False)

    assert (before[-1], call(token).status_code) == (429, 200)


@pytest.fixture
def shipping(main):
    return TokenFactory(account=main, kind=Kind.LOGS, calls_per_minute=3)


def test_the_gate_answers_429_with_when_to_come_back(ask, shipping, clock):
    clock.move_to("2026-05-01T10:00:40Z")
    ask.look()

    answers = [ask("logs", shipping.secret_text) for _ in range(4)]

    assert [status for status, _ in answers] == [204, 204, 204, 429]
    assert answers[3][1]["Retry-After"] == "20"
    assert answers[3][1]["X-Tollgate-Says"] == (
        "This token has made all calls of this minute that its limit allows"
    )
    assert "X-Scope-OrgID" not in answers[3][1]
    assert noted() == [("too_many_calls", "logs", 1)]


def test_no_proxy_remembers_a_token_with_a_limit(ask, shipping):
    answers = [
        ask("logs", shipping.secret_text, HTTP_X_TOLLGATE_REMEMBER="1")
        for _ in range(4)
    ]

    assert {KEEP in headers for _, headers in answers} == {False}


def test_the_gate_and_the_api_count_together(ask, token, recorder):
    at_the_gate = [ask.status("api", token.secret_text) for _ in range(2)]
    at_the_api = [call(token).status_code for _ in range(2)]

    assert (at_the_gate, at_the_api) == ([204, 204], [200, 429])


def test_a_limit_that_is_narrowed_holds_as_soon_as_the_gate_looks(ask, shipping):
    before = ask.status("logs", shipping.secret_text)

    shipping.set_calls_per_minute(1, by=BY)
    ask.look()

    assert (before, ask.status("logs", shipping.secret_text)) == (204, 429)


def test_it_says_in_how_many_seconds_the_next_minute_begins(token, time_machine):
    time_machine.move_to("2026-05-01T10:00:20Z", tick=False)

    assert [seconds_to_wait(token.pk, 3) for _ in range(5)] == [0, 0, 0, 40, 40]


def test_calls_of_two_hosts_count_together(token, monkeypatch, time_machine):
    time_machine.move_to("2026-05-01T10:00:00Z", tick=False)
    hosts, passed = [SharedCounts(), SharedCounts()], []

    for number in range(6):
        monkeypatch.setattr(call_rates, "counts", hosts[number % 2])
        passed.append(not seconds_to_wait(token.pk, 3))

    assert sum(passed) == 3


def test_a_cache_service_counts_where_there_is_one(token, monkeypatch):
    store = Store()
    monkeypatch.setattr(over_hosts.Redis, "from_url", lambda *_, **__: store)
    hosts = [CountsOverHosts(SharedCounts(), "redis://cache.example") for _ in range(2)]
    passed = []

    for number in range(300):
        monkeypatch.setattr(call_rates, "counts", hosts[number % 2])
        passed.append(not seconds_to_wait(token.pk, 100))

    assert 98 <= sum(passed) <= 100
    assert sum(store.values()) <= 104
    assert not CallLease.objects.exists()


def test_without_the_cache_service_each_host_counts(token, monkeypatch):
    store = Store()
    store.answers = False
    monkeypatch.setattr(over_hosts.Redis, "from_url", lambda *_, **__: store)
    counts = CountsOverHosts(SharedCounts(), "redis://cache.example")
    monkeypatch.setattr(call_rates, "counts", counts)

    assert sum(not seconds_to_wait(token.pk, 50) for _ in range(60)) == 50


def test_it_waits_among_the_refused_calls_until_the_limit_is_gone(ask, shipping):
    for _ in range(4):
        ask("logs", shipping.secret_text)
    refusals.flush()
    waiting = list(RefusedToken.objects.waiting())

    # Of the only token of an account, which it leaves with its secret.
    Token.objects.filter(pk=shipping.pk).update(calls_per_minute=None)

    assert [each.pk for each in waiting] == [shipping.pk]
    assert not RefusedToken.objects.waiting().exists()


def test_a_call_that_is_asked_about_twice_counts_once(ask, shipping):
    again = {"HTTP_X_TOLLGATE_AGAIN": "1"}

    answers = [
        ask.status("logs", shipping.secret_text, **headers)
        for headers in ({}, again, {}, again, {}, {}, again)
    ]

    assert answers == [204] * 5 + [429, 204]


def test_a_lease_says_how_many_were_taken(token):
    take(connection, token.pk, MINUTE, 5)

    assert str(CallLease.objects.get()) == f"5 calls in minute {MINUTE}"
