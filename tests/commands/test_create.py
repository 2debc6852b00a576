"""The commands that create organisations, accounts, people and tokens."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import (
    Account,
    AccountKind,
    Action,
    Membership,
    Organisation,
    User,
)
from accounts.plans import Plan
from tests.commands.outcomes import error, last_event
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("words", "modes"),
    [
        ([], (False, False, False)),
        (["--flexible"], (True, False, False)),
        (["--consumption", "--warm-days=30"], (False, True, True)),
    ],
)
def test_create_organisation_can_make_every_kind_of_plan(run, words, modes):
    run("create_organisation", "Acme", *words)

    main = Account.objects.get()
    plan = main.organisation
    assert (plan.is_flexible, plan.is_consumption, plan.warm_tier) == modes
    assert (main.is_flexible, main.reserved_daily_gb) == (modes[0], modes[0] or None)
    assert main.snap_search_retention_days == (30 if plan.warm_tier else None)


def test_create_organisation_makes_no_half_of_a_plan(run):
    assert error(run, "create_organisation", "Acme", "--warm-days=-1") == (
        "Error: argument --warm-days: give a whole number from 0 to 36,500",
        1,
    )
    assert not Organisation.objects.exists()


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
        (["Staging", "--max-daily-gb=1"], "already has a sub account named Staging"),
        (["<b>", "--max-daily-gb=1"], "Use letters, digits, dashes"),
        (["New", "--max-daily-gb=nan"], "give a number from 0 to 1,000,000,000"),
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
    assert membership.name == "New Person"
    assert not membership.user.has_usable_password()
    assert [message.to for message in mail.outbox] == [["new@acme.example"]]
    assert said.err == f"new@acme.example is invited as admin of account {main.pk}.\n"


def test_create_person_takes_a_password_from_standard_input(run, main, typed):
    typed("correct horse battery\n")

    run("create_person", "a@b.example", f"--account={main.pk}", "--password-stdin")

    user = User.objects.get(email="a@b.example")
    assert user.check_password("correct horse battery")
    # The login is handed over by the operator: there is nobody to ask.
    assert user.memberships.get().state == "active"


def test_create_person_never_changes_a_password_that_is_there(run, main, typed, member):
    typed("correct horse battery\n")
    sub = ChildFactory(main=main)

    run("create_person", member.email, f"--account={sub.pk}", "--password-stdin")

    member.refresh_from_db()
    assert not member.check_password("correct horse battery")
    assert sub.memberships.get().user == member


def test_create_person_invites_somebody_known(run, main, outsider, typed):
    typed("correct horse battery\n")

    run("create_person", outsider.email, f"--account={main.pk}", "--password-stdin")

    assert main.memberships.get(user=outsider).state == "invited"


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
    run("create_token", "CI", f"--account={main.pk}", "--expires-in=3", "--note=CI")

    token = Token.objects.get(name="CI")
    left = token.expires_at - timezone.now()
    assert token.note == "CI"
    assert timedelta(days=2.9) < left <= timedelta(days=3)


def test_create_token_makes_gateway_tokens_without_an_account(run):
    said = run("create_token", "edge", "--kind=gateway")

    assert verify(said.out.strip(), Use.ASK).account is None


def test_create_token_makes_only_what_the_pages_offer(run, main):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    Organisation.objects.update(plan=Plan.COMMUNITY, trial_ends_at=None)
    said = {
        account.kind: error(run, "create_token", "CI", f"--account={account.pk}")[0]
        for account in (main, metrics)
    }

    assert said == {
        AccountKind.MAIN: "API tokens come with the Pro and Enterprise plans.",
        AccountKind.METRICS: (
            "A metrics account has no API tokens. Use one of the main account."
        ),
    }
    assert not Token.objects.of_kind(Kind.API).exists()


def test_create_token_explains_refusals(run, main):
    place = f"--account={main.pk}"
    TokenFactory(account=main, name="CI")
    account = (
        "Give an --account, except for the token of a gateway or a scanner, "
        "which has none."
    )
    mistakes = {
        ("CI", place): "There is already a token named CI here.",
        ("CI",): account,
        ("CI", "--kind=gateway", place): account,
        ("CI", "--account=0"): "There is no account 0.",
    }

    assert {words: error(run, "create_token", *words)[0] for words in mistakes} == (
        mistakes
    )


def test_create_token_keeps_an_api_token_to_less(run, main):
    child = ChildFactory(main=main)

    run(
        *("create_token", "CI", f"--account={main.pk}", "--scope=users:read"),
        *("--scope=audit:read", f"--only-account={child.pk}"),
    )

    token = main.tokens.get(name="CI")
    assert (token.scopes, token.kept_to) == ("users:read audit:read", f",{child.pk},")
    listed = run("list", "tokens").out.splitlines()
    assert f"users:read audit:read  {child.pk}" in listed[-1]


def test_create_token_says_who_cannot_be_kept_to_that(run, main):
    child = ChildFactory(main=main)

    said = [
        error(run, "create_token", "CI", *words)[0]
        for words in (
            (f"--account={main.pk}", "--kind=logs", "--scope=read"),
            (f"--account={child.pk}", f"--only-account={child.pk}"),
        )
    ]

    assert said == [
        "Only API tokens can be kept to that.",
        "Only a token of the main account can be kept to accounts.",
    ]


def test_create_token_restricts(run, main):
    run(
        *("create_token", "Edge", "--kind=gateway"),
        *("--network=10.0.0.0/8", "--network=::1"),
    )
    run("create_token", "Terraform", f"--account={main.pk}", "--calls-per-minute=600")

    assert Token.objects.get(name="Edge").networks == "10.0.0.0/8 ::1/128"
    assert Token.objects.get(name="Terraform").calls_per_minute == 600
