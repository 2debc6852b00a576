"""A file against the API that it is for: planned, applied, drifted from, pruned, exported."""

import json
from datetime import timedelta

import pytest
import yaml
from django.utils import timezone

from accounts.lifecycle import edit_account
from accounts.models import Account, AuditEvent
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token

ACME = """
all_accounts: true
accounts:
  - kind: main
    name: Acme
    filters:
      - field: customer
        value: globex
        description: One customer
      - {field: env, value: prod}
    shared_tokens:
      - name: Globex
        filters:
          - {field: customer, value: globex}
      - name: Board
        shows_everything: true
        enabled: false
        expires_at: "2999-01-01T00:00:00Z"
    tokens:
      - name: default
      - name: Fluent Bit
        enabled: true
        note: |
          Ships payments.
          Ask Ada.
    views:
      - {title: Payments, address: "https://grafana.example.com/d/payments"}
      - {title: Orders, address: "https://grafana.example.com/d/orders"}
  - kind: sub
    name: Staging
    max_daily_gb: 2
    retention_days: 3
    accessible: false
    sharing_objects_accounts:
      - {kind: main, name: Acme}
      - {kind: sub, name: Archive}
    tokens:
      - name: default
        note: The first one
      - kind: api
        name: Terraform
  - kind: sub
    name: Archive
    max_daily_gb: 1
  - kind: metrics
    name: Numbers
    plan_uts: 100
    authorized_accounts: [{kind: sub, name: Staging}]
    tokens:
      - kind: metrics
        name: default
        note: Mimir
  - kind: tracing
    name: Spans
    monthly_spans: 1000
  - kind: security
    name: Guard
    accounts_to_scan: [{kind: main, name: Acme}]
"""


SHUT = "Staging (sub) is not accessible: what is in it is left alone.\n"


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


def test_an_organisation_is_made_once_and_then_there_is_nothing_to_do(run, main):
    planned = run("plan", text=ACME, code=2)
    assert "+ account Staging" in planned.stdout
    assert Account.objects.count() == 1

    applied = run("apply", "--yes")
    assert applied.stdout == ""
    assert "13 to create, 2 to change, 0 to delete." in applied.stderr

    assert run("plan").stdout == SHUT + "Nothing to do.\n"
    assert run("apply", "--yes").stderr == SHUT + "Nothing to do.\n"
    staging = Account.objects.get(name="Staging")
    assert (staging.accessible, staging.retention_days) == (False, 3)
    assert sorted(staging.tokens.values_list("name", "kind")) == [
        ("Terraform", "api"),
        ("default", "logs"),
    ]
    assert main.tokens.get(name="Fluent Bit").note == "Ships payments.\nAsk Ada."
    assert main.tokens.get(name="Board").disabled_at
    assert [each.title for each in main.shared_views.all()] == ["Payments", "Orders"]
    assert not AuditEvent.objects.filter(action="token_revealed").exists()


def test_what_an_export_writes_is_what_there_is(run, main):
    run("apply", "--yes", text=ACME)
    ShareFactory(account=main, name="Empty", filters=[FilterFactory(account=main)])
    main.filters.filter(field="env").last().delete_narrowing(by=BY)
    FilterFactory(account=main, field="customer", value="globex")
    main.tokens.get(name="Globex").set_note("For  Globex\n  and others", by=BY)
    main.tokens.get(name="Board").rename("  Two\u00a0 blanks ", by=BY)
    TokenFactory(account=Account.objects.get(name="Archive"), name="Grafana")
    expired = TokenFactory(account=main, kind=Kind.LOGS, name="no")
    Token.objects.filter(pk=expired.pk).update(
        expires_at=timezone.now() - timedelta(days=1)
    )

    text = run("export").stdout

    assert "tga_" not in text
    assert "tgl_" not in text
    assert run("plan", "--prune", text=text).stdout == "Nothing to do.\n"
    assert yaml.safe_load(text)["all_accounts"] is True


def test_some_accounts_can_be_exported_alone(run, main, sub):
    text = run("export", "--account=Staging").stdout

    assert [each["name"] for each in yaml.safe_load(text)["accounts"]] == ["Staging"]
    assert "all_accounts" not in text
    assert run("plan", text=text).stdout == "Nothing to do.\n"


def test_drift_is_found_and_mended(run, main):
    run("apply", "--yes", text=ACME)
    main.tokens.get(name="Fluent Bit").disable(by=BY)
    main.tokens.get(name="Board").enable(by=BY)
    share = main.tokens.get(name="Globex").share
    share.narrow(filters=[], operator="OR", shows_everything=True, by=BY)
    first = main.shared_views.first()
    first.move(1, by=BY)
    first.edit(title=first.title, address="https://example.com", by=BY)
    main.filters.get(field="customer").edit(description="Other", by=BY)

    planned = run("plan", code=2)

    assert planned.stdout == (
        "Acme (main)\n"
        "  ~ filter customer: globex\n"
        '      description: "Other" → "One customer"\n'
        "  ~ log token Fluent Bit\n"
        "      enabled: false → true\n"
        "  ~ shared token Globex\n"
        "      shows: everything → customer: globex\n"
        "  ~ shared token Board\n"
        "      enabled: true → false\n"
        "  ~ view Payments\n"
        "      address:\n"
        '        - "https://example.com"\n'
        '        + "https://grafana.example.com/d/payments"\n'
        "  ~ order of views as in the file\n"
        f"{SHUT}"
        "0 to create, 6 to change, 0 to delete.\n"
    )
    run("apply", "--yes")
    assert run("plan").stdout == SHUT + "Nothing to do.\n"
    share.refresh_from_db()
    assert (share.shows_everything, share.filters.count()) == (False, 1)


def test_things_are_renamed_by_what_they_were(run, main):
    run("apply", "--yes", text=ACME)
    text = changed(ACME, "name: Fluent Bit", "name: Collector\n        was: Fluent Bit")
    text = changed(text, "name: Globex", "name: Board for Globex\n        was: Globex")
    text = changed(
        text, "name: Archive\n    max", "name: Old\n    was: Archive\n    max"
    )
    text = changed(text, "name: Archive}", "name: Old}")
    text = changed(text, "title: Orders", "was: Orders, title: All orders")
    text = changed(
        text,
        "{field: env, value: prod}",
        "{field: env, value: test, was: {field: env, value: prod}}",
    )
    text = changed(text, "name: Acme\n    filters", "name: Acme Inc\n    filters")
    text = text.replace("{kind: main, name: Acme}", "{kind: main, name: Acme Inc}")

    before = sorted(main.tokens.values_list("pk", flat=True))
    planned = run("plan", text=text, code=2)
    assert "0 to create, 6 to change, 0 to delete." in planned.stdout
    run("apply", "--yes")

    assert run("plan").stdout == SHUT + "Nothing to do.\n"
    assert sorted(main.tokens.values_list("pk", flat=True)) == before
    assert main.tokens.filter(name="Board for Globex").exists()


def test_only_what_the_file_governs_is_pruned_and_only_when_asked(run, main, sub):
    TokenFactory(account=main, kind=Kind.LOGS, name="Stray")
    stray = FilterFactory(account=main, field="a", value="b")
    ShareFactory(account=main, name="Stray link", filters=[stray])
    TokenFactory(account=sub, kind=Kind.LOGS, name="Other")
    text = (
        "accounts: [{kind: main, name: Acme, tokens: [{name: default}], filters: []}]"
    )

    left = run("plan", text=text)
    assert left.stdout == (
        "Nothing to do.\n"
        "2 things are not in the file and stay; --prune would delete them.\n"
    )
    planned = run("plan", "--prune", code=2)
    assert planned.stdout == (
        "Acme (main)\n"
        "  - filter a: b (links that are paused without it: 1)\n"
        "  - log token Stray (it stops at once; it can be restored for 30 days)\n"
        "0 to create, 0 to change, 2 to delete.\n"
    )
    run("apply", "--prune", "--yes")

    assert run("plan", "--prune").stdout == "Nothing to do.\n"
    assert main.tokens.get(name="Stray").deleted_at
    assert sub.tokens.not_deleted().filter(name="Other").exists()


def test_a_filter_that_nothing_or_only_the_file_uses_goes_without_a_remark(run, main):
    _, used = (FilterFactory(account=main, field=each, value="1") for each in "ab")
    ShareFactory(account=main, name="Link", filters=[used])
    text = "accounts: [{kind: main, name: Acme, filters: []}]"
    shown = (
        "Acme (main)\n"
        "  - filter a: 1\n"
        "  - filter b: 1\n"
        "  ~ shared token Link\n"
        "      shows: b: 1 → everything\n"
    )

    linked = text.replace(
        "filters: []",
        "filters: [], shared_tokens: [{name: Link, shows_everything: true}]",
    )
    assert shown in run("plan", "--prune", text=linked, code=2).stdout
    run("apply", "--prune", "--yes")

    assert not main.filters.exists()
    assert main.tokens.get(name="Link").disabled_at is None


def test_an_end_and_a_setting_that_are_taken_away_are_said_in_words(run, main, sub):
    edit_account(sub, by=BY, utilization_frequency_minutes=10)
    TokenFactory(
        account=main,
        kind=Kind.LOGS,
        name="Fluent Bit",
        expires_at=timezone.now() + timedelta(days=9),
    )
    text = (
        "accounts: [{kind: sub, name: Staging, utilization_frequency_minutes: null},"
        " {kind: main, name: Acme, tokens: [{name: default}, {name: Fluent Bit, expires_at: null}]}]"
    )

    planned = run("plan", text=text, code=2)

    assert "utilization_frequency_minutes: 10 → nothing" in planned.stdout
    assert "→ never" in planned.stdout
    run("apply", "--yes")
    assert run("plan").exit_code == 0


def test_a_list_of_accounts_can_be_emptied(run, main, sub):
    edit_account(sub, by=BY, sharing_objects_accounts=[main])
    text = "accounts: [{kind: sub, name: Staging, sharing_objects_accounts: []}]"

    planned = run("plan", text=text, code=2)

    assert "sharing_objects_accounts: Acme (main) → none" in planned.stdout
    run("apply", "--yes")
    assert not sub.sharing_objects_accounts.exists()


def test_accounts_are_pruned_when_all_are_in_the_file(run, main, sub):
    text = "accounts: [{kind: main, name: Acme, shared_tokens: [], views: []}]"
    ShareFactory(account=main, name="Link")
    main.shared_views.create(title="Old", address="https://example.com", position=0)

    assert run("plan", "--prune", text=text, code=2).stdout == (
        "Acme (main)\n"
        "  - shared token Link (it stops at once; it can be restored for 30 days)\n"
        "  - view Old\n"
        "0 to create, 0 to change, 2 to delete.\n"
    )
    run("apply", "--prune", "--yes")
    assert "1 thing is not" in run("plan", text=f"all_accounts: true\n{text}").stdout
    run("apply", "--prune", "--yes", "--quiet")

    assert Account.objects.not_deleted().get() == main


def test_a_plan_is_there_for_programs(run, main):
    text = "accounts: [{kind: main, name: Acme, retention_days: 9}]"

    plan = json.loads(run("plan", "--json", text=text, code=2).stdout)

    assert plan == {
        "changes": [
            {
                "action": "change",
                "account": "Acme (main)",
                "thing": "account",
                "name": "Acme",
                "fields": [{"name": "retention_days", "from": 7, "to": 9}],
                "remark": "",
            }
        ],
        "create": 0,
        "change": 1,
        "delete": 0,
        "left": 0,
        "notes": [],
        "by_hand": [],
    }
    assert json.loads(run("apply", "--yes", "--json").stdout)["change"] == 1


@pytest.mark.parametrize(("no_colour", "has_colours"), [("", True), ("1", False)])
def test_a_terminal_has_colours_unless_nobody_wants_them(
    run, main, no_colour, has_colours
):
    text = "accounts: [{kind: main, name: Acme, retention_days: 9}]"

    planned = run("plan", text=text, code=2, NO_COLOR=no_colour, color=True)

    assert ("\x1b[33m  ~ account Acme" in planned.stdout) is has_colours
    assert ("\x1b" in planned.stdout) is has_colours
    assert "\x1b" not in run("plan", code=2).stdout


def test_only_the_main_accounts_token_will_do(run, main):
    account = ChildFactory(main=main, name="Other")
    caller = TokenFactory(account=account).secret_text

    refused = run("export", code=3, TOLLGATE_TOKEN=caller)

    assert "This needs an API token of the main account" in refused.stderr
