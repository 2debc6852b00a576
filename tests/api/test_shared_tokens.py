"""/v1/shared-tokens: recorded requests and their answers."""

from datetime import timedelta

import pytest

from accounts.models import Action, AuditEvent
from sharing.models import Share
from tests.api.moment import SECONDS
from tests.api.shared_tokens import SHARED, WEEK, told, unknown
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def share(main, env):
    return ShareFactory(account=main, name="board", filters=[env])


def wire(share, **changes):
    """Return a share of this test as it looks in an answer."""
    return {
        "id": share.pk,
        "name": share.token.name,
        "token": share.secret_text,
        "filters": [each.pk for each in share.filters.order_by("pk")] or None,
        "filtersOperator": "AND",
        "shows": "filtered" if share.filters.exists() else "everything",
        "lastUsed": None,
        "expirationDate": SECONDS + WEEK,
    } | changes


def actions():
    events = AuditEvent.objects.exclude(actor_token_id=None).order_by("pk")
    return list(events.values_list("action", flat=True))


def test_list(main, api, share, env, team):
    second = ShareFactory(account=main, filters=[team, env], operator="OR")
    third = ShareFactory(account=main)
    ShareFactory(account=ChildFactory(main=main))
    second.token.note_use("192.0.2.1", "")

    assert api.get(SHARED) == (
        200,
        [
            wire(share),
            wire(second, filtersOperator="OR", lastUsed=SECONDS),
            wire(third),
        ],
    )
    (event,) = AuditEvent.objects.exclude(actor_token_id=None)
    assert (event.action, event.target) == (Action.TOKEN_REVEALED, "3 shared tokens")
    assert event.data == {"token_ids": [share.pk, second.pk, third.pk]}


@pytest.mark.parametrize("others", [0, 1])
def test_a_link_that_lost_a_filter_is_not_read_as_one_that_shows_everything(
    main, api, share, others
):
    second = ShareFactory(
        account=main,
        filters=[
            FilterFactory(account=main, value="gone"),
            *FilterFactory.create_batch(others, account=main),
        ],
    )
    second.filters.get(value="gone").delete_narrowing(by=BY)

    shown = wire(second, shows="nothing")
    shown["filters"] = [each.pk for each in second.filters.all()]
    assert api.get(SHARED) == (200, [wire(share), shown])


def test_list_of_none(api):
    assert api.get(SHARED) == (200, [])
    assert actions() == []


def test_get(api, share):
    assert api.get(f"{SHARED}/{share.pk}") == (200, wire(share))
    assert actions() == [Action.TOKEN_REVEALED]


def test_get_update_and_delete_see_only_standing_shared_tokens_of_the_account(
    main, api, share
):
    share.token.delete_softly(by=BY)
    hidden = [
        share.pk,
        ShareFactory(account=ChildFactory(main=main)).pk,
        ShareFactory(account=MainFactory()).pk,
        main.tokens.get(kind="logs").pk,
        0,
        2**63,
        10**30,
    ]

    for pk in hidden:
        address = f"{SHARED}/{pk}"
        assert api.get(address) == unknown(main, pk)
        assert api.put(address, {"filters": []}) == unknown(main, pk)
        assert api.delete(address) == unknown(main, pk)
    assert not Share.objects.filter(pk=share.pk, shows_everything=True).exists()


def test_update_attaches_filters(api, share, env, team):
    assert api.put(
        f"{SHARED}/{share.pk}",
        {"filters": [env.pk, team.pk], "filtersOperator": "AND"},
    ) == (200, wire(share, filters=[env.pk, team.pk]))
    assert actions() == [Action.SHARE_CHANGED, Action.TOKEN_REVEALED]


def test_update_keeps_what_is_not_named(main, api, env, team):
    share = ShareFactory(account=main, filters=[env], operator="OR")

    assert api.put(f"{SHARED}/{share.pk}", {"filters": [team.pk]}) == (
        200,
        wire(share, filters=[team.pk], filtersOperator="OR"),
    )


def test_update_removes_all_filters_and_says_so_in_the_audit_trail(api, share):
    assert api.put(f"{SHARED}/{share.pk}", {"filters": []}) == (
        200,
        wire(share, filters=None),
    )
    assert actions() == [
        Action.SHARE_CHANGED,
        Action.SHARE_WIDENED,
        Action.TOKEN_REVEALED,
    ]


def test_update_to_the_same_changes_nothing(api, share, env):
    body = {"filters": [env.pk], "filtersOperator": "AND"}

    assert api.put(f"{SHARED}/{share.pk}", body) == (200, wire(share))
    assert actions() == [Action.TOKEN_REVEALED]


def test_update_ignores_the_name_and_takes_an_expiry(api, share, env):
    body = {"name": "new", "filters": [env.pk], "expirationDate": SECONDS + 60}

    assert api.put(f"{SHARED}/{share.pk}", body) == (
        200,
        wire(share, expirationDate=SECONDS + 60),
    )


def test_update_leaves_an_expiry_alone_that_has_passed(api, share, env, clock):
    clock.shift(timedelta(days=8))

    assert api.put(f"{SHARED}/{share.pk}", {"filters": [env.pk]}) == (200, wire(share))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "filters must be given"),
        (b"", "must be given"),
        ({"filters": [], "expirationDate": 5}, "The expiry must be in the future."),
        (
            {"filters": [], "expirationDate": None},
            "Shared tokens need an expiry in this organisation.",
        ),
    ],
)
def test_update_says_what_is_wrong(api, share, body, message):
    assert api.put(f"{SHARED}/{share.pk}", body) == told(message)
    assert actions() == []


def test_delete(main, api, share):
    assert api.delete(f"{SHARED}/{share.pk}") == (204, None)
    assert api.get(f"{SHARED}/{share.pk}") == unknown(main, share.pk)
    assert api.get(SHARED) == (200, [])
    assert actions() == [Action.TOKEN_DELETED]


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(
    main, api, env, count, django_assert_num_queries
):
    for _ in range(count):
        ShareFactory(account=main, filters=[env])
    api.get("/v2/whoami")

    with django_assert_num_queries(7):
        _, answer = api.get(SHARED)

    assert len(answer) == count
