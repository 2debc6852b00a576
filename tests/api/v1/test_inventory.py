"""GET /api/v1/tokens: the tokens of all accounts in reach."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND, invalid, refused
from tests.api.v1.shown import token as shown
from tests.cursors import IMPOSSIBLE, packed
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.models import Token

TOKENS = "/api/v1/tokens"
QUERIES = 3


@pytest.fixture
def api(main):
    return Api.of(main, name="Caller")


def names(api, query=""):
    status, body = api.get(f"{TOKENS}{query}")

    assert status == 200
    return [each["name"] for each in body["items"]]


def log_token(account, name, **columns):
    token = TokenFactory(account=account, kind=Kind.LOGS, name=name)
    Token.objects.filter(pk=token.pk).update(**columns)
    return token


def test_tokens_are_listed_the_newest_first_and_without_secrets(api, main):
    made = log_token(main, "Fluent Bit")

    status, body = api.get(f"{TOKENS}?kind=logs")

    default = main.tokens.get(name="default")
    assert status == 200
    assert body == {"items": [shown(made), shown(default)], "next": None}


def test_main_account_sees_its_children_that_are_accessible(api, main, sub):
    ChildFactory(main=main, accessible=False, name="Shut")
    MainFactory()

    accounts = {each["account_name"] for each in api.get(TOKENS)[1]["items"]}

    assert accounts == {"Acme", "Staging"}


def test_child_sees_its_own_tokens(sub):
    assert names(Api.of(sub, name="Caller")) == ["Caller", "default"]


def test_tokens_of_some_accounts(api, main, sub):
    tracing = ChildFactory(main=main, kind="tracing")
    asked = f"?account={sub.pk}&account={tracing.pk}&account={sub.pk}"

    listed = [each["account_id"] for each in api.get(f"{TOKENS}{asked}")[1]["items"]]

    assert listed == [tracing.pk, sub.pk]


def test_an_account_out_of_reach_fails_the_whole_call(api, main, sub):
    shut = ChildFactory(main=main, accessible=False)
    foreign = MainFactory()

    assert api.get(f"{TOKENS}?account={sub.pk}&account={shut.pk}") == FORBIDDEN
    assert api.get(f"{TOKENS}?account={sub.pk}&account={foreign.pk}") == NOT_FOUND


def test_tokens_by_kind_and_name(api, main):
    ShareFactory(account=main, name="Payments board")
    log_token(main, "PAYMENTS shipper")

    assert names(api, "?kind=shared&kind=api") == ["Payments board", "Caller"]
    assert names(api, "?name=payments") == ["PAYMENTS shipper", "Payments board"]
    assert names(api, "?name=payments&kind=logs") == ["PAYMENTS shipper"]


def test_tokens_by_state(api, main):
    now = timezone.now()
    log_token(main, "off", disabled_at=now)
    log_token(main, "over", expires_at=now)
    log_token(main, "rotating").rotate(by=BY, overlap=timedelta(hours=1))
    ShareFactory(account=main, name="paused").token.disable(by=BY)

    assert names(api, "?state=disabled") == ["off"]
    assert names(api, "?state=paused") == ["paused"]
    assert names(api, "?state=expired&state=rotating") == ["rotating", "over"]
    assert names(api, "?state=active&kind=logs") == ["rotating", "default"]


def test_deleted_tokens_are_listed_apart(api, main):
    log_token(main, "gone").delete_softly(by=BY)

    assert names(api, "?kind=logs") == ["default"]
    (gone,) = api.get(f"{TOKENS}?deleted=true")[1]["items"]
    assert (gone["name"], gone["state"]) == ("gone", "deleted")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("created_before=2021-01-01T00:00:00Z", ["old"]),
        ("created_before=2021-01-01T01:00:01%2B01:00", ["new", "old"]),
        ("created_after=2021-01-01T00:00:00Z", ["default"]),
        ("created_after=2020-12-31T23:59:59Z", ["default", "new"]),
        ("used_after=2020-02-01T00:00:00Z", ["new"]),
        ("used_before=2021-02-01T00:00:00Z", ["old"]),
        ("expires_after=2040-01-01T00:00:00Z", ["new"]),
        ("expires_before=2041-01-01T00:00:00Z", ["old"]),
        (
            "created_after=2020-01-01T00:00:00Z&used_before=2030-01-01T00:00:00Z",
            ["new"],
        ),
        ("never_used=true", ["default"]),
        ("never_expires=true", ["default"]),
        ("never_used=false&never_expires=false", ["default", "new", "old"]),
    ],
)
def test_tokens_by_time(api, main, query, found):
    for name, year in (("old", 2020), ("new", 2021)):
        log_token(
            main,
            name,
            created_at=datetime(year, 1, 1, tzinfo=UTC),
            last_used_at=datetime(year, 2, 1, tzinfo=UTC),
            expires_at=datetime(year + 20, 1, 1, tzinfo=UTC),
        )

    assert names(api, f"?kind=logs&{query}") == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", ["a", "b", "default"]),
        ("-name", ["default", "b", "a"]),
        ("created_at", ["default", "b", "a"]),
        # What is never used or never expires comes last, whatever the direction.
        ("last_used_at", ["a", "b", "default"]),
        ("-expires_at", ["a", "b", "default"]),
    ],
)
def test_tokens_in_order(api, main, sort, found):
    now = timezone.now()
    log_token(main, "b", last_used_at=now, expires_at=now + timedelta(days=1))
    log_token(
        main,
        "a",
        last_used_at=now - timedelta(days=1),
        expires_at=now + timedelta(days=2),
    )

    assert names(api, f"?kind=logs&sort={sort}") == found


def test_pages_keep_what_was_asked_for(api, main):
    for number in range(4):
        log_token(main, f"n{number}")

    first = api.response("GET", f"{TOKENS}?name=n&kind=logs&limit=2&sort=name")
    second = api.response("GET", first["Link"].split(">")[0].removeprefix("<"))

    pages = [
        [each["name"] for each in page.json()["items"]] for page in (first, second)
    ]
    assert pages == [["n0", "n1"], ["n2", "n3"]]
    assert "Link" not in second


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        (
            "created_after=2026-01-01T00:00:00",
            "created_after",
            "must be a time such as 2026-01-31T12:00:00Z",
        ),
        (
            "used_before=1999-12-31T23:59:59Z",
            "used_before",
            "must be in the years 2000 to 2999",
        ),
        (
            "account=0",
            "account.0",
            "Input should be greater than or equal to 1",
        ),
        ("account=1" + 100 * "&account=1", "account", "must not be longer than 100"),
    ],
)
def test_questions_that_make_no_sense_are_refused(api, query, field, message):
    assert api.get(f"{TOKENS}?{query}") == invalid((field, "query", message))


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow(api, main, count, django_assert_num_queries):
    for _ in range(count):
        account = ChildFactory(main=main)
        TokenFactory(account=account)

    # The calling token, the accounts, their tokens.
    with django_assert_num_queries(QUERIES):
        assert len(api.get(TOKENS)[1]["items"]) == 2 + 2 * count


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow_with_the_accounts_that_are_asked_for(
    api, main, count, django_assert_num_queries
):
    children = [ChildFactory(main=main) for _ in range(count)]
    query = "&".join(f"account={child.pk}" for child in children)

    with django_assert_num_queries(QUERIES):
        assert len(api.get(f"{TOKENS}?{query}")[1]["items"]) == count


@pytest.mark.parametrize("moment", IMPOSSIBLE)
@pytest.mark.parametrize("sort", ["created_at", "-expires_at"])
def test_a_cursor_with_an_impossible_time_is_refused(api, moment, sort):
    cursor = packed(["next", sort, moment, 1])
    text = "The cursor is not one of this list. Begin again without it."

    assert api.get(f"{TOKENS}?sort={sort}&cursor={cursor}") == refused(
        "cursor", "unreadable_cursor", text, status=422, where="query"
    )
