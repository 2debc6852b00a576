"""What stands against things that move in: each is refused alone, and told."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.audit.trail import Actor
from accounts.lifecycle import delete_account
from accounts.models import Account, Membership, Organisation, Role
from importing.report import Report
from tests.factories import (
    ChildFactory,
    MainFactory,
    MembershipFactory,
    UserFactory,
)
from tests.importing import elsewhere
from tests.importing.elsewhere import (
    MAIN_KEY,
    account,
    log_token,
    person,
    secret,
    share,
)
from tokens.importing import add
from tokens.kinds import Kind
from tokens.secrets import recognise

pytestmark = pytest.mark.django_db


def refused(lines):
    return [line.removeprefix("refused   ") for line in lines if line[:7] == "refused"]


def hold(account, label):
    """Let an account here have a token from over there."""
    token = recognise(secret(label))
    return add(account, Kind.LOGS, token, name=f"held {label}", by=Actor.console())


def test_secrets_that_are_here_already(run, source):
    main = MainFactory(name="Other")
    token = hold(main, "further")
    source.log_tokens[MAIN_KEY].append(log_token(2, "further"))
    code, lines, _ = run()

    assert code == 1
    assert refused(lines) == [
        "log token further of Acme: Its secret is here already, as token"
        f" {token.pk} of account {main.pk}."
    ]


def test_without_the_main_account_nothing_moves(run, whole):
    hold(MainFactory(name="Other"), "default")
    code, lines, _ = run()

    assert code == 1
    assert len(refused(lines)) == 13
    assert refused(lines)[1] == "sub account Staging: The main account is not here."
    assert refused(lines)[5] == (
        "person Ada@acme.example of Acme: Account 1 of over there is not here."
    )
    assert not Organisation.objects.filter(name="Acme").exists()


def test_names_that_are_taken(run, whole):
    main = MainFactory(name="Home", daily_gb=100)
    ChildFactory(main=main, name="Staging")
    code, lines, _ = run(f"--organisation={main.organisation_id}")

    assert code == 1
    assert refused(lines)[0] == (
        "sub account Staging: The organisation already has a sub account named Staging."
    )
    assert (
        "log token default of Acme: There is already a token named default here."
        in (refused(lines))
    )


def test_a_plan_that_is_full(run, source):
    source.log_tokens[MAIN_KEY].append(log_token(2, "further"))
    _, lines, _ = run("--plan=community")

    assert refused(lines) == [
        "log token further of Acme: The plan allows 1 enabled log shipping token per"
        " account. Pro and Enterprise allow more."
    ]


def test_people_who_cannot_be_added(run, source):
    main = MainFactory(name="Home")
    UserFactory(email="staff@acme.example", is_staff=True)
    for email, role in [("ada@acme.example", Role.ADMIN), ("max@acme.example", "user")]:
        MembershipFactory(account=main, user=UserFactory(email=email), role=role)
    source.answers[elsewhere.PEOPLE] = [
        person(1, "staff@acme.example", 1),
        person(2, "ADA@acme.example", 1),
        person(3, "max@acme.example", 1),
        person(4, "nobody", 1),
    ]
    source.log_tokens[MAIN_KEY] = []
    _, lines, _ = run(f"--organisation={main.organisation_id}")

    assert refused(lines) == [
        "person staff@acme.example of Acme: Operator staff cannot be members of accounts.",
        "person ADA@acme.example of Acme: There already, as admin.",
        "person nobody of Acme: Enter a valid email address.",
    ]
    assert Membership.objects.count() == 2


def test_links_whose_filters_cannot_move(run, source):
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env\n", "value": "prod"}],
        elsewhere.SHARES: [share(6, "Partner", 4), share(7, "Known", 99)],
    }
    _, lines, _ = run()

    assert refused(lines) == [
        "filter env\N{REPLACEMENT CHARACTER}: prod of Acme: Control characters are not"
        " allowed.",
        "shared token Partner of Acme: One of its filters is not here.",
        "shared token Known of Acme: One of its filters is not here.",
    ]


def test_links_without_end_where_that_is_not_allowed(run, source):
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env", "value": "prod"}],
        elsewhere.SHARES: [share(6, "Partner", 4, expirationDate=None)],
    }
    _, lines, _ = run()
    Organisation.objects.update(allows_endless_links=True)
    code, _, _ = run()

    assert refused(lines) == [
        "shared token Partner of Acme: Shared tokens need an expiry in this organisation."
    ]
    assert code == 0


def test_an_account_that_was_deleted_here_does_not_come_back_by_itself(run, whole):
    run()
    delete_account(Account.objects.get(name="Staging"), by=Actor.console())
    whole.answers[elsewhere.PEOPLE].append(person(9, "new@acme.example", 2))
    _, lines, _ = run()

    assert refused(lines) == [
        "person new@acme.example of Staging: Account 2 of over there is not here."
    ]


def test_a_report_is_gone_on_with_by_the_same_import_only(run, source, report):
    run()
    main = Account.objects.get()
    code, _, err = run(f"--organisation={main.organisation_id}")

    assert (code, err) == (1, f"{report} is the report of another import.")


def test_a_file_that_is_no_report_is_left_alone(run, source, report):
    report.write_text("Dear diary\n")
    code, _, err = run()

    assert (code, err) == (1, f"{report} is not the report of an import.")
    assert report.read_text() == "Dear diary\n"


def test_a_line_that_a_kill_cut_off_is_written_anew(run, whole, report):
    run()
    lines = report.read_text().splitlines()
    report.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:9])
    code, _, err = run()

    rows = [json.loads(line) for line in report.read_text().splitlines()]
    assert (code, err[:2]) == (0, "0 ")
    assert [row.get("key") for row in rows] == [json.loads(x).get("key") for x in lines]


def test_two_imports_do_not_write_one_report(run, source, report):
    head = {"source": source.url, "account": 1, "into": None}
    other = Report(report, head)
    code, _, err = run()
    other.close()

    assert (code, err) == (1, f"Another import is writing {report}.")


def test_a_report_that_cannot_be_written_is_told(run, source, report):
    report.mkdir()

    code, _, err = run()

    assert (code, err.startswith("[Errno 21] Is a directory")) == (1, True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "The API token of the main account must come from IMPORT_TOKEN or"),
        ("tga_sécret", "What was given as an API token cannot be one."),
        (f"{MAIN_KEY}\n{'x' * 201}", "What was given as an API token cannot be one."),
    ],
)
def test_keys_come_from_outside(monkeypatch, typed, sentence):
    monkeypatch.delenv("IMPORT_TOKEN", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    with pytest.raises(CommandError, match=sentence):
        call_command("import", "https://api.logz.io")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--name=<b>"], "The name takes letters, digits, - . _ and spaces."),
        (["--organisation=999"], "There is no organisation 999."),
    ],
)
def test_where_it_moves_must_make_sense(run, words, sentence):
    assert run(*words)[::2] == (1, sentence)


def test_who_watches_sees_a_bar_and_what_is_unusual(run, whole, monkeypatch):
    whole.answers[elsewhere.SHARES, MAIN_KEY] = [share(6, "All")]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, lines, err = run()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, planned, _ = run("--dry-run")

    assert code == 1
    assert [line[:9].strip() for line in lines] == 3 * ["left out"] + ["refused"]
    assert "Moving in" in err
    assert len(planned) == 16


def test_a_link_that_moved_in_before_is_there(run, source):
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env", "value": "prod"}],
        elsewhere.SHARES: [share(6, "Partner", 4)],
    }
    run()
    code, lines, _ = run("--report=/dev/null", "--dry-run")

    assert code == 0
    assert lines[-1] == "there     shared token Partner of Acme: active"


def test_accounts_with_the_same_name_over_there_come_once(run, source):
    source.answers[elsewhere.ACCOUNTS] += [account(2, "Twin"), account(3, "twin")]
    _, lines, _ = run()

    assert refused(lines) == [
        "sub account twin: The organisation already has a sub account named twin."
    ]
