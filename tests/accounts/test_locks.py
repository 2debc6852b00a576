import logging
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.deadline import CHANGING_SECONDS, request_deadline
from accounts.locks import ATTEMPTS, locked, passing, repeated
from accounts.rule_violations import Gone, RuleViolation, Stale, Unavailable
from accounts.web.logs import OneLineFormatter, request_id


class Cause(Exception):  # noqa: N818 -- what a database driver raises
    def __init__(self, sqlstate):
        super().__init__()
        self.sqlstate = sqlstate


def failure(sqlstate=None, text="oops"):
    error = OperationalError(text)
    error.__cause__ = sqlstate and Cause(sqlstate)
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (failure("40001"), True),
        (failure("40P01"), True),
        (failure("55P03"), True),
        (failure("57014"), False),
        (failure(), False),
        (failure(text="database is locked"), True),
        (failure(text="disk is full"), False),
    ],
)
def test_what_passes(error, passes):
    assert passing(error) is passes


@pytest.fixture
def naps(monkeypatch):
    naps = []
    monkeypatch.setattr("accounts.locks.time.sleep", naps.append)
    return naps


def failing(times, error):
    calls = []

    @repeated
    def act(value):
        calls.append(value)
        if len(calls) <= times:
            raise error
        return len(calls)

    return act


@pytest.mark.parametrize("times", [0, 1, ATTEMPTS - 1])
def test_an_action_is_repeated_until_it_works(naps, times):
    assert failing(times, failure("40001"))("x") == times + 1
    assert len(naps) == times
    assert all(0.01 <= nap <= 0.08 * ATTEMPTS for nap in naps)


def test_what_does_not_pass_is_unavailable(naps):
    with pytest.raises(Unavailable) as refusal:
        failing(ATTEMPTS, failure("40P01"))("x")

    assert (refusal.value.code, refusal.value.status) == ("busy", 503)


def test_nothing_is_repeated_that_there_is_no_time_for(naps):
    act = failing(1, failure("40P01"))

    with (
        request_deadline.running("POST", time.monotonic() - CHANGING_SECONDS),
        pytest.raises(Unavailable),
    ):
        act("x")

    assert naps == []
    assert act("x") == 2


def test_any_other_failure_is_not_repeated(naps):
    with pytest.raises(OperationalError):
        failing(1, failure("57014"))("x")

    assert naps == []


def test_inside_a_transaction_nothing_is_repeated(db, naps):
    with pytest.raises(OperationalError), transaction.atomic():
        failing(1, failure("40001"))("x")

    assert naps == []


@pytest.mark.postgresql
def test_rows_are_locked_the_main_account_first(main, sub):
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        locked(sub, main),
    ):
        pass

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert [
        f'"id" = {account.pk} ' in sql
        for account, sql in zip((main, sub), locks, strict=True)
    ] == [True, True]


def test_nothing_to_lock_is_a_transaction_all_the_same(db):
    with locked():
        assert connection.in_atomic_block


@pytest.mark.parametrize(
    ("refusal", "code", "status"),
    [
        (RuleViolation("code", "Text.", field="name", n=1), "code", 409),
        (Stale("Terraform"), "stale", 412),
        (Gone("Terraform"), "gone", 404),
        (Unavailable("busy", "Text."), "busy", 503),
    ],
)
def test_refusals(refusal, code, status):
    assert (refusal.code, refusal.status) == (code, status)
    assert str(refusal) == refusal.message


def test_a_log_line_is_one_line():
    request_id.set("")
    record = logging.makeLogRecord({"msg": "%s", "args": ("a\nb\r\x1b[31m\x00\x85é",)})

    line = OneLineFormatter("%(message)s").format(record)

    assert line == "a\\x0ab\\x0d\\x1b[31m\\x00\\x85é"
