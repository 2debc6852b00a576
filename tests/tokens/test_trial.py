"""What Manage tokens says of a trial that runs."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import BY, ChildFactory, MainFactory, TokenFactory
from tokens.trial import trial_end

OTHERS = "All other tokens work on"
OF_LOGS = (
    "; the limit of enabled log shipping tokens falls to 1, and those above it stay "
    "enabled."
)


@pytest.fixture
def trying(db):
    """The main account of an organisation whose trial ends in nine days."""
    ends = timezone.now() + timedelta(days=9, hours=1)
    return MainFactory(name="Acme", plan=Plan.COMMUNITY, trial_ends_at=ends)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "Then no API token can be made until the plan is upgraded."),
        (
            1,
            "Then 1 API token of this account stops working until the plan is upgraded.",
        ),
        (
            2,
            "Then 2 API tokens of this account stop working until the plan is upgraded.",
        ),
    ],
)
def test_what_stops_is_counted(trying, number, words):
    TokenFactory.create_batch(number, account=trying)
    TokenFactory(account=trying).disable(by=BY)

    assert trial_end(trying).consequences == f"{words} {OTHERS}{OF_LOGS}"


def test_an_account_that_takes_no_logs_has_no_limit_of_them(trying):
    security = ChildFactory(main=trying, kind=AccountKind.SECURITY)

    assert trial_end(security).consequences.endswith(f"{OTHERS}.")


@pytest.mark.parametrize(
    ("plan", "days"), [(Plan.PRO, 9), (Plan.COMMUNITY, -1), (Plan.COMMUNITY, None)]
)
def test_where_nothing_stops_nothing_is_said(db, plan, days):
    ends = days and timezone.now() + timedelta(days=days)
    main = MainFactory(plan=plan, trial_ends_at=ends)

    assert trial_end(main) is None


@pytest.mark.parametrize("page", ["tokens:api", "tokens:shipping", "sharing:list"])
def test_every_tab_says_when_the_trial_ends(client, staff, trying, page):
    client.force_login(staff)

    text = client.get(reverse(page, args=[trying.pk])).text

    assert "The trial ends <time" in text
    assert "in 9 days</time>. Then no API token can be made" in text


def test_without_a_trial_the_page_says_nothing_of_one(as_admin, main):
    text = as_admin.get(reverse("tokens:api", args=[main.pk])).text

    assert "The trial ends" not in text
