"""Idempotency-Key: what was done once is not done again, and answered the same."""

from datetime import timedelta

import pytest
import time_machine

from accounts.lifecycle import edit_account
from accounts.models import Action, AuditEvent, RecordedCall
from sharing.models import Filter
from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND, problem, refused
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token

LOG_TOKEN = {"kind": "logs", "name": "Fluent Bit"}
KEY = {"Idempotency-Key": "4f1c0c1e-6f0e-4f3c-9d0b-3a6f5a3c9b1d"}
REUSED = refused(
    "Idempotency-Key",
    "key_reused",
    "This key came with another call before. Use a fresh one for each.",
    status=422,
    where="header",
)
CHANGED_SINCE = problem(
    409,
    "changed_since",
    "This was done before, and what it made was changed since: look at it as it is now.",
)


@pytest.fixture
def path(main):
    return f"/api/v1/accounts/{main.pk}/tokens"


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


def same(first, second):
    """Whether the second answer is the first one once more, and says so."""
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["ETag"] == first["ETag"]
    return (first.status_code, first.json()) == (second.status_code, second.json())


def test_a_create_that_is_repeated_makes_one_token(api, path):
    first, second = (api.response("POST", path, LOG_TOKEN, **KEY) for _ in range(2))

    assert first.status_code == 201
    assert same(first, second)
    assert Token.objects.filter(name="Fluent Bit").count() == 1


def test_a_secret_that_leaves_again_is_told_to_the_audit_trail(api, path):
    pk = api.post(path, LOG_TOKEN, **KEY)[1]["id"]
    api.post(path, LOG_TOKEN, **KEY)

    created, revealed = AuditEvent.objects.filter(token_id=pk).order_by("pk")
    assert (created.action, revealed.action) == (
        Action.TOKEN_CREATED,
        Action.TOKEN_REVEALED,
    )
    assert revealed.data == {"repeated_call": True}


def test_no_secret_is_recorded(api, path):
    secret = api.post(path, LOG_TOKEN, **KEY)[1]["secret"]

    call = RecordedCall.objects.get()
    assert str(call) == "call 4f1c0c1e-6f0e-4f3c-9d0b-3a6f5a3c9b1d"
    (row,) = RecordedCall.objects.values()
    assert secret not in str(row)
    assert row["answer"]["name"] == "Fluent Bit"


@pytest.mark.parametrize(
    "change",
    [
        Token.rotate,
        Token.disable,
        Token.delete_softly,
        lambda token, by: token.rotate(by=by, overlap=timedelta(hours=1)),
        lambda token, by: token.rename("Vector", by=by),
        lambda token, by: token.delete(),
    ],
)
def test_a_secret_of_what_was_changed_since_does_not_leave_again(api, path, change):
    api.post(path, LOG_TOKEN, **KEY)
    change(Token.objects.get(name="Fluent Bit"), by=BY)
    told = AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)

    assert api.post(path, LOG_TOKEN, **KEY) == CHANGED_SINCE
    assert not told.exists()


def test_a_rotation_that_was_overtaken_is_not_told_again(api, token):
    path, how = f"/api/v1/tokens/{token.pk}/rotate", {"overlap": "1h"}
    assert api.post(path, how, **KEY)[0] == 201
    token.refresh_from_db()
    token.roll_back(by=BY)

    assert api.post(path, how, **KEY) == CHANGED_SINCE


def test_another_call_needs_another_key(api, path, sub):
    api.post(path, LOG_TOKEN, **KEY)

    assert api.post(path, LOG_TOKEN | {"name": "Other"}, **KEY) == REUSED
    assert api.post(f"/api/v1/accounts/{sub.pk}/tokens", LOG_TOKEN, **KEY) == REUSED


def test_keys_of_others_are_other_keys(main, api, path):
    other = Api.of(main)
    text = "There is already a token named Fluent Bit here."

    assert api.post(path, LOG_TOKEN, **KEY)[0] == 201
    assert other.post(path, LOG_TOKEN, **KEY) == refused("name", "name_taken", text)
    assert other.post(path, LOG_TOKEN | {"name": "Other"}, **KEY)[0] == 201


def test_what_was_refused_is_tried_again(api, path, main, token):
    token.rename("Fluent Bit", by=BY)
    assert api.post(path, LOG_TOKEN, **KEY)[0] == 409

    token.rename("Vector", by=BY)
    assert api.post(path, LOG_TOKEN, **KEY)[0] == 201


def test_keys_are_forgotten_after_24_hours(api, path):
    first = api.post(path, LOG_TOKEN, **KEY)[1]
    Token.objects.get(pk=first["id"]).delete_softly(by=BY)

    with time_machine.travel(timedelta(hours=24, seconds=1)):
        second = api.post(path, LOG_TOKEN, **KEY)[1]

    assert first["id"] != second["id"]


def test_who_may_not_any_more_gets_no_secret_again(api, sub):
    path = f"/api/v1/accounts/{sub.pk}/tokens"
    assert api.post(path, LOG_TOKEN, **KEY)[0] == 201

    edit_account(sub, by=BY, accessible=False)

    assert api.post(path, LOG_TOKEN, **KEY) == FORBIDDEN


def test_a_rotation_that_is_repeated_makes_one_secret(api, token):
    path = f"/api/v1/tokens/{token.pk}/rotate"
    headers = KEY | {"If-Match": '"1"'}

    first, second = (
        api.response("POST", path, {"overlap": "1h"}, **headers) for _ in range(2)
    )

    assert same(first, second)
    assert token.secrets.count() == 2
    token.delete_softly(by=BY)
    assert api.post(path, {"overlap": "1h"}, **headers) == NOT_FOUND


def test_a_restore_is_repeated_without_an_error(api, token):
    token.delete_softly(by=BY)
    path = f"/api/v1/tokens/{token.pk}/restore"

    assert same(*(api.response("POST", path, **KEY) for _ in range(2)))


def test_a_filter_is_made_once(api, main):
    path = f"/api/v1/accounts/{main.pk}/filters"
    body = {"field": "env", "value": "prod"}

    assert same(*(api.response("POST", path, body, **KEY) for _ in range(2)))
    assert Filter.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "String should have at least 1 character"),
        ("x" * 256, "must not be longer than 255"),
    ],
)
def test_keys_have_1_to_255_characters(api, path, key, message):
    status, body = api.post(path, LOG_TOKEN, **{"Idempotency-Key": key})

    (error,) = body["errors"]
    assert (status, error["field"], error["where"]) == (
        422,
        "Idempotency-Key",
        "header",
    )
    assert error["message"] == message
