"""API tokens in a file: made for children, and all else told to people."""

import json

import pytest

from accounts.lifecycle import delete_account
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.actions import again

FILE = """
accounts:
  - kind: {kind}
    name: {account}
    tokens:
      - name: default
      - {token}
"""


def of(account, token):
    return FILE.format(kind=account.kind, account=account.name, token=token)


@pytest.fixture
def terraform(sub):
    return TokenFactory(account=sub, name="Terraform")


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("note: CI", ['note: "" \u2192 "CI"']),
        ("was: Terraform, name: CI", ['name: "Terraform" \u2192 "CI"']),
        ("enabled: false", ["enabled: true \u2192 false"]),
        ("scopes: [read]", ["scopes: everything \u2192 read"]),
        (
            "networks: [10.0.0.0/8], calls_per_minute: 60",
            ["networks: none \u2192 10.0.0.0/8", "calls_per_minute: nothing \u2192 60"],
        ),
    ],
)
def test_what_differs_is_told_and_left_to_people(run, sub, terraform, said, fields):
    name = "" if "name:" in said else "name: Terraform, "
    text = of(sub, f"{{kind: api, {name}{said}}}")

    planned = run("plan", text=text, code=2)
    applied = run("apply", "--yes")

    first, *told, last = planned.stdout.splitlines()
    assert first.startswith("! API token ")
    assert first.endswith(
        "in Staging (sub): no API token changes another one: change it in the portal."
    )
    assert [line.strip() for line in told] == fields
    assert last == "Nothing else to do."
    assert applied.stderr == planned.stdout
    assert again(terraform).version == 1


def test_it_is_told_to_programs(run, sub, terraform):
    text = of(sub, "{kind: api, name: Terraform, note: CI}")

    found = json.loads(run("plan", "--json", text=text, code=2).stdout)

    assert found["changes"] == []
    assert found["by_hand"] == [
        {
            "action": "by_hand",
            "account": "Staging (sub)",
            "thing": "API_token",
            "name": "Terraform",
            "fields": [{"name": "note", "from": "", "to": "CI"}],
            "remark": "no API token changes another one: change it in the portal",
        }
    ]


def test_what_is_as_it_is_said_is_not_told(run, sub, terraform):
    terraform.set_note("CI", by=BY)
    terraform.restrict(scopes="users:write", by=BY)
    said = "note: CI, scopes: ['users:read', 'users:write'], enabled: true"

    planned = run("plan", text=of(sub, f"{{kind: api, name: Terraform, {said}}}"))

    assert planned.stdout == "Nothing to do.\n"


def test_scopes_are_never_widened(run, sub, terraform):
    terraform.restrict(scopes="read", by=BY)
    text = of(sub, "{kind: api, name: Terraform, scopes: ['users:write']}")

    refused = run("plan", text=text, code=1)

    assert "Terraform in Staging (sub) would be given more by its scopes" in (
        refused.stderr
    )


def test_what_a_new_one_cannot_be_given_is_told(run, sub):
    text = of(sub, "{kind: api, name: CI, scopes: [read], note: For CI}")

    planned = run("plan", text=text, code=2).stdout
    run("apply", "--yes")

    assert "+ API token CI" in planned
    assert "! API token CI in Staging (sub): no API token sets that of one" in planned
    made = sub.tokens.get(kind="api")
    assert (made.name, made.scopes, made.note) == ("CI", "read", "")
    assert "no API token changes another one" in run("plan", code=2).stdout


def test_those_of_the_main_account_are_made_by_people(run, main, tmp_path):
    text = of(main, "{kind: api, name: CI, scopes: [read]}")

    planned = run("plan", text=text, code=2).stdout
    run("apply", "--yes", "--secrets-dir", tmp_path / "secrets")

    assert planned.splitlines() == [
        "! API token CI in Acme (main): it is not there, and people make it: in the "
        "portal.",
        "      scopes: nothing \u2192 read",
        "Nothing else to do.",
    ]
    assert not main.tokens.filter(name="CI").exists()


@pytest.mark.parametrize("said", ["", ", note: Applies"])
def test_the_one_that_calls_narrows_itself_last(run, main, wire, said):
    text = of(main, f"{{kind: api, name: Declared, scopes: ['shipping:write']{said}}}")
    text = text.replace("name: default", "name: default, note: First").replace(
        "- name: default, note: First", "- {name: default, note: First}"
    )

    planned = run("plan", text=text, code=2).stdout
    run("apply", "--yes")

    assert "~ API token Declared" in planned
    assert ("no API token changes that of itself" in planned) is bool(said)
    caller = main.tokens.get(name="Declared")
    assert (caller.scopes, caller.note) == ("shipping:write", "")
    assert main.tokens.get(name="default").note == "First"
    paths = [path for method, path in wire.asked if method == "PATCH"]
    assert paths[-1] == f"/api/v1/tokens/{caller.pk}"


def test_an_export_has_them_with_all_that_can_be_said(run, main, sub, terraform):
    terraform.set_note("CI", by=BY)
    terraform.limit_use(networks=["10.0.0.0/8"], calls_per_minute=60, by=BY)
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS, name="Numbers")
    TokenFactory(account=metrics, name="Minted")

    text = run("export").stdout

    assert "name: Declared" in text
    assert "name: Minted" in text
    assert "note: CI" in text
    assert run("plan", "--prune", text=text).stdout == "Nothing to do.\n"


# Which accounts one of the main account is kept to

KEPT = "{{kind: api, name: {name}, accounts: [{accounts}]}}"
MAIN = "{kind: main, name: Acme}"
STAGING = "{kind: sub, name: Staging}"


def kept(main, name, *accounts):
    return of(main, KEPT.format(name=name, accounts=", ".join(accounts)))


@pytest.fixture
def robot(main, sub):
    return TokenFactory(account=main, name="Robot")


def test_to_which_accounts_it_is_kept_is_told(run, main, robot):
    planned = run("plan", text=kept(main, "Robot", STAGING, STAGING, MAIN), code=2)

    _, field, _ = planned.stdout.splitlines()
    assert field.strip() == "accounts: all \u2192 Staging (sub), Acme (main)"
    assert again(robot).kept_to == ""


def test_one_that_is_kept_to_them_differs_in_nothing(run, main, sub, robot):
    robot.restrict(accounts=[sub.pk, main.pk], by=BY)

    planned = run("plan", text=kept(main, "Robot", STAGING, MAIN))

    assert planned.stdout == "Nothing to do.\n"


def test_no_account_is_added_to_them(run, main, sub, robot):
    robot.restrict(accounts=[sub.pk], by=BY)

    refused = run("plan", text=kept(main, "Robot", MAIN), code=1)

    assert "Robot in Acme (main) would be given more by its accounts" in refused.stderr


def test_one_that_is_not_there_is_made_with_them(run, main, sub):
    planned = run("plan", text=kept(main, "CI", STAGING), code=2)

    assert "accounts: none \u2192 Staging (sub)" in planned.stdout


def test_an_account_that_is_not_there_is_a_mistake(run, main, robot):
    refused = run("plan", text=kept(main, "Robot", "{kind: sub, name: Prod}"), code=1)

    assert "is kept to Prod (sub), and there is no such account." in refused.stderr


def test_the_one_that_calls_keeps_itself_to_them_with_new_ones(run, main, sub, wire):
    text = kept(main, "Declared", "{kind: sub, name: New}", MAIN)
    text = text.replace("accounts: [", "scopes: [read], accounts: [")
    text += "  - {kind: sub, name: New, max_daily_gb: 1}\n"

    run("apply", "--yes", text=text)

    caller = main.tokens.get(name="Declared")
    new = main.organisation.accounts.get(name="New")
    assert caller.kept_to == f",{main.pk},{new.pk},"
    assert caller.scopes == "read"


def test_the_one_that_calls_keeps_its_scopes(run, main, sub):
    run("apply", "--yes", text=kept(main, "Declared", MAIN))

    caller = main.tokens.get(name="Declared")
    assert (caller.kept_to, caller.scopes) == (f",{main.pk},", "")


@pytest.mark.parametrize("token", ["kind: api, name: CI", "name: Shipper"])
def test_no_other_token_is_kept_to_accounts(run, main, sub, token):
    account = sub if "api" in token else main
    text = of(account, f"{{{token}, accounts: [{MAIN}]}}")

    refused = run("plan", text=text, code=1)

    assert "only API tokens of the main account are kept to accounts." in refused.stderr


def test_none_at_all_is_a_mistake(run, main, robot):
    assert "accounts" in run("plan", text=kept(main, "Robot"), code=1).stderr


def test_an_export_has_them_without_those_that_are_gone(run, main, sub, robot):
    gone = ChildFactory(main=main, name="Gone")
    only = TokenFactory(account=main, name="Only there")
    robot.restrict(accounts=[sub.pk, gone.pk], by=BY)
    only.restrict(accounts=[gone.pk], by=BY)
    delete_account(gone, by=BY)

    text = run("export").stdout

    assert "    - kind: sub\n      name: Staging\n" in text
    assert text.count("accounts:") == 2 + text.count("all_accounts:")
    assert run("plan", "--prune", text=text).stdout == "Nothing to do.\n"
