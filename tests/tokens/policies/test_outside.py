"""Which tokens are outside of a policy, for the page Health and by themselves."""

from datetime import timedelta

import pytest

from accounts.models import AccountKind
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
)
from tests.tokens.policies.conftest import NOON
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.policies import policies_of
from tokens.policies.conditions import broken_rules, outside, outside_any


def names(condition):
    return sorted(Token.objects.filter(condition).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ({"note_required": True}, ["bare"]),
        ({"expiry_required": True}, ["endless"]),
        ({"longest_days": 40}, ["endless"]),
        ({"longest_days": 30}, ["endless"]),
        ({"longest_days": 29}, ["bare", "endless"]),
        ({"longest_days": 10}, ["bare", "endless"]),
        ({"longest_days": 10, "note_required": True}, ["bare", "endless"]),
        ({"unused_days": 90}, []),
    ],
)
def test_tokens_are_outside_of_what_is_asked(main, ask, rules, wrong):
    TokenFactory(account=main, name="bare", expires_at=NOON + timedelta(days=30))
    TokenFactory(account=main, name="endless", note="CI")
    TokenFactory(
        account=main, name="fine", note="CI", expires_at=NOON + timedelta(days=10)
    )
    for stop in ("disable", "delete_softly"):
        getattr(TokenFactory(account=main, name=stop), stop)(by=BY)
    TokenFactory(account=MainFactory(), name="elsewhere")
    policy = ask(Kind.API, **rules)

    kind = Token.objects.not_deleted().of_kind(Kind.API)
    here = kind.filter(organisation=main.organisation).filter(outside(policy))
    assert sorted(here.values_list("name", flat=True)) == wrong
    assert sorted(kind.filter(outside_any()).values_list("name", flat=True)) == wrong


def test_the_log_token_that_an_account_needs_is_never_outside(main, ask):
    TokenFactory(account=main, kind=Kind.LOGS, name="second")
    ask(Kind.LOGS, expiry_required=True)
    assert names(outside_any()) == ["default", "second"]

    main.tokens.get(name="second").disable(by=BY)

    assert names(outside_any()) == []


def test_links_that_show_everything_are_outside(main, ask):
    ShareFactory(account=main, name="wide")
    ShareFactory(account=main, name="narrow", filters=[FilterFactory(account=main)])
    ask(Kind.SHARED, filters_required=True)

    assert names(outside_any()) == ["wide"]


def test_a_single_token_is_outside_until_it_is_kept_to_networks(main, ask):
    (token,) = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.all()
    ask(Kind.METRICS, networks_required=True)
    assert names(outside_any()) == ["default"]

    token.set_networks(["203.0.113.0/24"], by=BY)

    assert names(outside_any()) == []


def test_each_rule_has_its_own(main, ask):
    policy = ask(Kind.SHARED, filters_required=True, longest_days=3, note_required=True)

    assert {*broken_rules(policy)} == {
        "filters_required",
        "longest_days",
        "expiry_required",
        "note_required",
    }
    assert broken_rules(policies_of(main.organisation_id)[Kind.API]) == {}


def test_an_account_with_one_token_is_inside_from_the_start(main, ask):
    ChildFactory(main=main, kind=AccountKind.TRACING)
    ask(Kind.TRACES, least_overlap_hours=24)

    assert names(outside_any()) == []
