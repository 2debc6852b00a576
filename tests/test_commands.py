"""The operators' commands, through their command lines."""

import base64
import io
import json
import re
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.audit import Actor
from accounts.keys import keyring
from accounts.models import (
    Account,
    Action,
    AuditEvent,
    CryptoKey,
    Membership,
    Organisation,
    RecordedCall,
    User,
)
from tests.factories import (
    ChildFactory,
    FilterFactory,
    MainFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
)
from tests.test_settings import manage
from tokens.kinds import Kind
from tokens.management.commands import purge_deleted
from tokens.models import StoredSecret, Token, TokenUsage
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    """Run a command line; returns standard output and standard error."""

    def run(*words):
        call_command(*map(str, words))
        return capsys.readouterr()

    return run


@pytest.fixture
def typed(monkeypatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def error(run, *words):
    with pytest.raises(CommandError) as refusal:
        run(*words)
    return str(refusal.value), refusal.value.returncode


def last_event():
    return AuditEvent.objects.order_by("-pk").first()


def test_create_organisation_prints_the_main_accounts_id(run):
    said = run("create_organisation", "Acme", "--plan=pro", "--daily-gb=50")

    main = Account.objects.get()
    assert said.out == f"{main.pk}\n"
    assert said.err == (
        f"Created organisation {main.organisation_id} with main account {main.pk}.\n"
    )
    assert (main.name, main.organisation.plan) == ("Acme", "pro")
    assert main.organisation.daily_gb == 50
    assert last_event().actor_label == "operator console"


def test_create_organisation_can_start_a_trial(run):
    run("create_organisation", "Acme", "--trial-days=14")

    assert Organisation.objects.get().in_trial


def test_create_organisation_refuses_a_name_with_signs(run):
    assert error(run, "create_organisation", "<Acme>") == (
        "Use letters, digits, dashes, dots, underscores and spaces only.",
        1,
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["--max-daily-gb=1", "--retention-days=3"], "sub"),
        (["--kind=metrics", "--plan-uts=5"], "metrics"),
        (["--kind=tracing", "--monthly-spans=5"], "tracing"),
        (["--kind=security"], "security"),
    ],
)
def test_create_account(run, main, words, kind):
    said = run("create_account", main.organisation_id, "New one", *words)

    made = Account.objects.get(name="New one")
    assert said.out == f"{made.pk}\n"
    assert made.kind == kind


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["New", "--max-daily-gb=5000"], "The plan does not add up: the daily volume"),
        (["New"], "The plan does not add up: an account without flexible volume"),
        (["Staging", "--max-daily-gb=1"], "already has an account named Staging"),
        (["<b>", "--max-daily-gb=1"], "Use letters, digits, dashes"),
        (["New", "--max-daily-gb=-1"], "greater than or equal to 0"),
    ],
)
def test_create_account_explains_refusals(run, main, sub, words, message):
    text, code = error(run, "create_account", main.organisation_id, *words)

    assert message in text
    assert code == 1


def test_create_account_needs_an_organisation(run):
    assert error(run, "create_account", 77, "New") == (
        "There is no organisation 77.",
        1,
    )


def test_create_person_invites_by_mail(run, main, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        said = run(
            *("create_person", "New@Acme.Example", "--name=New Person"),
            *("--role=admin", f"--account={main.pk}"),
        )

    membership = Membership.objects.get(user__email="new@acme.example")
    assert (membership.role, membership.account) == ("admin", main)
    assert membership.user.full_name == "New Person"
    assert not membership.user.has_usable_password()
    assert [message.to for message in mail.outbox] == [["new@acme.example"]]
    assert said.err == f"new@acme.example is admin of account {main.pk}.\n"


def test_create_person_takes_a_password_from_standard_input(run, main, typed):
    typed("correct horse battery\n")

    run("create_person", "a@b.example", f"--account={main.pk}", "--password-stdin")

    assert User.objects.get(email="a@b.example").check_password("correct horse battery")


def test_create_person_never_changes_a_password_that_is_there(run, main, typed, member):
    typed("correct horse battery\n")
    sub = ChildFactory(main=main)

    run("create_person", member.email, f"--account={sub.pk}", "--password-stdin")

    member.refresh_from_db()
    assert not member.check_password("correct horse battery")
    assert sub.memberships.get().user == member


def test_create_person_makes_staff(run, typed):
    typed("correct horse battery\n")

    run("create_person", "s@b.example", "--staff", "--password-stdin")

    assert User.objects.get(email="s@b.example").is_staff


def test_create_person_explains_refusals(run, main, member, typed):
    place = f"--account={main.pk}"
    mistakes = {
        ("nonsense", place): "Enter a valid email address.",
        (member.email, place): "member@acme.example is a member of Acme already.",
        ("a@b.example", "--account=0"): "There is no account 0.",
        ("a@b.example", "--staff"): "Staff need a password: use --password-stdin.",
    }
    assert {words: error(run, "create_person", *words)[0] for words in mistakes} == (
        mistakes
    )

    typed("123\n")
    weak, _ = error(run, "create_person", "a@b.example", place, "--password-stdin")
    assert "too short" in weak
    typed("correct horse battery\n")
    known = ("create_person", member.email, "--staff", "--password-stdin")
    assert error(run, *known)[0] == "member@acme.example is there already."


@pytest.mark.parametrize(("kind", "use"), [("api", Use.API), ("logs", Use.SHIP_LOGS)])
def test_create_token_prints_nothing_but_the_secret(run, main, kind, use):
    said = run("create_token", "CI", f"--kind={kind}", f"--account={main.pk}")

    token = verify(said.out.rstrip("\n"), use)
    assert (token.name, token.account, token.created_by) == (
        "CI",
        main,
        "operator console",
    )
    assert said.out.rstrip("\n") not in said.err
    assert said.err == f"Created {token.get_kind_display()} {token.pk}: CI.\n"
    assert last_event().action == Action.TOKEN_CREATED


def test_create_token_can_expire(run, main):
    run("create_token", "CI", f"--account={main.pk}", "--expires-in=3")

    left = Token.objects.get(name="CI").expires_at - timezone.now()
    assert timedelta(days=2.9) < left <= timedelta(days=3)


def test_create_token_makes_gateway_tokens_without_an_account(run):
    said = run("create_token", "edge", "--kind=gateway")

    assert verify(said.out.strip(), Use.ASK).account is None


def test_create_token_explains_refusals(run, main):
    place = f"--account={main.pk}"
    TokenFactory(account=main, name="CI")
    account = "Give an --account, except for a gateway token, which has none."
    mistakes = {
        ("CI", place): "There is already a token named CI here.",
        ("CI",): account,
        ("CI", "--kind=gateway", place): account,
        ("CI", "--account=0"): "There is no account 0.",
    }

    assert {words: error(run, "create_token", *words)[0] for words in mistakes} == (
        mistakes
    )


def test_disable_token(run, main):
    token = TokenFactory(account=main)

    said = run("disable_token", token.pk, "--reason=Leaked")

    token.refresh_from_db()
    assert (token.state, token.disabled_reason) == ("disabled", "Leaked")
    assert said.err == f"Disabled {token}.\n"
    assert last_event().data == {"reason": "Leaked"}


def test_disable_token_explains_refusals(run, main):
    default = main.tokens.get()

    assert error(run, "disable_token", 0, "--reason=x")[0] == "There is no token 0."
    text, _ = error(run, "disable_token", default.pk, "--reason=x")
    assert text.startswith("This is the last enabled log shipping token.")


@pytest.mark.parametrize("subject", ["organisations", "accounts", "people", "tokens"])
def test_list_shows_rows_and_no_secret(run, main, admin, subject):
    token = TokenFactory(account=main)
    Token.objects.update(name="x\x9b31m")

    table, lines = run("list", subject).out, run("list", subject, "--json").out

    rows = [json.loads(line) for line in lines.splitlines()]
    assert len(table.splitlines()) == len(rows) + 1
    assert table.splitlines()[0].split() == list(rows[0])
    assert token.secret_text not in table + lines
    assert "\x9b" not in table


def test_list_shows_who_has_which_role(run, main, admin):
    assert f"{main.pk}:admin" in run("list", "people").out


def test_list_of_nothing_is_empty(run):
    assert run("list", "tokens").out == ""


def test_purge_removes_what_was_deleted_long_ago(run, main):
    share = ShareFactory(account=main, filters=[FilterFactory(account=main)])
    old, recent = share.token, TokenFactory(account=main)
    TokenUsage.objects.create(token=old, hour=timezone.now(), address="x")
    for token in (old, recent):
        token.delete_softly(by=Actor.console())
    long_ago = timezone.now() - timedelta(days=30, minutes=1)
    Token.objects.filter(pk=old.pk).update(deleted_at=long_ago)

    assert run("purge_deleted", "--dry-run").out == "1 tokens would be purged.\n"
    assert run("purge_deleted").out.splitlines()[0] == "Purged 1 tokens."
    assert run("purge_deleted").out.splitlines()[0] == "Purged 0 tokens."

    assert not Token.objects.filter(pk=old.pk).exists()
    assert not StoredSecret.objects.filter(token=old.pk).exists()
    assert Token.objects.filter(pk=recent.pk).exists()
    event = last_event()
    assert (event.action, event.token_id) == (Action.TOKEN_PURGED, old.pk)
    run("verify_audit")


def test_purge_removes_counts_of_calls_after_90_days(run, main):
    token, now = main.tokens.get(), timezone.now()
    token.note_use("::1", "")
    for days in (89, 91):
        hour = now - timedelta(days=days)
        TokenUsage.objects.add_calls({(token.pk, 0, "::1", ""): days}, hour)

    assert run("purge_deleted").out.splitlines()[1] == "Purged 1 counts of calls."

    assert [usage.calls for usage in token.usage.all()] == [89]


def test_purge_forgets_idempotency_keys_after_a_day(run, main):
    made_at = timezone.now() - timedelta(hours=24, minutes=1)
    for hours in (0, 23):
        RecordedCall.objects.create(
            token_id=1,
            key=f"{hours} hours later",
            fingerprint=bytes(32),
            created_at=made_at + timedelta(hours=hours),
        )

    assert run("purge_deleted").out.splitlines()[2] == "Purged 1 idempotency keys."
    assert RecordedCall.objects.get().key == "23 hours later"


def test_a_token_that_another_run_purged_is_passed_over(main):
    token = TokenFactory(account=main)
    token.delete_softly(by=Actor.console())

    assert purge_deleted.Command().purge(token) == 0
    assert last_event().action == Action.TOKEN_DELETED


def test_verify_audit_names_the_broken_chain(run, main):
    other = MainFactory(name="Other")
    events = AuditEvent.objects.filter(organisation=main.organisation)
    assert run("verify_audit").out == (
        "The chain of Acme is whole: 3 events.\nThe chain of Other is whole: 3 events.\n"
    )
    events.filter(sequence=2).update(target="else")

    assert error(run, "verify_audit") == ("The chain of Acme is broken at event 2.", 1)
    assert other.organisation.audit_chain.sequence == 3


def test_key_fingerprints_shows_no_key(run, settings):
    said = run("key_fingerprints").out

    ids = [tuple(line.split()[:2]) for line in said.splitlines()]
    assert ids == [
        ("TOLLGATE_ENC_KEYS", "1"),
        ("TOLLGATE_INDEX_KEYS", "1"),
        ("TOLLGATE_AUDIT_KEY", "1"),
    ]
    assert keyring("enc").active.check_value.hex() in said
    assert settings.TOLLGATE_AUDIT_KEY not in said
    settings.TOLLGATE_INDEX_KEYS = "?"
    assert error(run, "key_fingerprints") == (
        "TOLLGATE_INDEX_KEYS has a key that is not base64.",
        78,
    )


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        ([], r"1:[\w+/]{43}="),
        (["--kid=7"], r"7:[\w+/]{43}="),
        (["TOLLGATE_ENC_KEYS", "--kid=2"], r"TOLLGATE_ENC_KEYS=2:[\w+/]{43}="),
        (["SECRET_KEY"], r"SECRET_KEY=[\w+/]{43}="),
    ],
)
def test_generate_key_needs_no_settings(words, pattern):
    blank = dict.fromkeys(
        (
            "SECRET_KEY",
            "TOLLGATE_ENC_KEYS",
            "TOLLGATE_INDEX_KEYS",
            "TOLLGATE_AUDIT_KEY",
        ),
        "",
    )

    result = manage("generate_key", *words, **blank)

    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(pattern + "\n", result.stdout)


def test_commands_refuse_to_work_with_wrong_keys(run, main, settings):
    run("list", "tokens")
    settings.TOLLGATE_ENC_KEYS = "2:" + base64.b64encode(b"n" * 32).decode()

    assert error(run, "list", "tokens") == (
        "crypto.E001: TOLLGATE_ENC_KEYS lacks enc key 1, which 1 rows use.",
        78,
    )
    assert list(CryptoKey.objects.filter(kid=2)) == []


def test_commands_say_when_there_is_no_database(tmp_path):
    result = manage("list", "tokens", DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: The database cannot be used: ")
    assert result.stderr.endswith("Is it there, and migrated?\n")


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


def test_invariants_hold_of_what_the_product_makes(run, admin, main):
    ChildFactory(main=main, kind="metrics")
    ShareFactory(account=main)

    said = run("check_invariants").out

    assert {line.rpartition(": ")[2] for line in said.splitlines()} == {"holds"}


BREAKS = {
    "shipping accounts have a token": lambda main: main.tokens.filter(
        kind="logs"
    ).update(disabled_at=timezone.now()),
    "limits hold": lambda main: Organisation.objects.update(plan="community"),
    "secrets open": lambda main: StoredSecret.objects.filter(token__kind="api").update(
        envelope=b"\x01\x00\x00\x00\x01" + bytes(60)
    ),
    "overlaps are told": lambda main: StoredSecret.objects.filter(
        token__kind="api", valid_until__isnull=False
    ).update(valid_until=timezone.now() + timedelta(hours=2)),
    "audit is whole": lambda main: AuditEvent.objects.filter(sequence=2).update(
        target="x"
    ),
    "kinds fit accounts": lambda main: main.tokens.filter(kind="api").update(
        kind="metrics"
    ),
    "accounts have admins": lambda main: Membership.objects.update(role="user"),
    "tokens stay in their organisation": lambda main: main.tokens.update(
        organisation=MainFactory().organisation
    ),
    "last use is past": lambda main: main.tokens.update(
        last_used_at=timezone.now() + timedelta(hours=1)
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_invariant_is_named(capsys, run, main, name):
    MembershipFactory(account=main)
    TokenFactory(account=main).rotate(by=Actor.console(), overlap=timedelta(hours=1))
    TokenFactory(account=main, kind=Kind.LOGS)
    BREAKS[name](main)

    with pytest.raises(CommandError, match="violations"):
        run("check_invariants")

    assert f"{name}: broken\n  " in capsys.readouterr().out


def test_a_secret_that_is_gone_or_found_otherwise_is_named(capsys, run, main):
    MembershipFactory(account=main)
    gone, moved = TokenFactory(account=main), TokenFactory(account=main)
    gone.secrets.all().delete()
    moved.secrets.update(index_kid=9)

    with pytest.raises(CommandError, match="violations"):
        run("check_invariants")

    said = capsys.readouterr().out
    assert f"token {gone.pk} has no current secret" in said
    assert f"secret {moved.secrets.get().pk} does not open" in said
