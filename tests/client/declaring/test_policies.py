"""Policies of an organisation in a file."""

import pytest

from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.models.policies import policies_of

POLICIES = """
policies:
  - kind: shared
    longest_days: 30
    filters_required: true
  - kind: logs
    note_required: true
    ends_outside_at: "2027-06-01T00:00:00Z"
accounts: []
"""


@pytest.fixture(autouse=True)
def _held(time_machine):
    time_machine.move_to("2027-01-01T00:00:00Z", tick=False)


def policy(main, kind):
    return policies_of(main.organisation_id)[kind]


def test_policies_are_set_found_and_exported(run, main):
    planned = run("plan", text=POLICIES, code=2)
    assert planned.stdout == (
        "Organisation\n"
        "  ~ policies of tokens (tokens that do not keep to them and work on: 1)\n"
        "      logs.note_required: false → true\n"
        '      logs.ends_outside_at: nothing → "2027-06-01T00:00:00Z"\n'
        "      shared.longest_days: nothing → 30\n"
        "      shared.expiry_required: false → true\n"
        "      shared.filters_required: false → true\n"
        "0 to create, 1 to change, 0 to delete.\n"
    )
    run("apply", "--yes")

    assert run("plan").stdout == "Nothing to do.\n"
    assert policy(main, "shared").longest_days == 30
    text = run("export").stdout
    assert run("plan", text=text).stdout == "Nothing to do.\n"
    assert "expiry_required" not in text


def test_rules_that_are_left_out_are_not_asked_and_other_kinds_stay(run, main):
    run("apply", "--yes", text=POLICIES)
    text = "policies: [{kind: shared, expiry_required: true}]\naccounts: []"

    planned = run("plan", text=text, code=2)
    assert "logs" not in planned.stdout
    assert "1 thing is not in the file" in planned.stdout
    run("apply", "--yes", "--prune")

    assert policy(main, "shared").filters_required is False
    assert policy(main, "logs").note_required is False
    assert run("plan", "--prune").stdout == "Nothing to do.\n"


def test_policies_that_somebody_else_changed_are_not_overwritten(run, main, wire):
    def interfere(request):
        if request.method == "PUT":
            wire.before = lambda request: None
            run(
                "apply",
                "--yes",
                text="policies: [{kind: api, note_required: true}]\naccounts: []",
            )

    wire.before = interfere
    refused = run("apply", "--yes", text=POLICIES, code=1)

    assert (
        "was changed by somebody else" in refused.stderr
        or "were changed" in refused.stderr
    )


def test_policies_are_in_force_before_tokens_are_made(run, main):
    text = POLICIES.replace(
        "accounts: []",
        "accounts: [{kind: main, name: Acme, tokens: [{name: default}, {name: New}]}]",
    )
    refused = run("apply", "--yes", text=text, code=1)

    assert "create log token New in Acme (main): " in refused.stderr
    assert "Done:\n  change policies of tokens in Organisation" in refused.stderr
    assert not TokenFactory._meta.model.objects.filter(kind=Kind.LOGS, name="New")


def test_a_token_that_only_reads_can_plan_and_export(run, main):
    caller = TokenFactory(account=main, scopes="read").secret_text

    planned = run("plan", text=POLICIES, code=2, TOLLGATE_TOKEN=caller)
    assert "~ policies of tokens\n" in planned.stdout
    text = run("export", TOLLGATE_TOKEN=caller).stdout
    assert run("plan", text=text, TOLLGATE_TOKEN=caller).stdout == "Nothing to do.\n"
    run("apply", "--yes", text=POLICIES, code=3, TOLLGATE_TOKEN=caller)


def test_a_kind_has_one_policy(run):
    text = "policies: [{kind: api, unused_days: 90}, {kind: api}]\naccounts: []"

    assert (
        "policies[1]: is the same as in line 1."
        in run("plan", text=text, code=1).stderr
    )


def test_an_organisation_without_policies_exports_none(run):
    assert "policies" not in run("export").stdout
