"""Setting policies: what can be set, by which version, and what is said of it."""

from datetime import timedelta

import pytest

from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation, Stale
from tests.factories import BY, TokenFactory
from tests.tokens.policies.conftest import NOON
from tokens.kinds import Kind
from tokens.models import PlannedEnd, PolicyRound, TokenPolicy
from tokens.models.policies import policies_of
from tokens.policies.saving import draft, save_policies, version_of


@pytest.mark.parametrize("days", [14, 3660])
def test_the_first_and_the_last_date_that_can_be_chosen(main, days):
    moment = NOON + timedelta(days=days)

    made = draft(
        policies_of(main.organisation_id)[Kind.API], {"ends_outside_at": moment}
    )

    assert made.ends_outside_at == moment


@pytest.mark.parametrize(
    ("name", "least", "most"), [("longest_days", 1, 3660), ("unused_days", 15, 3660)]
)
def test_the_least_and_the_most_can_be_chosen(main, name, least, most):
    policy = policies_of(main.organisation_id)[Kind.API]

    made = [draft(policy, {name: value}) for value in (least, most)]

    assert [getattr(each, name) for each in made] == [least, most]


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (
            Kind.METRICS,
            {"expiry_required": True},
            "There is no such rule for a metrics shipping token.",
        ),
        (Kind.API, {"longest_days": 3661}, "Choose a number from 1 to 3,660."),
    ],
)
def test_why_it_is_refused_is_a_sentence(main, kind, values, sentence):
    with pytest.raises(RuleViolation) as refusal:
        draft(policies_of(main.organisation_id)[kind], values)

    assert refusal.value.message == sentence


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        (Kind.METRICS, {"expiry_required": True}, "policy_not_for_kind"),
        (Kind.TRACES, {"unused_days": 90}, "policy_not_for_kind"),
        (Kind.API, {"filters_required": True}, "policy_not_for_kind"),
        (Kind.API, {"longest_days": 3661}, "policy_out_of_range"),
        (Kind.API, {"unused_days": 14}, "policy_out_of_range"),
        (Kind.API, {"least_overlap_hours": 169}, "policy_out_of_range"),
        (
            Kind.API,
            {"ends_outside_at": NOON + timedelta(days=14, seconds=-1)},
            "policy_date_too_near",
        ),
        (
            Kind.API,
            {"ends_outside_at": NOON + timedelta(days=3661)},
            "policy_date_too_near",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(main, kind, values, code):
    with pytest.raises(RuleViolation) as refusal:
        draft(policies_of(main.organisation_id)[kind], values)

    assert (refusal.value.code, [refusal.value.field]) == (code, [*values])


def test_a_policy_is_saved_and_told(main, ask):
    ask(Kind.API, longest_days=90, note_required=False)

    saved = TokenPolicy.objects.get()
    assert (saved.kind, saved.longest_days, saved.expiry_required) == ("api", 90, True)
    assert main.organisation.has_policies
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.target) == (
        Action.POLICY_CHANGED,
        f"{main.organisation.name}: API tokens",
    )
    assert event.data["changes"] == [
        ["longest_days", None, 90],
        ["expiry_required", False, True],
    ]


def test_what_is_the_same_is_no_change(main, ask):
    ask(Kind.LOGS, note_required=True)
    before = AuditEvent.objects.count()

    ask(Kind.LOGS, note_required=True)

    assert AuditEvent.objects.count() == before
    assert version_of(policies_of(main.organisation_id)) == 1


def test_a_date_that_was_announced_stays_when_it_is_near(main, ask, clock):
    ends_at = NOON + timedelta(days=14)
    ask(Kind.API, note_required=True, ends_outside_at=ends_at)
    clock.shift(timedelta(days=10))

    ask(Kind.API, note_required=True, unused_days=60, ends_outside_at=ends_at)

    assert TokenPolicy.objects.get().unused_days == 60
    (_, change) = AuditEvent.objects.filter(action=Action.POLICY_CHANGED).order_by("pk")
    assert change.data["changes"] == [["unused_days", None, 60]]


def test_nobody_overwrites_what_they_have_not_seen(main, ask):
    seen = version_of(policies_of(main.organisation_id))
    ask(Kind.API, note_required=True)
    mine = draft(policies_of(main.organisation_id)[Kind.LOGS], {"note_required": True})

    with pytest.raises(Stale):
        save_policies(main, [mine], by=BY, version=seen)
    save_policies(main, [mine], by=BY, version=seen + 1)

    assert TokenPolicy.objects.count() == 2


def test_rows_say_what_they_are(main, ask):
    ask(Kind.API, note_required=True)
    token = TokenFactory(account=main, note="CI")
    end = PlannedEnd(token=token, ends_at=NOON, cause="unused")

    assert str(TokenPolicy.objects.get()) == f"{main.organisation}: api"
    assert str(end) == f"{token} ends at {NOON}: unused"
    assert str(PolicyRound(seen_at=NOON)) == f"round after {NOON}"
