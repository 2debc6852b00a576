import json

import httpx
import pytest

from tests.client.conversation import SECRET, TOKEN, WITH_SECRET, page

NAMED = "token 77, Fluent Bit (tgl_8fJ2kQ1x…9aZ0), in Staging (1042)"


def made(status=201, **changes):
    return httpx.Response(status, json=WITH_SECRET | changes)


def test_list_asks_for_what_is_wanted(run, server):
    result = run(
        *("tokens", "list", "--account=1042", "--account=7", "--kind=logs"),
        *("--state=active", "--name=bit", "--deleted", "--sort=name"),
        answers=[page(TOKEN)],
    )

    assert server.asked == [
        (
            "GET",
            "/api/v1/tokens?account=1042&account=7&kind=logs&state=active&name=bit"
            "&sort=name&deleted=true&limit=200",
        )
    ]
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "ID  ACCOUNT  KIND  NAME        TOKEN              STATE   LAST USED         EXPIRES\n"
        "77  Staging  logs  Fluent Bit  tgl_8fJ2kQ1x…9aZ0  active  2026-01-31 12:34  -\n"
    )


def test_create_prints_the_secret_alone(run, server):
    result = run(
        "tokens", "create", "--account=1042", "--name=Fluent Bit", answers=[made()]
    )

    assert (result.exit_code, result.stdout) == (0, f"{SECRET}\n")
    assert result.stderr == f"Created {NAMED}.\n"
    assert server.asked == [("POST", "/api/v1/accounts/1042/tokens")]
    assert server.bodies == [{"kind": "logs", "name": "Fluent Bit"}]


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["--disabled"], {"kind": "logs", "enabled": False}),
        (["--expires=never"], {"kind": "logs", "expires_at": None}),
        (
            ["--expires=2026-01-31"],
            {"kind": "logs", "expires_at": "2026-01-31T00:00:00+00:00"},
        ),
        (
            ["--expires=2026-01-31T12:00+02:00"],
            {"kind": "logs", "expires_at": "2026-01-31T12:00:00+02:00"},
        ),
        (
            ["--kind=shared", "--filter=5", "--filter=6", "--operator=OR"],
            {"kind": "shared", "filters": [5, 6], "operator": "OR"},
        ),
        (
            ["--kind=shared", "--everything"],
            {"kind": "shared", "shows_everything": True},
        ),
    ],
)
def test_create_sends_what_was_said(run, server, words, body):
    run("tokens", "create", "--account=1042", "--name=x", *words, answers=[made()])

    assert server.bodies == [{"name": "x"} | body]


def test_create_refuses_an_expiry_that_is_no_time(run):
    result = run("tokens", "create", "--account=1", "--name=x", "--expires=soon")

    assert result.exit_code == 2
    assert "must be never or like 2026-01-31T12:00" in result.stderr


@pytest.mark.parametrize(
    ("words", "path", "sentence"),
    [
        (["rotate", "77"], "rotate", f"Rotated {NAMED}."),
        (["reveal", "77"], "reveal", f"This is {NAMED}."),
    ],
)
def test_secrets_come_alone(run, server, words, path, sentence):
    result = run("tokens", *words, answers=[made()])
    quiet = run("tokens", *words, "--quiet", answers=[made()])
    as_json = run("tokens", *words, "--output=json", answers=[made()])

    assert (result.stdout, result.stderr) == (f"{SECRET}\n", f"{sentence}\n")
    assert (quiet.stdout, quiet.stderr) == (f"{SECRET}\n", "")
    assert json.loads(as_json.stdout) == WITH_SECRET
    assert set(server.asked) == {("POST", f"/api/v1/tokens/77/{path}")}


def test_rotate_says_how_long_the_old_secret_works(run, server):
    run("tokens", "rotate", "77", answers=[made()])
    run("tokens", "rotate", "77", "--overlap=now", answers=[made()])

    assert server.bodies == [{"overlap": "24h"}, {"overlap": "now"}]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["enable", "77"], f"Enabled {NAMED}."),
        (["disable", "77"], f"Disabled {NAMED}."),
        (["restore", "77"], f"Restored {NAMED}; it is active."),
    ],
)
def test_changes_are_said_to_people_and_shown_to_programs(run, server, words, sentence):
    answer = httpx.Response(200, json=TOKEN)
    result = run("tokens", *words, answers=[answer])
    as_json = run("tokens", *words, "--output=json", answers=[answer])

    assert (result.stdout, result.stderr) == ("", f"{sentence}\n")
    assert json.loads(as_json.stdout) == TOKEN
    assert server.asked == 2 * [("POST", f"/api/v1/tokens/77/{words[0]}")]


def test_disable_passes_a_reason_on(run, server):
    run(
        *("tokens", "disable", "77", "--reason=leaked"),
        answers=[httpx.Response(200, json=TOKEN)],
    )

    assert server.bodies == [{"reason": "leaked"}]


def test_delete_says_so(run, server):
    result = run("tokens", "delete", "77", answers=[httpx.Response(204)])

    assert (result.stdout, result.stderr) == ("", "Deleted token 77.\n")
    assert server.asked == [("DELETE", "/api/v1/tokens/77")]


@pytest.mark.parametrize("pk", ["x", "0", "-1"])
def test_what_is_no_id_is_wrong_usage(run, pk):
    assert run("tokens", "reveal", "--", pk).exit_code == 2
