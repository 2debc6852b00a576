"""API tokens in a file: made for children, and all else told to people."""

import json

import pytest

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
