"""What scanners send, and what they learn from the answer."""

import json
from uuid import uuid4

import pytest

from accounts.models import Generation
from leaks.models import Leak
from tests.factories import ShareFactory, TokenFactory
from tests.leaks.conftest import PLACE
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import Secret, make


def send(client, scanner, body, **headers):
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    return client.post(
        "/leaks",
        body,
        content_type="application/json",
        headers={"X-API-TOKEN": scanner.secret_text} | headers,
    )


def test_a_scanner_learns_only_how_much_has_arrived(report, token):
    answers = [
        report(token.secret_text),
        report(make(Kind.API).reveal()),
        report("no token at all"),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {b'{"received": 1}'}
    assert [*Leak.objects.values_list("token", "place", "found_by")] == [
        (token.pk, PLACE, "gitleaks")
    ]


@pytest.mark.parametrize("kind", [Kind.LOGS, Kind.GATEWAY, Kind.SCANNER, Kind.SHARED])
def test_tokens_of_every_kind_are_known(report, main, kind):
    own = kind in (Kind.GATEWAY, Kind.SCANNER)
    token = (
        ShareFactory(account=main)
        if kind == Kind.SHARED
        else TokenFactory(account=None if own else main, kind=kind)
    )
    report(token.secret_text)

    assert Leak.objects.count() == 1


def test_a_token_that_moved_in_is_known(report, main):
    text = str(uuid4())
    TokenFactory(account=main, kind=Kind.LOGS, secret=Secret(text))
    report(text)

    assert Leak.objects.count() == 1


def test_the_use_of_the_scanners_token_is_noted(report, scanner, recorder):
    report("nothing")
    recorder.flush(at_once=True)

    assert Token.objects.get(pk=scanner.pk).last_used_at


def test_the_same_place_is_kept_once(report, token):
    report(token.secret_text, token.secret_text)
    again = report(token.secret_text)
    report(token.secret_text, place="elsewhere")

    assert again.json() == {"received": 1}
    assert [*Leak.objects.order_by("pk").values_list("place", flat=True)] == [
        PLACE,
        "elsewhere",
    ]


def test_no_more_places_of_a_secret_are_kept_than_say_something(
    client, scanner, report, token
):
    secret = token.secrets.get()
    Leak.objects.bulk_create(
        Leak(token=token, secret=secret, place=str(number), found_by="x")
        for number in range(98)
    )
    rows = [
        {"token": token.secret_text, "url": place} for place in ("99", "100", "101")
    ]
    send(client, scanner, rows)
    assert Leak.objects.count() == 100

    report(token.secret_text, place="102")
    assert Leak.objects.count() == 100


def test_secrets_in_a_place_are_masked_and_what_nobody_sees_is_left_out(report, token):
    report(
        token.secret_text, place=f"https://x/?token={token.secret_text}\u202e\n\ud800"
    )

    (place,) = Leak.objects.values_list("place", flat=True)
    assert place == f"https://x/?token={token.masked} ?"


def test_ten_thousand_findings_are_taken(client, scanner, token):
    rows = [{"token": make(Kind.API).reveal()} for _ in range(9_999)]
    rows.append({"token": token.secret_text, "url": "x" * 600})

    assert send(client, scanner, rows).json() == {"received": 10_000}
    assert Leak.objects.get().place == "x" * 500


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("{", 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        ("[" * 100_000, 400, "not JSON"),
        ({"token": "x"}, 400, "not a list"),
        (["x"], 400, "Finding 1 is not an object"),
        ([{"token": "x"}, {"url": "x"}], 400, "Finding 2 has no token"),
        ([{"token": 5}], 400, "Finding 1 has no token"),
        ([{"token": "x", "url": 5}], 400, "url and type of finding 1"),
        ([{"token": "x", "type": []}], 200, ""),
        ([{"token": "x", "type": [1]}], 400, "url and type of finding 1"),
        ([{"token": "x"}] * 10_001, 413, "send two lists"),
        (b" " * (16 * 1024 * 1024 + 1), 413, "at most 16 MB"),
    ],
)
def test_bad_reports_are_answered_clearly(client, scanner, body, status, words):
    answer = send(client, scanner, body)

    assert answer.status_code == status
    assert words in answer.json().get("message", "")


def test_nobody_reports_without_the_token_of_a_scanner(client, token):
    for headers in ({}, {"X-API-TOKEN": token.secret_text}, {"X-API-TOKEN": "x"}):
        answer = client.post(
            "/leaks", "[]", content_type="application/json", headers=headers
        )
        assert answer.status_code == 401
        assert "X-API-TOKEN" in answer.json()["message"]
    assert Leak.objects.count() == 0


def test_strangers_are_slowed_down(client, db, settings):
    settings.API_FAILURE_RATE = 2
    answers = [client.post("/leaks", "[]", content_type="text/plain") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_reports_are_posted(client, db):
    assert client.get("/leaks").status_code == 405


def test_to_tell_of_a_token_changes_nothing_for_gateways(report, token):
    before = [*Generation.objects.order_by("pk").values_list("pk", "number")]
    report(token.secret_text)

    assert [*Generation.objects.order_by("pk").values_list("pk", "number")] == before
