"""The command that imports tokens, and the rows that it refuses."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from accounts.models import AuditEvent
from tests.commands.outcomes import error, last_event
from tests.factories import ChildFactory, MainFactory, TokenFactory
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db

UUID = "0e8400e2-29b4-41d4-a716-446655440000"
LETTERS = "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeF"


def rows(*, main, **columns):
    base = {"account": main.pk, "kind": "api", "name": "Moved", "secret": UUID}
    return base | columns


def as_lines(*rows):
    return "\n".join(json.dumps(row) for row in rows)


def test_import_takes_csv_with_a_past(run, main, typed):
    typed(
        "account,kind,name,secret,created_at,created_by,expires_at,disabled\n"
        f"{main.pk},api,Moved,{UUID},2024-01-02T03:04:05Z,old@example.com,,\n"
        f"{main.pk},logs,Shipper,{LETTERS},2024-01-02 03:04,,,yes\n"
    )

    said = run("import_tokens")

    api, logs = Token.objects.order_by("-pk")[:2][::-1]
    assert verify(UUID, Use.API) == api
    assert (api.created_by, api.created_at.isoformat()) == (
        "old@example.com",
        "2024-01-02T03:04:05+00:00",
    )
    assert (logs.state, logs.disabled_reason) == (
        "disabled",
        "It was disabled where it came from",
    )
    assert said.out == (
        f"row 1: imported token {api.pk}, api {api.masked}\n"
        f"row 2: imported token {logs.pk}, logs {logs.masked}\n"
    )
    assert UUID not in said.out + said.err
    assert last_event().target == f"Shipper ({logs.masked})"


def test_import_takes_notes(run, main, typed):
    metrics = ChildFactory(main=main, kind="metrics")
    typed(
        as_lines(
            rows(main=main, note="Ask Ada\nor Max"),
            rows(main=metrics, kind="metrics", secret=LETTERS, note="Prometheus"),
        )
    )

    run("import_tokens", "--format=jsonl")
    listed = [
        json.loads(line) for line in run("list", "tokens", "--json").out.splitlines()
    ]

    assert main.tokens.get(name="Moved").note == "Ask Ada\nor Max"
    assert metrics.tokens.get().note == "Prometheus"
    assert "Ask Ada\nor Max" in [row["note"] for row in listed]
    assert "Ask Ada or Max" in run("list", "tokens").out


def test_import_takes_stopped_tokens_beyond_the_limit_of_enabled_ones(run, typed):
    full = MainFactory(plan="community")
    moved = rows(main=full, kind="logs", secret=LETTERS, disabled=True)
    typed(as_lines(moved))

    run("import_tokens", "--format=jsonl")

    assert full.tokens.get(name="Moved").state == "disabled"


def test_import_reads_json_lines_from_a_file(run, main, tmp_path):
    file = tmp_path / "tokens.jsonl"
    soon = (timezone.now() + timedelta(days=3)).isoformat()
    row = rows(main=main, expires_at=soon, created_by=None)
    file.write_text(as_lines(row) + "\n\n", encoding="utf-8-sig")

    run("import_tokens", file, "--format=jsonl")

    assert Token.objects.get(name="Moved").expires_at.isoformat() == soon


@pytest.mark.parametrize(
    ("kind", "use"), [("metrics", Use.SHIP_METRICS), ("tracing", Use.SHIP_TRACES)]
)
def test_import_gives_the_only_token_of_an_account_its_old_secret(
    run, main, typed, kind, use
):
    account = ChildFactory(main=main, kind=kind)
    token = account.tokens.get()
    row = rows(main=account, kind=token.kind, secret=LETTERS)
    typed(as_lines(row))

    run("import_tokens", "--format=jsonl")

    assert verify(LETTERS, use) == token


def test_a_dry_run_of_an_import_changes_nothing(run, main, typed):
    typed(as_lines(rows(main=main), rows(main=main, name="", secret=LETTERS)))
    before = Token.objects.count(), AuditEvent.objects.count()

    with pytest.raises(CommandError, match="1 rows were refused"):
        run("import_tokens", "--format=jsonl", "--dry-run")

    assert (Token.objects.count(), AuditEvent.objects.count()) == before


def test_import_refuses_row_by_row(capsys, run, main, typed):
    other = TokenFactory(account=main)
    bad = [
        ({"secret": "short"}, "The secret is nothing that a token can be."),
        ({"secret": "tga_" + "a" * 49}, "The secret is nothing that a token can be."),
        ({"secret": other.secret_text}, "This token is here already."),
        ({"kind": "shared"}, "The kind must be one of api, logs, metrics, traces."),
        ({"kind": "metrics"}, "Acme has no metrics shipping token."),
        ({"account": 0}, "There is no account 0."),
        ({"account": "x" * 30}, f"There is no account {'x' * 20}."),
        ({"name": " ", "secret": None}, "name, secret is missing."),
        ({"name": other.name}, f"There is already a token named {other.name} here."),
        ({"expires_at": "soon"}, "expires_at must look like 2026-11-23T14:00:00Z."),
        (
            {"created_at": "2024-13-01T00:00"},
            "created_at must look like 2026-11-23T14:00:00Z.",
        ),
    ]
    typed(as_lines(*(rows(main=main, **change) for change, _ in bad), rows(main=main)))

    with pytest.raises(CommandError, match="11 rows were refused"):
        run("import_tokens", "--format=jsonl")

    said = capsys.readouterr().out.splitlines()
    assert said[:-1] == [
        f"row {number}: refused: {reason}"
        for number, (_, reason) in enumerate(bad, start=1)
    ]
    assert said[-1].startswith("row 12: imported token")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{{"secret": "{UUID}"', "- cannot be read: line 1 is not a JSON object."),
        (f'["{UUID}"]', "- cannot be read: line 1 is not a JSON object."),
    ],
)
def test_import_says_what_cannot_be_read_without_showing_it(run, typed, text, message):
    typed(text)

    assert error(run, "import_tokens", "--format=jsonl") == (message, 1)


def test_import_says_that_a_file_is_missing(run, tmp_path):
    text, _ = error(run, "import_tokens", tmp_path / "none.csv")

    assert "none.csv cannot be read: " in text


def test_import_takes_what_a_token_is_kept_to(run, main, sub, typed):
    typed(
        "account,kind,name,secret,scopes,accounts\n"
        f'{main.pk},api,Moved,{UUID},"audit:read, users:read",{sub.pk} {main.pk}\n'
    )

    run("import_tokens")

    token = main.tokens.get(name="Moved")
    assert token.scopes == "users:read audit:read"
    assert token.kept_to == f",{main.pk},{sub.pk},"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"scopes": "audit:write"}, "There is no scope audit:write."),
        ({"accounts": "x"}, "There is no account x."),
        ({"accounts": "999999"}, "There is no account 999999 here."),
        (
            {"kind": "logs", "secret": LETTERS, "scopes": "read"},
            "Only API tokens can be kept to that.",
        ),
    ],
)
def test_import_refuses_what_a_token_cannot_be_kept_to(
    run, capsys, main, typed, columns, message
):
    typed(as_lines(rows(main=main, **columns)))

    assert error(run, "import_tokens", "--format=jsonl")[0] == "1 rows were refused."
    assert f"row 1: refused: {message}" in capsys.readouterr().out


def test_import_takes_networks_and_a_limit(run, main, typed):
    metrics = ChildFactory(main=main, kind="metrics")
    typed(
        "account,kind,name,secret,networks,calls_per_minute\n"
        f"{main.pk},logs,Shipper,{LETTERS},10.0.0.0/8 ::1,600\n"
        f"{metrics.pk},metrics,Prometheus,{UUID},10.0.0.0/8,\n"
    )

    run("import_tokens")

    moved = Token.objects.get(name="Shipper")
    assert (moved.networks, moved.calls_per_minute) == ("10.0.0.0/8 ::1/128", 600)
    assert metrics.tokens.get().networks == "10.0.0.0/8"


def test_import_refuses_a_limit_that_is_no_number(run, capsys, main, typed):
    typed(as_lines(rows(main=main, calls_per_minute="many")))

    assert error(run, "import_tokens", "--format=jsonl")[0] == "1 rows were refused."
    message = "calls_per_minute must be a whole number."
    assert f"row 1: refused: {message}" in capsys.readouterr().out
    assert not Token.objects.filter(name="Moved").exists()


def test_import_takes_networks_as_a_list(run, main, typed):
    typed(as_lines(rows(main=main, networks=["10.0.0.0/8", "::1"])))

    run("import_tokens", "--format=jsonl")

    assert Token.objects.get(name="Moved").networks == "10.0.0.0/8 ::1/128"
