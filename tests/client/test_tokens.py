import json

import httpx
import pytest

from tests.client.conversation import NAMED, SECRET, TOKEN, WITH_SECRET, made, page


def test_list_asks_for_what_is_wanted(run, server):
    result = run(
        *("tokens", "list", "--account=1042", "--account=7", "--kind=logs"),
        *(
            "--state=active",
            "--scope=read",
            "--name=bit",
            "--text=ask",
            "--deleted",
            "--sort=name",
        ),
        answers=[page(TOKEN)],
    )

    assert server.asked == [
        (
            "GET",
            "/api/v1/tokens?account=1042&account=7&kind=logs&state=active&scope=read&name=bit"
            "&text=ask&sort=name&deleted=true&limit=200",
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
        (["--note=Ask Ada"], {"kind": "logs", "note": "Ask Ada"}),
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
    ("kind", "reason"),
    [
        ("api", "API tokens are made by people, so that no token makes another of its"),
        ("api", "Add one in the portal, under Manage tokens, API tokens."),
        ("api", "POST /v1/api-tokens/sub-account"),
        ("metrics", "tokens list --kind=metrics"),
        ("traces", "tokens list --kind=traces"),
    ],
)
def test_create_says_where_other_kinds_come_from(run, server, kind, reason):
    result = run("tokens", "create", "--account=1", "--name=x", f"--kind={kind}")

    assert (result.exit_code, result.stdout) == (1, "")
    assert reason in result.stderr
    assert server.asked == []


def test_rename_says_what_it_is_called_now(run, server):
    answer = httpx.Response(200, json=TOKEN)
    result = run("tokens", "rename", "77", "Fluent Bit", answers=[answer])

    assert (result.stdout, result.stderr) == ("", f"Renamed {NAMED}.\n")
    assert server.asked == [("PATCH", "/api/v1/tokens/77")]
    assert server.bodies == [{"name": "Fluent Bit"}]


def test_rename_is_sent_again_when_its_answer_was_lost(run, server):
    answers = [httpx.ReadError("gone"), httpx.Response(200, json=TOKEN)]

    assert run("tokens", "rename", "77", "x", answers=answers).exit_code == 0
    assert server.bodies == 2 * [{"name": "x"}]


@pytest.mark.parametrize(
    ("note", "shown"),
    [("one\n two\x1b[31m", "one\n two\ufffd[31m\n"), ("", "")],
)
def test_note_is_printed_line_by_line(run, server, note, shown):
    answer = httpx.Response(200, json=TOKEN | {"note": note})

    assert run("tokens", "note", "77", answers=[answer]).stdout == shown
    told = run("tokens", "note", "77", "--output=json", answers=[answer]).stdout
    assert json.loads(told)["note"] == note
    assert set(server.asked) == {("GET", "/api/v1/tokens/77")}


@pytest.mark.parametrize(
    ("text", "typed", "note", "done"),
    [
        ("Ask Ada", None, "Ask Ada", "Wrote"),
        ("-", "one\ntwo\n", "one\ntwo", "Wrote"),
        ("", None, "", "Removed"),
    ],
)
def test_note_is_written_and_removed(run, server, text, typed, note, done):
    answer = httpx.Response(200, json=TOKEN | {"note": note})
    result = run("tokens", "note", "77", text, answers=[answer], typed=typed)

    assert (result.stdout, result.stderr) == ("", f"{done} the note of {NAMED}.\n")
    assert (server.asked, server.bodies) == (
        [("PATCH", "/api/v1/tokens/77")],
        [{"note": note}],
    )


USAGE = {
    "day": 12,
    "week": 1234,
    "series": [
        {"start": "2026-01-30T00:00:00Z", "calls": 1222},
        {"start": "2026-01-31T00:00:00Z", "calls": 12},
    ],
}


def test_usage_is_shown_by_day(run, server, time_machine):
    time_machine.move_to("2026-01-31T12:00:00Z", tick=False)
    answer = httpx.Response(200, json=USAGE)
    result = run("tokens", "usage", "77", answers=[answer])
    as_json = run(
        "tokens", "usage", "77", "--days=30", "--output=json", answers=[answer]
    )

    assert result.stdout == "DAY         CALLS\n2026-01-30  1,222\n2026-01-31  12\n"
    assert result.stderr == "12 calls in 24 hours, 1,234 in 7 days.\n"
    assert (json.loads(as_json.stdout), as_json.stderr) == (USAGE, "")
    path = "/api/v1/tokens/77/usage?unit=day&since="
    assert server.asked == [
        ("GET", f"{path}2026-01-24T12%3A00%3A00%2B00%3A00"),
        ("GET", f"{path}2026-01-01T12%3A00%3A00%2B00%3A00"),
    ]


@pytest.mark.parametrize("days", ["0", "366", "x"])
def test_usage_looks_back_for_a_year_at_most(run, days):
    assert run("tokens", "usage", "77", f"--days={days}").exit_code == 2


def test_filters_are_listed(run, server):
    narrowing = {"id": 5, "field": "env", "value": "prod", "description": ""}
    result = run("filters", "list", "--account=1042", answers=[page(narrowing)])

    assert result.stdout == "ID  FIELD  VALUE  DESCRIPTION\n5   env    prod\n"
    assert server.asked == [("GET", "/api/v1/accounts/1042/filters?limit=200")]


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
    run("tokens", "rotate", "77", "--unrestricted", answers=[made()])

    assert server.bodies == [
        {"overlap": "24h"},
        {"overlap": "now"},
        {"overlap": "now", "unrestricted": True},
    ]


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
