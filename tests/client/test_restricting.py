"""`tollgate tokens narrow` and `restrict`."""

import httpx
import pytest

from accounts.scopes import EVERYTHING_SCOPE
from accounts.scopes import SCOPES as KNOWN_SCOPES
from client.token_changes import SCOPES
from tests.client.conversation import NAMED, TOKEN, made, page

API_TOKEN = TOKEN | {
    "kind": "api",
    "scopes": ["accounts:read", "users:write"],
    "accounts": [7, 1042],
}


def test_narrow_sends_what_is_left_to_do(run, server):
    result = run(
        *("tokens", "narrow", 77, "--scope=accounts:read", "--scope=users:write"),
        *("--account=1042", "--account=7"),
        answers=[httpx.Response(200, json=API_TOKEN)],
    )

    assert server.asked == [("PATCH", "/api/v1/tokens/77")]
    assert server.bodies == [
        {"scopes": ["accounts:read", "users:write"], "accounts": [1042, 7]}
    ]
    assert result.stdout == "scopes: accounts:read users:write\naccounts: 7 1042\n"
    assert result.stderr == f"Narrowed {NAMED}.\n"


@pytest.mark.parametrize(
    ("scopes", "accounts", "said"),
    [
        (["everything"], None, "scopes: everything\naccounts: all\n"),
        (["read"], [], "scopes: read\naccounts: none\n"),
        (None, None, "scopes: none: it is no API token\naccounts: all\n"),
    ],
)
def test_narrow_without_options_says_what_a_token_may_do(
    run, server, scopes, accounts, said
):
    token = TOKEN | {"scopes": scopes, "accounts": accounts}

    result = run("tokens", "narrow", 77, answers=[httpx.Response(200, json=token)])

    assert server.asked == [("GET", "/api/v1/tokens/77")]
    assert (result.stdout, result.stderr) == (said, f"This is {NAMED}.\n")


def test_scopes_are_those_of_the_server():
    assert {*SCOPES} == {EVERYTHING_SCOPE, *KNOWN_SCOPES}


RESTRICTED = {"networks": ["10.0.0.0/8", "2001:db8::/32"], "calls_per_minute": 1200}


def test_create_restricts(run, server):
    run(
        *("tokens", "create", "--account=1042", "--name=Fluent Bit"),
        *("--network=10.0.0.0/8", "--network=::1", "--calls-per-minute=600"),
        answers=[made()],
    )

    assert server.bodies == [
        {
            "kind": "logs",
            "name": "Fluent Bit",
            "networks": ["10.0.0.0/8", "::1"],
            "calls_per_minute": 600,
        }
    ]


@pytest.mark.parametrize(
    ("word", "value"), [("--restricted", "true"), ("--unrestricted", "false")]
)
def test_list_asks_for_restricted_ones(run, server, word, value):
    run("tokens", "list", word, answers=[page()])

    assert f"restricted={value}" in server.asked[0][1]


@pytest.mark.parametrize(
    ("token", "lines"),
    [
        (TOKEN | RESTRICTED, "10.0.0.0/8\n2001:db8::/32\nup to 1,200 a minute\n"),
        (
            TOKEN | {"networks": [], "calls_per_minute": None},
            "from anywhere\nno limit\n",
        ),
    ],
)
def test_restrict_prints_what_a_token_is_restricted_to(run, server, token, lines):
    result = run("tokens", "restrict", 77, answers=[httpx.Response(200, json=token)])

    assert server.asked == [("GET", "/api/v1/tokens/77")]
    assert result.stdout == lines


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["--network=10.0.0.0/8"], {"networks": ["10.0.0.0/8"]}),
        (["--calls-per-minute=60"], {"calls_per_minute": 60}),
        (
            ["--network=10.0.0.0/8", "--network=::1", "--calls-per-minute=60"],
            {"networks": ["10.0.0.0/8", "::1"], "calls_per_minute": 60},
        ),
    ],
)
def test_restrict_sets_what_is_given(run, server, words, body):
    answer = httpx.Response(200, json=TOKEN | RESTRICTED)

    result = run("tokens", "restrict", 77, *words, answers=[answer])

    assert server.asked == [("PATCH", "/api/v1/tokens/77")]
    assert server.bodies == [body]
    assert result.stderr == (
        f"Restricted {NAMED}: 10.0.0.0/8, 2001:db8::/32, up to 1,200 a minute.\n"
    )
