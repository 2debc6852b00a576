from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.lifecycle import (
    edit_organisation,
    suspend_account,
    suspend_organisation,
)
from accounts.models import AccountKind, Role
from accounts.permissions import Operation
from accounts.plans import Plan
from accounts.relations import Relation
from tests.factories import (
    BY,
    ChildFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tokens.kinds import RULES, SHIPPED_TO, Kind
from tokens.models import StoredSecret, Token
from tokens.permissions import (
    OPERATIONS,
    USES,
    Sight,
    Use,
    operation,
    why_refused,
    why_stopped,
)

pytestmark = pytest.mark.django_db
VERBS = {
    "list",
    "view",
    "reveal",
    "create",
    "rename",
    "note",
    "enable",
    "disable",
    "delete",
    "rotate",
    "expiry",
}


@pytest.mark.parametrize(
    ("kind", "prefix", "lives_in"),
    [
        (Kind.API, "tga_", set(AccountKind)),
        (Kind.LOGS, "tgl_", {AccountKind.MAIN, AccountKind.SUB}),
        (Kind.METRICS, "tgm_", {AccountKind.METRICS}),
        (Kind.TRACES, "tgt_", {AccountKind.TRACING}),
        (Kind.SHARED, "tgs_", {AccountKind.MAIN, AccountKind.SUB}),
        (Kind.GATEWAY, "tgg_", set()),
    ],
)
def test_kinds_are_what_the_product_says(kind, prefix, lives_in):
    rule = RULES[kind]

    assert (rule.prefix, set(rule.lives_in)) == (prefix, lives_in)


def test_single_and_endless_kinds():
    assert {kind for kind in Kind if RULES[kind].is_single} == {
        Kind.METRICS,
        Kind.TRACES,
    }
    assert {kind for kind in Kind if not RULES[kind].may_expire} == {
        Kind.METRICS,
        Kind.TRACES,
    }
    assert {kind: RULES[kind].default_lifetime for kind in Kind if kind != Kind.SHARED}
    assert RULES[Kind.SHARED].default_lifetime == timedelta(days=7)


def test_each_account_kind_is_shipped_one_thing():
    assert SHIPPED_TO == {
        AccountKind.MAIN: Kind.LOGS,
        AccountKind.SUB: Kind.LOGS,
        AccountKind.METRICS: Kind.METRICS,
        AccountKind.TRACING: Kind.TRACES,
    }


@pytest.mark.parametrize(
    ("kind", "uses"),
    [
        (Kind.API, {Use.API}),
        (Kind.LOGS, {Use.SHIP_LOGS}),
        (Kind.METRICS, {Use.SHIP_METRICS}),
        (Kind.TRACES, {Use.SHIP_TRACES}),
        (Kind.SHARED, {Use.READ_SHARED}),
        (Kind.GATEWAY, {Use.ASK}),
    ],
)
def test_each_kind_has_its_uses_and_no_others(kind, uses):
    assert USES[kind] == uses


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (Kind.API, "api"),
        (Kind.LOGS, "ship"),
        (Kind.METRICS, "ship"),
        (Kind.TRACES, "ship"),
        (Kind.SHARED, "shared"),
    ],
)
def test_every_verb_is_a_row_of_its_kind_in_the_matrix(kind, family):
    rows = {each.value for each in Operation if each.value.startswith(f"{family}.")}

    assert {operation(kind, verb).value for verb in VERBS} <= rows
    asked = {f"{family}.{verb}": row.value for verb, row in OPERATIONS[kind].items()}
    # Only API tokens have what can be narrowed and is never widened again.
    narrowing = asked.pop(f"{family}.narrow")
    assert narrowing == ("api.narrow" if kind is Kind.API else f"{family}.restrict")
    assert asked == {name: name for name in rows - {"api.mint", "api.narrow"}}


def test_verb_without_a_row_fails_loudly():
    with pytest.raises(KeyError):
        operation(Kind.GATEWAY, "rename")


def fresh(token):
    tokens = Token.objects.select_related("account__organisation")
    return tokens.get(pk=token.pk)


@pytest.mark.parametrize(
    ("column", "code"),
    [("deleted_at", "token_deleted"), ("disabled_at", "token_disabled")],
)
def test_token_that_was_stopped_says_so(main, column, code):
    token = TokenFactory(account=main)
    Token.objects.filter(pk=token.pk).update(**{column: timezone.now()})

    assert why_stopped(fresh(token)) == code


def test_token_stops_at_its_expiry(main):
    token = TokenFactory(account=main)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())

    assert why_stopped(fresh(token)) == "token_expired"


def test_paused_share_says_so(main):
    token = ShareFactory(account=main).token
    token.disable(by=BY)

    assert why_stopped(fresh(token)) == "token_paused"


def test_gateway_token_has_no_account_to_stop_it():
    assert why_stopped(TokenFactory(account=None, kind=Kind.GATEWAY)) == ""


def test_suspended_organisation_stops_its_tokens(main, sub):
    token = TokenFactory(account=sub)
    suspend_organisation(main.organisation, by=BY)

    assert why_stopped(fresh(token)) == "account_suspended"


@pytest.mark.parametrize(
    ("plan", "kind", "code"),
    [
        (Plan.COMMUNITY, Kind.API, "plan_has_no_api_tokens"),
        (Plan.COMMUNITY, Kind.LOGS, ""),
        (Plan.PRO, Kind.API, ""),
        (Plan.ENTERPRISE, Kind.API, ""),
    ],
)
def test_plan_stops_api_tokens_only(main, plan, kind, code):
    token = TokenFactory(account=main, kind=kind)
    edit_organisation(main.organisation, by=BY, plan=plan)

    assert why_stopped(fresh(token)) == code


def test_trial_lets_api_tokens_work(main):
    token = TokenFactory(account=main)
    tomorrow = timezone.now() + timedelta(days=1)
    edit_organisation(
        main.organisation, by=BY, plan=Plan.COMMUNITY, trial_ends_at=tomorrow
    )

    assert why_stopped(fresh(token)) == ""


def test_a_secret_ends_with_its_overlap(main, time_machine):
    token = TokenFactory(account=main)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    row = token.secrets.overlapping().select_related("token").get()
    instant = timedelta(microseconds=1)

    told = []
    for moment in (row.valid_until - instant, row.valid_until):
        time_machine.move_to(moment, tick=False)
        told.append(why_refused(row, {Use.API}))

    assert told == ["", "rotated"]


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        (Kind.API, {"deleted_at": timezone.now()}, "deleted"),
        (Kind.API, {"disabled_at": timezone.now()}, "disabled"),
        (Kind.SHARED, {"disabled_at": timezone.now()}, "paused"),
        (Kind.API, {"expires_at": timezone.now()}, "expired"),
    ],
)
def test_a_refusal_has_the_reason_that_people_know_the_token_by(
    main, kind, fields, reason
):
    is_shared = kind == Kind.SHARED
    token = (
        ShareFactory(account=main).token if is_shared else TokenFactory(account=main)
    )
    Token.objects.filter(pk=token.pk).update(**fields)

    assert why_refused(StoredSecret.objects.get(token=token), set(Use)) == reason


def test_a_refusal_tells_the_plan_and_the_account_apart(main, sub):
    token = TokenFactory(account=sub)
    told = []
    for change in (
        lambda: edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY),
        lambda: suspend_account(sub, by=BY),
    ):
        change()
        row = StoredSecret.objects.get(token=token)
        told.append(why_refused(row, {Use.API}))

    assert told == ["no_api_on_plan", "account_stopped"]


def test_what_is_hidden_is_all_that_somebody_does_not_administer(main):
    opened = ChildFactory(main=main, name="Open")
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    own = ChildFactory(main=main, name="Own", accessible=False)
    gone = ChildFactory(main=main, name="Gone", deleted_at=timezone.now())
    overseer, member = UserFactory(), UserFactory()
    MembershipFactory(user=overseer, account=main, role=Role.ADMIN)
    MembershipFactory(user=member, account=main, role=Role.USER)
    for person in (overseer, member):
        MembershipFactory(user=person, account=own, role=Role.ADMIN)
    staff = UserFactory(is_staff=True)

    hidden = {
        name: set(Sight(main, person).hidden)
        for name, person in {
            "overseer": overseer,
            "member": member,
            "staff": staff,
        }.items()
    }

    assert hidden == {
        "overseer": {shut.pk, gone.pk},
        "member": {main.pk, opened.pk, shut.pk, gone.pk},
        "staff": {gone.pk},
    }


def test_the_first_accounts_are_those_in_sight_by_their_names(main):
    for name in ("Zebra", "Ant"):
        ChildFactory(main=main, name=name)
    ChildFactory(main=main, name="Bee", accessible=False)
    ChildFactory(main=main, name="Cow", accessible=False)
    child = ChildFactory(main=main, name="Dog", deleted_at=timezone.now())
    person = UserFactory()
    MembershipFactory(user=person, account=main, role=Role.ADMIN)

    shown = [name for _, name, _ in Sight(main, person).first(3)]

    assert shown == sorted(["Ant", "Zebra", main.name])
    assert Sight(child, person).first is None


def test_who_is_known_to_be_an_admin_is_not_asked_about_again(
    main, django_assert_num_queries
):
    person = UserFactory()
    MembershipFactory(user=person, account=main, role=Role.ADMIN)
    main.relations = {Relation.ADMIN}

    with django_assert_num_queries(1):
        known = Sight(main, person)

    main.relations = set()
    with django_assert_num_queries(2):
        asked = Sight(main, person)
    assert known.hidden == asked.hidden == []
