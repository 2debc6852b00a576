"""POST /v1/shared-tokens: recorded requests and their answers."""

import pytest

from accounts.lifecycle import edit_organisation
from sharing.models import Share
from tests.api.calls import Api, secret
from tests.api.moment import SECONDS
from tests.api.shared_tokens import SHARED, WEEK, told, unknown
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    ShareFactory,
    organisation_of,
)
from tokens.models import Token

pytestmark = pytest.mark.usefixtures("clock")
MAX_INT32 = 2**31 - 1


@pytest.fixture
def share(main, env):
    return ShareFactory(account=main, name="board", filters=[env])


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
            "shows": "filtered",
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
