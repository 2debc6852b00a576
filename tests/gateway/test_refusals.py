"""Why a token is refused, in the words that its caller is told."""

import pytest
from django.utils import timezone

from accounts.models import Account
from accounts.plans import Plan
from gateway.verify.decisions import decide
from gateway.verify.signal import SIGNALS
from tests.factories import (
    BY,
    FilterFactory,
    ShareFactory,
    TokenFactory,
    organisation_of,
)
from tests.gateway.decided import row_of, told


def test_a_shared_token_that_lost_its_filter_shows_nothing(main):
    narrowing = FilterFactory(account=main)
    share = ShareFactory(account=main, filters=[narrowing])
    type(share).objects.filter(pk=share.pk).update(lost_filter="env: prod")

    refused = told(share.token)

    assert (refused.status, refused.reason) == ("403 Forbidden", "shows_nothing")


def test_nothing_is_looked_up_behind_a_token_that_is_refused(
    main, django_assert_num_queries
):
    tokens = ShareFactory(account=main).token, TokenFactory(account=main)
    for token in tokens:
        token.disable(by=BY)
    rows = [row_of(token) for token in tokens]

    with django_assert_num_queries(0):
        reasons = [decide(SIGNALS["query-logs"], row).reason for row in rows]

    assert reasons == ["paused", "disabled"]


def test_an_end_is_told_rather_than_that_nothing_is_shown(main):
    share = ShareFactory(account=main)
    type(share).objects.filter(pk=share.pk).update(lost_filter="env: prod")
    share.token.disable(by=BY)

    assert told(share.token).reason == "paused"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"disabled_at": timezone.now()}, "disabled"),
        ({"deleted_at": timezone.now()}, "deleted"),
        ({"expires_at": timezone.now()}, "expired"),
    ],
)
def test_a_stopped_token_is_refused_with_its_reason(main, fields, reason):
    token = TokenFactory(account=main)
    type(token).objects.filter(pk=token.pk).update(**fields)

    refused = told(token)

    assert (refused.status, refused.reason) == ("403 Forbidden", reason)
    row = row_of(token)
    assert (refused.token_id, refused.counted_as) == (
        token.pk,
        (token.pk, row.pk, row.born),
    )


def test_a_paused_link_is_refused(main):
    share = ShareFactory(account=main)
    share.token.disable(by=BY)

    assert told(share.token).reason == "paused"


def test_a_stopped_account_stops_its_tokens(main):
    token = TokenFactory(account=main)
    Account.objects.filter(pk=main.pk).update(suspended_at=timezone.now())

    assert told(token).reason == "account_stopped"


def test_a_plan_without_api_stops_api_tokens(main):
    token = TokenFactory(account=main)
    organisation = organisation_of(main)
    organisation.plan = Plan.COMMUNITY
    organisation.save()

    assert told(token).reason == "no_api_on_plan"


def test_a_secret_that_was_rotated_away_is_refused_although_the_token_works(main):
    token = TokenFactory(account=main)
    old = row_of(token)
    token.rotate(by=BY)
    old.refresh_from_db()

    assert decide(SIGNALS["api"], old).reason == "rotated"
