"""Scopes and accounts of API tokens in our own API: shown, found, narrowed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, problem, refused
from tests.api.v1.shown import token as shown
from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.models import Token

TOKENS = "/api/v1/tokens"


@pytest.fixture
def own(main):
    """A token of the main account, and calls with it."""
    token = TokenFactory(account=main, name="own")
    return token, Api(token.secret_text), f"{TOKENS}/{token.pk}"


def names(api, query):
    status, body = api.get(f"{TOKENS}?{query}&sort=name")

    assert status == 200
    return [each["name"] for each in body["items"]]


def test_a_token_says_what_it_is_kept_to(main, sub):
    token = TokenFactory(account=main, scopes="read shared:write", accounts=[sub.pk])

    status, body = Api(token.secret_text).get("/api/v1/whoami")

    kept = {"scopes": ["read", "shared:write"], "accounts": [sub.pk]}
    assert (status, body["token"]) == (200, shown(token, **kept) | seen(body))


def seen(body):
    names = ("last_used_at", "last_used_address", "last_used_agent")
    return {name: body["token"][name] for name in names}


def test_a_token_narrows_itself(own, sub):
    _, api, path = own

    status, body = api.patch(
        path, {"scopes": ["api:write", "users:read"], "accounts": [sub.pk]}
    )

    assert (status, body["version"]) == (200, 2)
    assert (body["scopes"], body["accounts"]) == (["users:read", "api:write"], [sub.pk])
    assert api.get(f"{TOKENS}?kind=logs")[0] == 403


def test_what_is_left_out_stays(own, sub):
    _, api, path = own
    api.patch(path, {"accounts": [sub.pk]})

    body = api.patch(path, {"scopes": ["api:write"]})[1]

    assert (body["scopes"], body["accounts"]) == (["api:write"], [sub.pk])


WIDER = "A token is only ever given less: "


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"scopes": ["everything"]}, "wider", f"{WIDER}its scopes cannot be widened."),
        ({"scopes": ["read"]}, "wider", f"{WIDER}its scopes cannot be widened."),
        ({"accounts": ["main"]}, "wider", f"{WIDER}no account can be added."),
        ({"accounts": []}, "unusable_accounts", "Choose at least one account."),
    ],
)
def test_nothing_is_widened(main, sub, asked, code, message):
    token = TokenFactory(account=main, scopes="api:write", accounts=[sub.pk])
    if asked.get("accounts"):
        asked = {"accounts": [main.pk, sub.pk]}
    (field,) = asked

    answer = Api(token.secret_text).patch(f"{TOKENS}/{token.pk}", asked)

    assert answer == refused(field, code, message, status=422)
    assert Token.objects.get(pk=token.pk).version == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"scopes": []},
        {"scopes": ["audit:write"]},
        {"scopes": "read"},
        {"scopes": None},
        {"accounts": None},
        {"accounts": ["x"]},
    ],
)
def test_mistakes_are_told_at_their_field(own, asked):
    _, api, path = own
    (field,) = asked

    status, body = api.patch(path, asked)

    assert (status, body["code"]) == (422, "invalid")
    assert body["errors"][0]["field"].partition(".")[0] == field


def test_other_tokens_are_narrowed_by_people_only(own, main, sub):
    _, api, _ = own

    for other in (TokenFactory(account=main), TokenFactory(account=sub)):
        asked = {"scopes": ["read"]}
        assert api.patch(f"{TOKENS}/{other.pk}", asked) == FORBIDDEN


def test_other_kinds_have_no_scopes(api, main):
    logs = TokenFactory(account=main, kind=Kind.LOGS)

    answer = api.patch(f"{TOKENS}/{logs.pk}", {"scopes": ["read"]})

    message = "Only API tokens can be kept to that."
    assert answer == refused("scopes", "api_tokens_only", message, status=422)


def test_a_token_that_only_reads_does_not_narrow_itself(main):
    token = TokenFactory(account=main, scopes="read")

    answer = Api(token.secret_text).patch(
        f"{TOKENS}/{token.pk}", {"scopes": ["audit:read"]}
    )

    said = "This API token lacks the scope api:write, shared:write or shipping:write."
    assert answer == problem(403, "out_of_scope", said)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("scope=everything", ["all", "own"]),
        ("scope=read", ["all", "own", "reads", "reads and writes"]),
        ("scope=users:read", ["all", "own", "reads", "reads and writes", "users"]),
        ("scope=users:write", ["all", "own", "users"]),
        ("scope=shared:write", ["all", "own", "reads and writes"]),
        ("scope=logs:read&scope=users:write", [
            *("all", "logs", "own", "reads", "reads and writes", "users"),
        ]),
    ],
)  # fmt: skip
def test_tokens_are_found_by_what_they_may_do(own, main, query, found):
    kept = {
        "all": "",
        "reads": "read",
        "reads and writes": "read shared:write",
        "users": "users:write",
        "logs": "logs:read",
    }
    for name, scopes in kept.items():
        TokenFactory(account=main, name=name, scopes=scopes)

    assert names(own[1], query) == found


def test_a_scope_that_there_is_not_is_told(api):
    status, body = api.get(f"{TOKENS}?scope=audit:write")

    assert (status, body["errors"][0]["field"]) == (422, "scope.0")


def test_a_list_costs_the_same_with_restrictions(main, sub):
    free = Api.of(main)
    kept = Api.of(main, scopes="api:read", accounts=[sub.pk, main.pk])
    counts = []
    for api in (free, kept):
        api.get(TOKENS)
        with CaptureQueriesContext(connection) as queries:
            api.get(TOKENS)
        counts.append(len(queries))

    assert counts[0] == counts[1]
