"""What policies stand against, whoever changes tokens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountKind, Organisation
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
)
from tests.tokens.policies.conftest import NOON
from tokens.importing import add, take_place
from tokens.kinds import Kind
from tokens.models import Token
from tokens.policies.checks import PolicyViolation
from tokens.reactivation import revive
from tokens.secrets import make


def days(number):
    return NOON + timedelta(days=number)


def code_of(act, *args, **kwargs):
    """Return the code with which a policy refuses something, and the field."""
    with pytest.raises(PolicyViolation) as refusal:
        act(*args, **kwargs)
    return refusal.value.code, refusal.value.field


@pytest.mark.parametrize(
    ("rules", "fields", "code"),
    [
        ({"note_required": True}, {}, ("policy_note_required", "note")),
        ({"expiry_required": True}, {}, ("policy_expiry_required", "expires_at")),
        ({"longest_days": 30}, {}, ("policy_expiry_required", "expires_at")),
        (
            {"longest_days": 30},
            {"expires_at": NOON + timedelta(days=30, seconds=1)},
            ("policy_lifetime_too_long", "expires_at"),
        ),
    ],
)
@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS])
def test_what_is_made_keeps_to_the_policy(main, ask, kind, rules, fields, code):
    ask(kind, **rules)

    assert code_of(TokenFactory, account=main, kind=kind, **fields) == code


@pytest.mark.parametrize(
    ("rules", "fields", "words"),
    [
        ({"expiry_required": True}, {}, "asks for an expiry."),
        ({"longest_days": 30}, {}, "asks for an expiry within 30 days."),
        ({"longest_days": 1}, {"expires_at": days(2)}, "at most 1 day ahead."),
        (
            {"networks_required": True},
            {},
            "such a token is used from.",
        ),
    ],
)
def test_a_refusal_says_what_is_asked(main, ask, rules, fields, words):
    ask(Kind.API, **rules)

    with pytest.raises(PolicyViolation) as refusal:
        TokenFactory(account=main, **fields)

    assert refusal.value.message.startswith("The policy for API tokens ")
    assert refusal.value.message.endswith(words)


def test_what_keeps_to_it_is_made(main, ask):
    ask(Kind.API, note_required=True, longest_days=30)

    token = TokenFactory(account=main, note="CI", expires_at=days(30))

    assert token.expires_at == days(30)


@pytest.mark.parametrize("kind", [Kind.API, Kind.SHARED])
def test_other_kinds_and_organisations_go_on_as_before(ask, kind):
    ask(kind, note_required=True)
    other = MainFactory()

    assert TokenFactory(account=other, kind=Kind.API).pk


def test_no_api_token_can_do_everything_where_scopes_are_asked_for(main, ask):
    able, read = TokenFactory(account=main), TokenFactory(account=main, scopes="read")
    ask(Kind.API, scopes_required=True)

    assert code_of(TokenFactory, account=main) == ("policy_scopes_required", "scopes")
    assert TokenFactory(account=main, scopes="read").pk
    for each in (able, read):
        each.disable(by=BY)
    read.enable(by=BY)
    assert code_of(able.enable, by=BY)[0] == "policy_scopes_required"
    able.restrict(scopes="read", by=BY)
    able.enable(by=BY)


def test_children_have_the_policy_of_their_main_account(ask, sub):
    ask(Kind.API, note_required=True)

    sub.refresh_from_db()
    assert code_of(TokenFactory, account=sub)[0] == "policy_note_required"


def queries_of_a_new_token(account):
    with CaptureQueriesContext(connection) as asked:
        TokenFactory(account=account)
    return [each["sql"] for each in asked if "tokenpolicy" in each["sql"]]


def test_nothing_more_is_asked_where_there_is_no_policy(main, ask):
    ask(Kind.API, note_required=True)
    ask(Kind.API)
    assert not Organisation.objects.get(pk=main.organisation_id).has_policies
    assert queries_of_a_new_token(main) == []

    ask(Kind.API, unused_days=90)
    assert len(queries_of_a_new_token(main)) == 1


def test_accounts_come_with_a_token_whatever_is_asked(main, ask):
    ask(Kind.LOGS, note_required=True, longest_days=30)
    ask(Kind.METRICS, least_overlap_hours=24)

    sub = ChildFactory(main=main)
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)

    assert [sub.tokens.get().name, metrics.tokens.get().name] == ["default"] * 2


def test_a_first_lasting_log_token_needs_no_expiry(main, ask):
    (default,) = main.tokens.all()
    second = TokenFactory(account=main, kind=Kind.LOGS, expires_at=days(9))
    ask(Kind.LOGS, expiry_required=True)

    assert code_of(second.set_expiry, None, by=BY)[0] == "policy_expiry_required"
    Token.objects.filter(pk=default.pk).update(expires_at=days(1))
    second.set_expiry(None, by=BY)
    assert second.expires_at is None


def test_an_expiry_moves_within_the_policy(main, ask):
    token = TokenFactory(account=main)
    ask(Kind.API, longest_days=30)

    refused = {code_of(token.set_expiry, each, by=BY)[0] for each in (None, days(31))}
    token.set_expiry(days(30), by=BY)

    assert refused == {"policy_expiry_required", "policy_lifetime_too_long"}
    assert token.expires_at == days(30)


def test_a_note_stays_where_it_is_asked_for(main, ask):
    bare, token = TokenFactory(account=main), TokenFactory(account=main, note="CI")
    ask(Kind.API, note_required=True)

    assert code_of(token.set_note, "", by=BY)[0] == "policy_note_required"
    token.set_note("Deploys", by=BY)
    bare.set_note("", by=BY)
    bare.rename("Still without a note", by=BY)
    assert (token.note, bare.note) == ("Deploys", "")


def test_networks_stay_where_they_are_asked_for(main, ask):
    bare = TokenFactory(account=main)
    token = TokenFactory(account=main, networks=["203.0.113.0/24"])
    ask(Kind.API, networks_required=True)

    assert code_of(TokenFactory, account=main) == (
        "policy_networks_required",
        "networks",
    )
    token.set_networks(["203.0.113.7"], by=BY)
    bare.set_networks([], by=BY)
    assert (token.networks, bare.networks) == ("203.0.113.7/32", "")


@pytest.fixture
def single(main):
    """The token that a metrics account has for good, kept to networks."""
    account = ChildFactory(main=main, kind=AccountKind.METRICS)
    token = account.tokens.get()
    token.set_networks(["203.0.113.0/24"], by=BY)
    return token


def test_a_single_token_stays_in_networks_where_they_are_asked_for(single, ask):
    ask(Kind.METRICS, networks_required=True)

    refused = code_of(single.rotate, by=BY, unrestricted=True)

    assert refused == ("policy_networks_required", "networks")
    single.refresh_from_db()
    assert (single.networks, single.version) == ("203.0.113.0/24", 2)


def test_where_nothing_is_asked_tokens_may_be_without_anything(main, single):
    token = TokenFactory(account=main, note="CI", expires_at=days(1))

    token.set_note("", by=BY)
    token.set_expiry(None, by=BY)
    token.rotate(by=BY)
    single.rotate(by=BY, unrestricted=True)

    assert (token.note, token.expires_at, single.networks) == ("", None, "")


@pytest.mark.parametrize(("hours", "words"), [(1, "1 hour."), (48, "48 hours.")])
def test_the_overlap_that_is_asked_for_is_said(main, ask, hours, words):
    token = TokenFactory(account=main)
    ask(Kind.API, least_overlap_hours=hours)

    with pytest.raises(PolicyViolation) as refusal:
        token.rotate(by=BY)

    assert f"asks for an overlap of at least {words}" in refusal.value.message


@pytest.mark.parametrize("kind", [Kind.API, Kind.METRICS])
def test_a_rotation_leaves_the_time_that_is_asked_for(main, ask, kind):
    account = (
        main if kind == Kind.API else ChildFactory(main=main, kind=AccountKind.METRICS)
    )
    token = account.tokens.of_kind(kind).first() or TokenFactory(account=account)
    ask(kind, least_overlap_hours=24)

    short = timedelta(hours=23, minutes=59)
    assert code_of(token.rotate, by=BY, overlap=short) == (
        "policy_overlap_too_short",
        "overlap",
    )
    token.rotate(by=BY, overlap=timedelta(hours=24))
    token.finish_rotation(by=BY)
    token.rotate(by=BY, leaked=True)
    assert not token.is_overlapping


def test_a_policy_of_other_things_asks_for_no_overlap(main, ask):
    token = TokenFactory(account=main, note="CI")
    ask(Kind.API, note_required=True)

    token.rotate(by=BY)

    assert not token.is_overlapping


def test_links_are_narrowed(main, ask):
    wide = ShareFactory(account=main)
    named = FilterFactory(account=main)
    narrow = ShareFactory(account=main, filters=[named])
    ask(Kind.SHARED, filters_required=True)

    everything = {"filters": [], "operator": "AND", "shows_everything": True, "by": BY}
    assert code_of(ShareFactory, account=main) == ("policy_filters_required", "filters")
    assert code_of(narrow.narrow, **everything)[0] == "policy_filters_required"
    # What is there may be looked after, and is not made worse.
    wide.edit(name="Wide", expires_at=wide.token.expires_at, **everything)
    wide.token.disable(by=BY)
    assert code_of(wide.token.enable, by=BY)[0] == "policy_filters_required"
    narrow.token.disable(by=BY)
    narrow.token.enable(by=BY)


def test_what_is_outside_is_enabled_only_once_it_is_mended(main, ask):
    token = TokenFactory(account=main)
    token.disable(by=BY)
    ask(Kind.API, note_required=True)

    assert code_of(token.enable, by=BY)[0] == "policy_note_required"
    token.set_note("CI", by=BY)
    token.enable(by=BY)
    assert token.disabled_at is None


def test_what_is_outside_comes_back_disabled(main, ask):
    token, fine = TokenFactory(account=main), TokenFactory(account=main, note="CI")
    for each in (token, fine):
        each.delete_softly(by=BY)
    ask(Kind.API, note_required=True)

    for each in (token, fine):
        each.restore(by=BY)

    assert token.disabled_at
    assert "asks for a note" in token.disabled_reason
    assert fine.disabled_at is None


def test_a_token_is_revived_for_an_hour_within_the_policy(main, ask):
    token = TokenFactory(account=main)
    token.disable(by=BY)
    ask(Kind.API, longest_days=1)

    revive(token, by=BY)

    assert token.expires_at == NOON + timedelta(hours=1)


def test_what_moves_in_is_taken_as_it_is(main, ask):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    ask(Kind.LOGS, note_required=True, longest_days=1)
    ask(Kind.METRICS, least_overlap_hours=24)
    ask(Kind.SHARED, filters_required=True)

    moved = add(main, Kind.LOGS, make(Kind.LOGS), name="Old shipper", by=BY)
    taken = take_place(metrics, Kind.METRICS, make(Kind.METRICS), by=BY)
    share = ShareFactory(account=main, secret=make(Kind.SHARED))

    assert moved.expires_at is None
    assert taken.version == 2
    assert share.shows_everything


def test_tokens_of_the_installation_have_no_policy(ask):
    ask(Kind.API, note_required=True)

    assert TokenFactory(account=None, kind=Kind.GATEWAY).pk
