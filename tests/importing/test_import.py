"""Moving in from elsewhere: what arrives, and that it arrives once."""

import json
import os
import re
import stat

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.audit.trail import verify as verify_chain
from accounts.models import Account, Action, AuditChain, AuditEvent, Organisation
from sharing.models import Filter
from tests.factories import MainFactory
from tests.importing import elsewhere
from tests.importing.elsewhere import MAIN_KEY, account, masked, secret
from tokens.models import StoredSecret, Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db
ARRIVALS = [
    "left out  tracing account Spans: the API of the source tells neither its size"
    " nor its token",
    "left out  person max@acme.example of account 9: the account cannot move",
    "left out  the rest of Staging: other log tokens, filters and shared tokens need"
    " an API token of the account: on a further line of standard input, or by"
    " --make-api-tokens",
    f"new       main account Acme: organisation, 60 GB a day, {masked('default')}",
    f"new       sub account Staging: 20 GB a day, 7 days, searchable, {masked('sub')}",
    f"new       metrics account Acme metrics: 500 time series, {masked('metrics')}",
    "new       sharing objects accounts of Staging: Acme",
    "new       authorized accounts of Acme metrics: Staging, without account 9 of"
    " over there",
    "new       person Ada@acme.example of Acme: admin",
    "new       person max@acme.example of Staging: user, suspended",
    "there     log token default of Acme: active",
    f"new       log token old of Acme: {masked('old')}, disabled",
    "new       filter env: prod of Acme",
    "there     filter env: prod of Acme",
    f"new       shared token Partner of Acme: {masked('Partner')}, active, env: prod",
    "new       suspension of Staging",
]


def test_everything_moves_in(run, whole):
    code, lines, err = run()

    assert code == 0
    assert [*map(without_ids, lines)] == ARRIVALS
    assert err == "11 new, 2 there, 3 left out, 0 refused.\n"


def test_what_moved_in_works_as_it_did(run, whole):
    run()

    main, sub = Account.objects.get(name="Acme"), Account.objects.get(name="Staging")
    default = verify(secret("default"), Use.SHIP_LOGS)
    assert (default.account, default.name) == (main, "default")
    assert (default.created_by, default.created_at.timestamp()) == (
        "old@example.com",
        1624887273.5,
    )
    assert verify(secret("metrics"), Use.SHIP_METRICS).account.name == "Acme metrics"
    assert verify(secret("sub"), Use.SHIP_LOGS) is None
    assert (main.organisation.daily_gb, main.retention_days) == (60, 30)
    assert (sub.state, sub.searchable, sub.accessible) == ("suspended", True, False)
    assert [*sub.sharing_objects_accounts.all()] == [main]
    assert mail.outbox == []
    assert [verify_chain(chain) for chain in AuditChain.objects.all()] == [None]


def test_the_audit_trail_tells_where_accounts_come_from(run, whole):
    run()

    events = AuditEvent.objects.filter(action=Action.ACCOUNT_IMPORTED).order_by("pk")
    assert [(event.target, event.data) for event in events] == [
        (name, {"moved_in_from": whole.url, "id_there": pk})
        for name, pk in [("Acme", 1), ("Staging", 2), ("Acme metrics", 3)]
    ]
    assert {event.actor_label for event in AuditEvent.objects.all()} == {
        "operator console"
    }


def contents():
    models = (Organisation, Account, Token, StoredSecret, Filter, AuditEvent)
    return [model.objects.count() for model in models]


@pytest.mark.parametrize("with_report", [True, False])
def test_a_second_run_finds_everything_there(run, whole, report, with_report):
    run()
    before = contents()
    if not with_report:
        report.unlink()

    code, lines, err = run()

    assert (code, contents()) == (0, before)
    assert err.startswith("0 new, 13 there")
    assert {line.split()[0] for line in lines} == {"there", "left"}


def test_a_dry_run_says_the_same_and_changes_nothing(run, whole, report):
    before = contents()
    _, planned, err = run("--dry-run")

    assert (contents(), report.exists()) == (before, False)
    assert err.endswith(" 0 refused. Nothing was changed.\n")
    assert {method for method, path, _ in whole.asked if "search" not in path} == {
        "GET"
    }
    _, done, _ = run()
    assert [*map(without_ids, planned)] == [*map(without_ids, done)]


def without_ids(line):
    return re.sub(r"organisation \d+", "organisation", line)


def test_the_report_has_no_secret_and_is_for_its_owner_only(run, whole, report):
    run()

    head, *rows = [json.loads(line) for line in report.read_text().splitlines()]
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert head == {"source": whole.url, "account": 1, "into": None}
    assert rows[0]["key"] == "account:1:0"
    assert rows[0]["here"] == Account.objects.get(name="Acme").pk
    for name in ("default", "sub", "metrics", "old", "Partner"):
        assert secret(name) not in report.read_text()
    assert MAIN_KEY not in report.read_text()


def test_the_report_has_a_name_of_its_own(source, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORT_TOKEN", MAIN_KEY)

    call_command("import", source.url)

    assert os.listdir() == ["import-1.jsonl"]


def test_it_can_move_into_an_organisation(
    run, whole, django_capture_on_commit_callbacks
):
    main = MainFactory(name="Home", daily_gb=100)
    place = f"--organisation={main.organisation_id}"
    with django_capture_on_commit_callbacks(execute=True):
        run(place, "--send-mails")

    assert Organisation.objects.count() == 1
    names = main.organisation.accounts.in_order().values_list("name", flat=True)
    assert [*names] == ["Home", "Acme metrics", "Staging"]
    assert {message.to[0] for message in mail.outbox} == {
        "ada@acme.example",
        "max@acme.example",
    }
    assert main.retention_days == 7
    assert verify(secret("default"), Use.SHIP_LOGS) is None


def test_it_moves_into_an_organisation_once(run, whole, report):
    main = MainFactory(name="Home", daily_gb=100)
    place = f"--organisation={main.organisation_id}"
    run(place)
    before = contents()
    report.unlink()
    _, lines, _ = run(place)

    assert contents() == before
    assert "there     main account Acme: its settings stay as they are" in lines


def test_a_new_organisation_takes_its_name_and_plan(run, whole):
    run("--name=Acme 2", "--plan=enterprise")

    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.plan) == ("Acme 2", "enterprise")


def test_a_flexible_plan_stays_one(run, source):
    flexible = {"isFlexible": True, "reservedDailyGB": 2, "maxDailyGB": None}
    plan = {"totalTimeBasedDailyGB": 50, "isOwner": True, "snapSearchRetentionDays": 3}
    source.answers[elsewhere.ACCOUNTS] = [
        account(1, "Acme", **flexible, **plan),
        account(2, "Sub", **flexible | {"isFlexible": "true"}),
    ]
    code, lines, _ = run()

    organisation = Organisation.objects.get()
    assert (code, organisation.daily_gb) == (0, 50)
    assert (organisation.is_flexible, organisation.warm_tier) == (True, True)
    assert organisation.main.reserved_daily_gb == 2
    assert "no cap, 7 days, a new token" in lines[2]


def test_a_consumption_plan_has_room_for_its_limits(run, source):
    source.answers[elsewhere.ACCOUNTS] = [
        account(1, "Acme", isOwner=True, softLimitGB=250),
        account(2, "Sub", softLimitGB=100),
    ]
    code, _, _ = run()

    organisation = Organisation.objects.get()
    assert (code, organisation.is_consumption) == (0, True)
    assert organisation.hard_cap_gb == 350
