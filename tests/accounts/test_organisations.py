"""Organisations: founded, changed, suspended; and their plans."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from accounts import lifecycle
from accounts.models import Account, Action, AuditEvent
from accounts.plans import Plan
from tests.accounts.changes import events, fresh
from tests.factories import BY, ChildFactory, MainFactory


def test_founding_makes_organisation_main_account_and_token(db):
    main = lifecycle.found_organisation(name="Acme", plan=Plan.PRO, by=BY)

    assert (main.kind, main.name, str(main.organisation)) == ("main", "Acme", "Acme")
    assert [(token.kind, token.name) for token in main.tokens.all()] == [
        ("logs", "default")
    ]
    assert events(main) == [
        Action.ORGANISATION_CREATED,
        Action.ACCOUNT_CREATED,
        Action.TOKEN_CREATED,
    ]


def test_editing_an_organisation_says_what_changed(main):
    organisation = main.organisation
    ends = timezone.now() + timedelta(days=14)

    lifecycle.edit_organisation(
        organisation, by=BY, plan=Plan.COMMUNITY, trial_ends_at=ends
    )
    lifecycle.edit_organisation(organisation, by=BY, plan=Plan.COMMUNITY)

    event = AuditEvent.objects.order_by("-pk").first()
    assert event.action == Action.ORGANISATION_UPDATED
    assert event.data["changes"] == [
        ["plan", "pro", "community"],
        ["trial_ends_at", None, ends.isoformat()],
    ]


def test_suspending_an_organisation_stops_all_of_it(main, sub):
    organisation = main.organisation

    lifecycle.suspend_organisation(organisation, by=BY, reason="Unpaid")
    stopped = [fresh(main).state, fresh(sub).state, fresh(sub).is_running]
    lifecycle.resume_organisation(organisation, by=BY)

    assert stopped == ["suspended", "suspended", False]
    assert fresh(sub).is_running
    assert events(sub)[-2:] == [
        Action.ORGANISATION_SUSPENDED,
        Action.ORGANISATION_RESUMED,
    ]


def test_an_organisation_stops_and_resumes_once(main):
    stale = fresh(main).organisation

    lifecycle.suspend_organisation(main.organisation, by=BY, reason="Unpaid")
    lifecycle.suspend_organisation(stale, by=BY, reason="Twice")
    first = fresh(main).organisation.suspension_reason
    lifecycle.resume_organisation(main.organisation, by=BY)
    lifecycle.resume_organisation(stale, by=BY)

    assert first == "Unpaid"
    assert events(main)[-2:] == [
        Action.ORGANISATION_SUSPENDED,
        Action.ORGANISATION_RESUMED,
    ]
    assert fresh(main).is_running


@pytest.mark.parametrize(
    ("plan", "days", "api_tokens", "sub_accounts", "log_tokens"),
    [
        (Plan.COMMUNITY, None, False, False, 1),
        (Plan.COMMUNITY, 1, True, True, 15),
        (Plan.COMMUNITY, -1, False, False, 1),
        (Plan.PRO, None, True, True, 15),
        (Plan.PRO, -1, True, True, 15),
        (Plan.ENTERPRISE, None, True, True, 15),
    ],
)
def test_what_a_plan_entitles_to(
    main, plan, days, api_tokens, sub_accounts, log_tokens
):
    organisation = main.organisation
    organisation.plan = plan
    organisation.trial_ends_at = days and timezone.now() + timedelta(days=days)

    entitled = organisation.entitlement

    assert (
        entitled.api_tokens,
        entitled.sub_accounts,
        entitled.enabled_log_tokens,
    ) == (api_tokens, sub_accounts, log_tokens)


def test_a_plan_that_becomes_flexible_takes_its_main_account_along(main, sub):
    organisation = main.organisation
    lifecycle.edit_organisation(organisation, by=BY, is_flexible=True)

    account = fresh(main)
    assert (account.is_flexible, account.reserved_daily_gb) == (True, 1)
    assert (account.max_daily_gb, account.version) == (None, 2)
    assert not fresh(sub).is_flexible
    assert events(main)[-2:] == [Action.ORGANISATION_UPDATED, Action.ACCOUNT_UPDATED]

    lifecycle.edit_account(account, by=BY, max_daily_gb=5)
    lifecycle.edit_organisation(organisation, by=BY, is_flexible=False)
    account = fresh(main)
    assert (account.is_flexible, account.reserved_daily_gb) == (False, None)
    assert account.max_daily_gb is None


def test_other_changes_of_a_plan_leave_the_main_account(main):
    lifecycle.edit_organisation(main.organisation, by=BY, daily_gb=7)

    assert fresh(main).version == 1


def test_main_accounts_got_the_days_that_their_subs_have_in_the_warm_tier(main, sub):
    low = MainFactory(warm_tier=True)
    Account.objects.filter(pk__in=[main.pk, low.pk]).update(
        snap_search_retention_days=9
    )
    child = ChildFactory(main=low)
    for account, days in ((sub, 8), (child, 12)):
        Account.objects.filter(pk=account.pk).update(snap_search_retention_days=days)
    migration = "accounts.migrations.0018_warm_days_up_to_the_main_accounts"

    import_module(migration).give_main_accounts_the_most_days(apps, None)

    assert [fresh(each).snap_search_retention_days for each in (main, low)] == [9, 12]
