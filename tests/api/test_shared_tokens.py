"""/v1/shared-tokens: recorded requests and their answers."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.lifecycle import edit_organisation
from accounts.models import Action, AuditEvent
from sharing.models import Share
from tests.api.calls import Api, secret
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
    organisation_of,
)
from tokens.models import Token

SHARED = "/v1/shared-tokens"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECONDS = 1795435200.0
WEEK = 7 * 24 * 3600
MAX_INT32 = 2**31 - 1


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def env(main):
    return FilterFactory(account=main, field="env", value="test")


@pytest.fixture
def team(main):
    return FilterFactory(account=main, field="team", value="payments")


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
        "lastUsed": None,
        "expirationDate": SECONDS + WEEK,
    } | changes


def told(message):
    return 400, {"message": message}


def unknown(account, pk, what="token"):
    return told(f"{what} with id {pk} not found for account {account.pk}")


def actions():
    events = AuditEvent.objects.exclude(actor_token_id=None).order_by("pk")
    return list(events.values_list("action", flat=True))


def test_create(main, api, env, team):
    status, body = api.post(
        SHARED,
        {
            "tokenName": "board",
            "filters": [team.pk, env.pk],
            "filtersOperator": "OR",
        },
    )

    assert (status, body) == (
        200,
        {
            "id": Token.objects.get(name="board").pk,
            "name": "board",
            "token": secret("tgs_"),
            "filters": [env.pk, team.pk],
            "filtersOperator": "OR",
            "lastUsed": None,
            "expirationDate": SECONDS + WEEK,
        },
    )
    assert api.get(f"{SHARED}/{body['id']}") == (200, body)
    assert api.get(SHARED) == (200, [body])


@pytest.mark.parametrize("filters", [[], None])
def test_create_without_filters_shows_everything(api, filters):
    status, body = api.post(SHARED, {"tokenName": "all", "filters": filters})

    assert (status, body["filters"], body["filtersOperator"]) == (200, None, "AND")
    assert Share.objects.get().shows_everything


def test_create_does_not_show_everything_by_omission(api):
    assert api.post(SHARED, {"tokenName": "all"}) == told("filters must be given")
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    ("given", "operator"),
    [(["OR"], "OR"), (["AND"], "AND"), ("OR", "OR"), (None, "AND"), ([], "AND")],
)
def test_create_takes_the_operator_as_text_or_array(api, env, given, operator):
    body = {"tokenName": "board", "filters": [env.pk], "filtersOperator": given}

    assert api.post(SHARED, body)[1]["filtersOperator"] == operator


@pytest.mark.parametrize("filters", ["{0}", "{0}.0", "[{0}, {0}]", '["{0}"]'])
def test_create_takes_filters_as_clients_write_them(api, env, filters):
    listed = filters.format(env.pk)

    status, body = api.post(
        SHARED, f'{{"tokenName": "board", "filters": {listed}}}'.encode()
    )

    assert (status, body["filters"]) == (200, [env.pk])


@pytest.mark.parametrize(
    ("given", "expires"),
    [
        (SECONDS + 60, SECONDS + 60),
        (int(SECONDS) + 60, SECONDS + 60),
        ([SECONDS + 60], SECONDS + 60),
    ],
)
def test_create_takes_an_expiry(api, given, expires):
    body = {"tokenName": "board", "filters": [], "expirationDate": given}

    assert api.post(SHARED, body)[1]["expirationDate"] == expires


@pytest.mark.parametrize("given", [None, []])
def test_create_without_end_needs_leave(main, api, given):
    body = {"tokenName": "board", "filters": [], "expirationDate": given}

    assert api.post(SHARED, body) == told(
        "Shared tokens need an expiry in this organisation."
    )
    edit_organisation(organisation_of(main), by=BY, allows_endless_links=True)
    assert api.post(SHARED, body)[1]["expirationDate"] is None


def test_create_understands_older_clients(api, env):
    status, body = api.post(
        SHARED, {"post": {"name": "board", "token": "ignored", "filters": [env.pk]}}
    )

    assert (status, body["name"], body["filters"]) == (200, "board", [env.pk])
    assert body["token"] == secret("tgs_")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"tokenName": ""}, "Give the token a name."),
        ({"tokenName": "Board"}, "There is already a token named Board here."),
        ({"tokenName": None}, "tokenName Input should be a valid string"),
        ({"filtersOperator": "XOR"}, "filtersOperator Input should be 'AND' or 'OR'"),
        (
            {"filtersOperator": ["AND", "OR"]},
            "filtersOperator Input should be 'AND' or 'OR'",
        ),
        (
            {"filters": ["x", True]},
            "filters.0 Input should be a valid integer, "
            "unable to parse string as an integer; filters.1 must be a number",
        ),
        (
            {"filters": [2**31]},
            "filters.0 Input should be less than or equal to 2147483647",
        ),
        (
            {"filters": [1] * 1001},
            "filters must not be longer than 1000",
        ),
        ({"expirationDate": 1e300}, "expirationDate must be seconds since 1970"),
        ({"expirationDate": SECONDS}, "The expiry must be in the future."),
        (b"{", "The body is not valid JSON"),
        ([], "must be a JSON object"),
        ({"post": None}, "must be a JSON object"),
    ],
)
def test_create_says_what_is_wrong(api, share, body, message):
    asked = {"tokenName": "new", "filters": []} | body if type(body) is dict else body

    assert api.post(SHARED, asked) == told(message)
    assert Share.objects.count() == 1


def test_create_refuses_an_unknown_filter(main, api):
    foreign = FilterFactory(account=ChildFactory(main=main))

    for pk in (foreign.pk, MAX_INT32):
        body = {"tokenName": "board", "filters": [pk]}
        assert api.post(SHARED, body) == unknown(main, pk, "filter")


def test_create_is_refused_where_there_are_no_logs(main):
    metrics = ChildFactory(main=main, kind="metrics")

    assert Api.of(metrics).post(SHARED, {"tokenName": "x", "filters": []}) == told(
        "A Metrics account has no shared tokens."
    )


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

    with django_assert_num_queries(11):
        _, answer = api.get(SHARED)

    assert len(answer) == count
