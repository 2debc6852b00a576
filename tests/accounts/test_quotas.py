"""Whether a plan adds up, as tables: what is refused, at which field, by how much."""

import pytest

from accounts import quotas
from accounts.lifecycle import edit_account, edit_organisation
from accounts.models import Account, AccountKind
from accounts.plans import Plan
from accounts.quotas import VolumeShare
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, MainFactory


@pytest.mark.parametrize(
    ("total", "used", "left", "percent"),
    [
        (10, 4, 6, 40),
        (10, 10, 0, 100),
        (10, 12, -2, 100),
        (0, 0, 0, 0),
        (3, 1, 2, 33),
    ],
)
def test_share(total, used, left, percent):
    share = VolumeShare(total, used)

    assert (share.left, share.percent) == (left, percent)


def outcome(account):
    """Return at which field and why the plan does not add up, or None."""
    try:
        quotas.check(account)
    except RuleViolation as refusal:
        reason = refusal.parameters["reason"]
        if refusal.message == f"The plan does not add up: {reason}.":
            return refusal.field, reason
        raise
    return None


def new(main, kind, **fields):
    return Account(organisation=main.organisation, kind=kind, name="New", **fields)


FIXED = [
    ({"max_daily_gb": 40}, None),
    ({"max_daily_gb": 0}, None),
    (
        {"max_daily_gb": 40.5},
        ("max_daily_gb", "the daily volume exceeds what is left by 0.5 GB"),
    ),
    (
        {"max_daily_gb": 140},
        ("max_daily_gb", "the daily volume exceeds what is left by 100 GB"),
    ),
    ({}, ("max_daily_gb", "an account without flexible volume needs a volume")),
    (
        {"max_daily_gb": 1, "reserved_daily_gb": 1},
        ("reserved_daily_gb", "only flexible accounts reserve volume"),
    ),
    (
        {"is_flexible": True, "reserved_daily_gb": 1},
        ("is_flexible", "the plan has no flexible volume"),
    ),
    (
        {"max_daily_gb": 1, "soft_limit_gb": 5},
        ("soft_limit_gb", "a usage limit exists on consumption plans only"),
    ),
    (
        {"max_daily_gb": 1, "snap_search_retention_days": 30},
        ("snap_search_retention_days", "the plan has no warm tier"),
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "refused"), FIXED)
def test_fixed_volume(fields, refused):
    main = MainFactory(daily_gb=100)
    ChildFactory(main=main, max_daily_gb=60)

    assert outcome(new(main, AccountKind.SUB, **fields)) == refused


FLEXIBLE = [
    ({"reserved_daily_gb": 69}, None),
    ({"reserved_daily_gb": 10, "max_daily_gb": 69}, None),
    ({"reserved_daily_gb": 10, "max_daily_gb": 10}, None),
    (
        {},
        ("reserved_daily_gb", "flexible volume needs a reserved daily volume"),
    ),
    (
        {"reserved_daily_gb": 70},
        (
            "reserved_daily_gb",
            "the reserved volume exceeds what is left of the plan by 1 GB",
        ),
    ),
    (
        {"reserved_daily_gb": 20, "max_daily_gb": 10},
        (
            "max_daily_gb",
            "reserved daily volume=20 is bigger than max daily volume=10",
        ),
    ),
    (
        {"reserved_daily_gb": 20, "max_daily_gb": 80},
        ("max_daily_gb", "the cap exceeds the reserved and shared volume by 11 GB"),
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "refused"), FLEXIBLE)
def test_flexible_volume(fields, refused):
    main = MainFactory(daily_gb=100, is_flexible=True)
    ChildFactory(main=main, is_flexible=True, reserved_daily_gb=30, max_daily_gb=None)

    account = new(main, AccountKind.SUB, is_flexible=True, **fields)

    assert outcome(account) == refused


@pytest.mark.django_db
def test_a_flexible_main_account_reserves_at_least_1_gb():
    main = MainFactory(daily_gb=100, is_flexible=True)
    main.reserved_daily_gb = 0.5

    assert outcome(main) == (
        "reserved_daily_gb",
        "the main account needs at least 1 GB reserved",
    )


@pytest.mark.django_db
def test_a_main_account_without_flexible_volume_has_what_is_left(main):
    assert outcome(main) is None


CONSUMPTION = [
    ({"soft_limit_gb": None}, None),
    ({"soft_limit_gb": 60}, None),
    (
        {"soft_limit_gb": 61},
        ("soft_limit_gb", "the usage limits exceed the cap by 1 GB"),
    ),
    ({"soft_limit_gb": 0}, ("soft_limit_gb", "the usage limit must be above 0 GB")),
    ({"soft_limit_gb": -1}, ("soft_limit_gb", "the usage limit must be above 0 GB")),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "refused"), CONSUMPTION)
def test_consumption(fields, refused):
    main = MainFactory(is_consumption=True, hard_cap_gb=100)
    ChildFactory(main=main, soft_limit_gb=40)

    assert outcome(new(main, AccountKind.SUB, max_daily_gb=1, **fields)) == refused


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "refused"),
    [
        (4, None),
        (
            3,
            ("retention_days", "the warm tier needs at least 4 days of hot retention"),
        ),
    ],
)
def test_warm_tier(days, refused):
    main = MainFactory(warm_tier=True)
    edit_account(main, by=BY, snap_search_retention_days=30)
    account = new(
        main,
        AccountKind.SUB,
        max_daily_gb=1,
        retention_days=days,
        snap_search_retention_days=30,
    )

    assert outcome(account) == refused


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "most"), [(31, 30), (1, 0), (1, None)])
def test_no_sub_has_more_days_in_the_warm_tier_than_the_main_account(days, most):
    main = MainFactory(warm_tier=True)
    edit_account(main, by=BY, snap_search_retention_days=most)
    size = {"max_daily_gb": 1, "snap_search_retention_days": days}

    assert outcome(new(main, AccountKind.SUB, **size)) == (
        "snap_search_retention_days",
        "a sub account has at most as many days in the warm tier as the main account",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_consumption", "limit", "reason"),
    [
        (False, 1, "a usage limit exists on consumption plans only"),
        (True, -1, "the usage limit must not be below 0 GB"),
        (True, 0, None),
        (False, None, None),
    ],
)
def test_the_usage_limit_of_traces(is_consumption, limit, reason):
    main = MainFactory(is_consumption=is_consumption)

    told = outcome(new(main, AccountKind.TRACING, soft_limit_gb=limit))

    assert told == (reason and ("soft_limit_gb", reason))


AMOUNTS = [
    (AccountKind.METRICS, {"plan_uts": 4000}, None),
    (AccountKind.METRICS, {"plan_uts": None}, None),
    (
        AccountKind.METRICS,
        {"plan_uts": 5500},
        ("plan_uts", "that is 1,500 time series more than the plan has left"),
    ),
    (AccountKind.TRACING, {"monthly_spans": 900}, None),
    (
        AccountKind.TRACING,
        {"monthly_spans": 2_000_900},
        ("monthly_spans", "that is 2,000,000 spans more than the plan has left"),
    ),
    (AccountKind.SECURITY, {}, None),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "fields", "refused"), AMOUNTS)
def test_amounts(kind, fields, refused):
    main = MainFactory(unique_time_series=10_000, monthly_spans=1000)
    ChildFactory(main=main, kind=AccountKind.METRICS, plan_uts=6000)
    ChildFactory(main=main, kind=AccountKind.TRACING, monthly_spans=100)

    assert outcome(new(main, kind, **fields)) == refused


@pytest.mark.django_db
def test_an_account_does_not_count_against_itself():
    main = MainFactory(daily_gb=100)
    sub = ChildFactory(main=main, max_daily_gb=60)

    edit_account(sub, by=BY, max_daily_gb=100)

    sub.refresh_from_db()
    assert sub.max_daily_gb == 100


@pytest.mark.django_db
def test_a_deleted_account_does_not_count():
    main = MainFactory(daily_gb=100)
    sub = ChildFactory(main=main, max_daily_gb=60)
    Account.objects.filter(pk=sub.pk).update(deleted_at=sub.created_at)

    assert outcome(new(main, AccountKind.SUB, max_daily_gb=100)) is None
    assert quotas.accounts_of(main.organisation, AccountKind.SUB).used == 0


LIMITED = [
    (AccountKind.SUB, "max_sub_accounts", "sub account"),
    (AccountKind.METRICS, "max_metrics_accounts", "metrics"),
    (AccountKind.TRACING, "max_tracing_accounts", "tracing"),
    (AccountKind.SECURITY, "max_security_accounts", "security"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "field", "word"), LIMITED)
def test_the_number_of_accounts_is_limited(kind, field, word):
    main = MainFactory(**{field: 1})
    quotas.check_room(main.organisation, kind)
    ChildFactory(main=main, kind=kind)

    with pytest.raises(RuleViolation) as refusal:
        quotas.check_room(main.organisation, kind)

    assert refusal.value.code == "account_limit"
    assert word in refusal.value.message


@pytest.mark.django_db
def test_community_has_no_sub_accounts(main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    with pytest.raises(
        RuleViolation, match="Sub accounts need the Pro or Enterprise plan"
    ):
        quotas.check_room(main.organisation, AccountKind.SUB)
    quotas.check_room(main.organisation, AccountKind.METRICS)
