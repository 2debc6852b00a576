"""What goes wrong on the way, and that no secret is told with it."""

import uuid

import httpx
import pytest

from tests.client.conversation import CALLER, SECRET, TOKEN, WITH_SECRET, page, problem

CREATE = ("tokens", "create", "--account=1042", "--name=x")
LOST = httpx.ReadTimeout("read timed out")
MADE = httpx.Response(201, json=WITH_SECRET)
NONSENSE = (
    "Error: tollgate.example answered with status {}, and not as Tollgate's API does."
    " Is the address right?\n"
)


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [(400, 1), (401, 3), (403, 3), (404, 4), (409, 1), (412, 1), (422, 1), (500, 5)],
)
def test_each_refusal_has_its_exit_code(run, status, exit_code):
    errors = [{"field": "name", "message": text} for text in ("is long", "No.")]
    result = run(*CREATE, answers=[problem(status, "No.", *errors)])

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr == "Error: No. name: is long\n"


def test_what_a_server_says_cannot_command_a_terminal(run):
    result = run(*CREATE, answers=[problem(409, "a\x1b[2Jb\nc\u202e")])

    assert result.stderr == "Error: a�[2Jb�c�\n"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(301, headers={"Location": "https://else.example"}),
        httpx.Response(404, text="<html>"),
        httpx.Response(404, json=["not", "found"]),
        httpx.Response(403, json={"detail": "Not ours"}),
        httpx.Response(500, content=b"\xff"),
    ],
)
def test_what_is_not_tollgate_is_told_from_it(run, answer):
    result = run("whoami", answers=[answer])

    assert result.exit_code == 5
    assert result.stderr == NONSENSE.format(answer.status_code)


@pytest.mark.parametrize("answer", [{}, {"items": []}, {"next": None}, []])
def test_a_list_that_is_none_is_not_tollgate(run, answer):
    result = run("accounts", "list", answers=[httpx.Response(200, json=answer)])

    assert (result.exit_code, result.stderr) == (5, NONSENSE.format(200))


def test_a_create_whose_answer_was_lost_is_repeated_under_one_key(run, server):
    bad_gateway = httpx.Response(502, text="<html>")
    result = run(*CREATE, answers=[LOST, bad_gateway, MADE])

    keys = {each.headers["Idempotency-Key"] for each in server.requests}
    assert (result.exit_code, result.stdout) == (0, f"{SECRET}\n")
    assert [uuid.UUID(key).version for key in keys] == [4]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (LOST, "tollgate.example does not answer in time."),
        (
            httpx.ConnectError("Connection refused"),
            "tollgate.example cannot be reached: Connection refused",
        ),
        (
            httpx.RemoteProtocolError(f"illegal {CALLER}"),
            "The connection to tollgate.example broke.",
        ),
        (httpx.DecodingError("bad gzip"), "The connection to tollgate.example broke."),
    ],
)
def test_after_four_times_it_is_given_up(run, server, error, sentence):
    result = run(*CREATE, answers=[error] * 4)

    assert (result.exit_code, result.stderr) == (5, f"Error: {sentence}\n")


@pytest.mark.parametrize("answer", [LOST, httpx.Response(504, text="<html>")])
def test_a_delete_is_not_repeated_when_it_may_have_happened(run, server, answer):
    result = run("tokens", "delete", "77", answers=[answer])

    assert result.exit_code == 5


def test_a_delete_that_never_got_there_is_repeated(run, server):
    refused = httpx.ConnectError("Connection refused")
    busy = problem(503, "Busy.", headers={"Retry-After": "0"})
    result = run("tokens", "delete", "77", answers=[refused, busy, httpx.Response(204)])

    assert result.exit_code == 0


def lost():
    return problem(503, "Nobody knows.", code="outcome_unknown")


def test_a_delete_whose_outcome_was_lost_is_not_repeated(run, server):
    result = run("tokens", "delete", "77", answers=[lost()])

    assert (result.exit_code, result.stderr) == (5, "Error: Nobody knows.\n")


def test_what_may_arrive_twice_is_repeated_when_its_outcome_was_lost(run, server):
    result = run(
        "tokens", "disable", "77", answers=[lost(), httpx.Response(200, json=TOKEN)]
    )

    assert result.exit_code == 0


def test_a_server_that_asks_for_time_gets_it(run, server, monkeypatch):
    waited = []
    monkeypatch.setattr("client.server.time.sleep", waited.append)
    slow_down = [
        problem(429, "Slow down.", headers={"Retry-After": text})
        for text in ("7", "tomorrow")
    ]
    result = run("accounts", "list", answers=[*slow_down, page()])

    assert (result.exit_code, waited) == (0, [7, 0])


def test_nobody_waits_for_hours(run):
    later = problem(429, "Slow down.", headers={"Retry-After": "3600"})
    result = run("accounts", "list", answers=[later])

    assert (result.exit_code, result.stderr) == (5, "Error: Slow down.\n")


def test_pages_that_go_in_circles_end(run):
    again = page(TOKEN, following="a")
    result = run("tokens", "list", answers=[again, again])

    assert result.exit_code == 5
    assert "the same page again and again" in result.stderr
