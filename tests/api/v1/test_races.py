"""Calls of our own API at the same moment, on a real PostgreSQL: never a 500.

Each round starts threads with connections and clients of their own at a barrier. A call
goes through the whole handler, from the first middleware on; only the socket is missing.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from tests.api.calls import Api
from tests.factories import BY, MainFactory, TokenFactory
from tests.races.racers import ROUNDS
from tokens.kinds import Kind
from tokens.models import Token

FEWER = 6

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _as_often_as_needed(settings):
    settings.API_RATE = 1_000_000


@pytest.fixture
def account(db):
    return MainFactory()


@pytest.fixture
def secret(account):
    return TokenFactory(account=account).secret_text


@pytest.fixture
def race(secret):
    """Make calls (method, path, body, headers) at once; return their answers."""

    def run(*calls):
        connection.close()
        barrier = threading.Barrier(len(calls))
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(partial(attempt, secret, barrier), calls))

    return run


def attempt(secret, barrier, call):
    method, path, body, headers = call
    api = Api(secret)
    barrier.wait()
    try:
        response = api.response(method, path, body, **headers)
    finally:
        # As at the end of a request: the pool has few.
        connection.close()
    body = response.json() if response.content else {}
    return response.status_code, body, response.headers


def outcomes(answers):
    """Return the statuses with the codes of refusals, in order."""
    return sorted((status, body.get("code", "")) for status, body, _ in answers)


def create(account, name, **headers):
    path = f"/api/v1/accounts/{account.pk}/tokens"
    return "POST", path, {"kind": "logs", "name": name}, headers


def test_one_create_takes_the_last_place(race, account):
    for number in range(13):
        TokenFactory(account=account, kind=Kind.LOGS, name=f"full {number}")

    for number in range(ROUNDS):
        answers = race(*(create(account, f"{number} {each}") for each in range(8)))

        assert outcomes(answers) == [(201, ""), *[(409, "limit_reached")] * 7]
        Token.objects.get(name__startswith=f"{number} ").delete_softly(by=BY)


@pytest.mark.parametrize(
    ("method", "action", "status"), [("POST", "/disable", 200), ("DELETE", "", 204)]
)
def test_one_of_the_two_last_enabled_tokens_stays(
    race, account, method, action, status
):
    first = account.tokens.get(name="default")
    for number in range(ROUNDS):
        second = TokenFactory(account=account, kind=Kind.LOGS, name=f"n{number}")
        paths = [f"/api/v1/tokens/{token.pk}{action}" for token in (first, second)]

        answers = race(*((method, path, {}, {}) for path in paths))

        assert outcomes(answers) == [(status, ""), (409, "last_enabled_token")]
        first = Token.objects.enabled().get(account=account, kind=Kind.LOGS)


def test_one_of_eight_gets_a_name(race, account):
    for number in range(ROUNDS):
        answers = race(*[create(account, f"Name {number}")] * 8)

        assert outcomes(answers) == [(201, ""), *[(409, "name_taken")] * 7]
        Token.objects.get(name=f"Name {number}").delete_softly(by=BY)


def test_an_idempotent_pair_makes_one_token(race, account):
    for number in range(ROUNDS):
        call = create(account, f"Name {number}", **{"Idempotency-Key": f"key {number}"})

        (status, body, headers), (_, again, others) = race(call, call)

        assert (status, body) == (201, again)
        assert "Idempotent-Replayed" in {*headers, *others}
        Token.objects.get(name=f"Name {number}").delete_softly(by=BY)


def test_a_key_that_comes_with_two_creates_is_good_for_one(race, account):
    for number in range(FEWER):
        key = {"Idempotency-Key": f"key {number}"}
        calls = [create(account, f"{number} {each}", **key) for each in range(4)]

        assert outcomes(race(*calls)) == [(201, ""), *[(422, "key_reused")] * 3]
        Token.objects.get(name__startswith=f"{number} ").delete_softly(by=BY)


def test_the_second_writer_of_a_version_is_told(race, account):
    token = TokenFactory(account=account, kind=Kind.LOGS)
    path = f"/api/v1/tokens/{token.pk}"
    for number in range(FEWER):
        seen = {"If-Match": f'"{number + 1}"'}
        calls = [("PATCH", path, {"name": f"{number} {each}"}, seen) for each in "ab"]

        assert outcomes(race(*calls)) == [(200, ""), (412, "stale")]


def test_a_rotation_that_is_repeated_at_once_makes_one_secret(race, account):
    token = TokenFactory(account=account, kind=Kind.LOGS)
    path = f"/api/v1/tokens/{token.pk}/rotate"
    for number in range(FEWER):
        call = "POST", path, {"overlap": "now"}, {"Idempotency-Key": f"key {number}"}

        (_, first, _), (_, second, _) = race(call, call)

        assert first["secret"] == second["secret"]
        assert token.secrets.count() == number + 2
