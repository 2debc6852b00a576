import json

import httpx
import pytest

from tests.client.conversation import CALLER, SECRET, TOKEN, page

ACCOUNT = {
    "id": 1042,
    "name": "Staging",
    "kind": "sub",
    "state": "active",
    "accessible": True,
    "searchable": False,
}
WORKS = {"works": True, "reason": "", "opens": ["ship_logs"], "token": TOKEN}


def test_accounts_are_listed_page_after_page(run, server):
    first, second = ACCOUNT, ACCOUNT | {"id": 7, "name": "日本"}
    result = run(
        *("accounts", "list", "--kind=sub", "--name=a"),
        answers=[page(first, following="abc"), page(second)],
    )

    assert server.asked == [
        ("GET", "/api/v1/accounts?kind=sub&name=a&limit=200"),
        ("GET", "/api/v1/accounts?kind=sub&name=a&limit=200&cursor=abc"),
    ]
    assert result.stdout == (
        "ID    NAME     KIND  STATE   ACCESSIBLE  SEARCHABLE\n"
        "1042  Staging  sub   active  yes         no\n"
        "7     日本     sub   active  yes         no\n"
    )


def test_json_is_as_the_server_gives_it(run):
    result = run("accounts", "list", "--output=json", answers=[page(ACCOUNT)])

    assert json.loads(result.stdout) == [ACCOUNT]


def test_nothing_to_list_is_a_head_alone(run):
    result = run("accounts", "list", answers=[page()])

    assert result.stdout == "ID  NAME  KIND  STATE  ACCESSIBLE  SEARCHABLE\n"


def test_whoami_shows_token_and_account(run):
    me = {"token": TOKEN, "account": ACCOUNT}
    result = run("whoami", answers=[httpx.Response(200, json=me)])
    as_json = run("whoami", "--output=json", answers=[httpx.Response(200, json=me)])

    assert result.stdout == (
        "TOKEN              NAME        ACCOUNT  ACCOUNT ID  KIND  EXPIRES\n"
        "tgl_8fJ2kQ1x…9aZ0  Fluent Bit  Staging  1042        sub   -\n"
    )
    assert json.loads(as_json.stdout) == me


def test_a_token_that_works_is_verified_from_standard_input(run, server):
    result = run(
        "verify", typed=f"{SECRET}\n", answers=[httpx.Response(200, json=WORKS)]
    )

    assert server.bodies == [{"token": SECRET}]
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Fluent Bit (tgl_8fJ2kQ1x…9aZ0) works: ship logs.\n"


def test_both_tokens_can_come_from_standard_input(run, server):
    result = run(
        *("verify", "--token-stdin"),
        typed=f"{CALLER}\n{SECRET}\n",
        TOLLGATE_TOKEN="",
        answers=[httpx.Response(200, json=WORKS)],
    )

    assert server.requests[0].headers["Authorization"] == f"Bearer {CALLER}"
    assert server.bodies == [{"token": SECRET}]
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("reason", "token", "sentence"),
    [
        (
            "token_disabled",
            TOKEN,
            "Fluent Bit (tgl_8fJ2kQ1x…9aZ0) does not work: it is disabled.",
        ),
        (
            "unknown",
            None,
            "The token does not work: it is unknown, or none of this account's.",
        ),
        ("new_reason", None, "The token does not work: new_reason."),
    ],
)
def test_a_token_that_does_not_work_has_its_exit_code(run, reason, token, sentence):
    verdict = {"works": False, "reason": reason, "opens": [], "token": token}
    answer = httpx.Response(200, json=verdict)

    result = run("verify", typed=SECRET, answers=[answer])
    as_json = run("verify", "--output=json", typed=SECRET, answers=[answer])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {sentence}\n"
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (1, verdict)
