"""/v1/log-shipping/tokens: recorded requests and their answers."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Action, AuditEvent
from accounts.plans import Plan
from tests.api.calls import Api, coded, invalid, secret
from tests.factories import ChildFactory, MainFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token

TOKENS = "/v1/log-shipping/tokens"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECONDS = 1795435200.0
LATER = 1795435260.0
LAST_ENABLED = (
    "This is the last enabled log shipping token. "
    "An account needs one at any time: add or enable another one first."
)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def invoices(main):
    return TokenFactory(account=main, kind=Kind.LOGS, name="invoices")


def wire(token, **changes):
    """Return a token of this test as it looks in an answer."""
    return {
        "id": token.pk,
        "name": token.name,
        "token": token.secret_text,
        "enabled": True,
        "createdAt": SECONDS,
        "createdBy": "factory@example.com",
        "updatedAt": SECONDS,
        "updatedBy": "factory@example.com",
    } | changes


def events():
    """Return what the API's tokens did, by the audit trail."""
    return [
        (event.action, event.target)
        for event in AuditEvent.objects.exclude(actor_token_id=None).order_by("pk")
    ]


def not_found(pk):
    message = f"log shipping token {pk} not found"
    return coded("log-shipping-token/NOT_FOUND", message, status=404)


def test_create(main, api):
    status, body = api.post(TOKENS, {"name": "invoices"})

    assert (status, body) == (
        201,
        {
            "id": Token.objects.get(name="invoices").pk,
            "name": "invoices",
            "token": secret("tgl_"),
            "enabled": True,
            "createdAt": SECONDS,
            "createdBy": "factory@example.com",
            "updatedAt": SECONDS,
            "updatedBy": "factory@example.com",
        },
    )
    assert api.get(f"{TOKENS}/{body['id']}") == (200, body)


def test_create_names_the_token_in_the_audit_trail_and_its_maker_on_the_wire(main):
    by = TokenFactory(account=main, name="Terraform")
    Token.objects.filter(pk=by.pk).update(created_by="ada@acme.example")

    _, body = Api(by.secret_text).post(TOKENS, {"name": "invoices"})

    event = AuditEvent.objects.get(token_id=body["id"])
    assert (event.actor_label, event.actor_token_id) == ("Terraform", by.pk)
    assert (event.user, event.ip) == (None, "127.0.0.1")
    assert (body["createdBy"], body["updatedBy"]) == ("ada@acme.example",) * 2


@pytest.mark.parametrize(
    ("asked", "enabled"),
    [
        ({}, True),
        ({"enabled": None}, True),
        ({"enabled": ""}, True),
        ({"enabled": "true"}, True),
        ({"enabled": False}, False),
        ({"enabled": "False"}, False),
    ],
)
def test_create_takes_any_spelling_of_enabled(api, asked, enabled):
    status, body = api.post(TOKENS, {"name": "invoices"} | asked)

    assert (status, body["enabled"]) == (201, enabled)


def test_create_trims_the_name_and_ignores_what_it_does_not_know(api):
    status, body = api.post(TOKENS, {"name": "  my  invoices ", "colour": "red"})

    assert (status, body["name"]) == (201, "my invoices")


@pytest.mark.parametrize("name", ["invoices", "INVOICES", " invoices "])
def test_create_refuses_a_name_twice(api, invoices, name):
    shown = " ".join(name.split())

    assert api.post(TOKENS, {"name": name}) == coded(
        "log-shipping-token/DUPLICATE_NAME",
        f"There is already a token named {shown} here.",
    )


@pytest.mark.parametrize(
    ("body", "name", "problem"),
    [
        ({}, "name", "must be given"),
        ({"name": None}, "name", "must be given"),
        ({"name": 5}, "name", "Input should be a valid string"),
        ({"name": ""}, "name", "Give the token a name."),
        ({"name": " \t"}, "name", "Give the token a name."),
        ({"name": "x" * 101}, "name", "Names have up to 100 characters."),
        ({"name": "a\x01b"}, "name", "Control characters are not allowed."),
        ({"name": "a\x00b"}, "name", "must not contain NUL or broken characters"),
        ({"name": "a\ud800b"}, "name", "must not contain NUL or broken characters"),
        ({"name": "a", "enabled": "maybe"}, "enabled", "must be true or false"),
        ({"name": "a", "enabled": 1}, "enabled", "must be true or false"),
        ([], "", "must be a JSON object"),
        (None, "", "must be a JSON object"),
        (b"", "", "must be given"),
        (b" ", "", "The body is not valid JSON"),
        (b"{", "", "The body is not valid JSON"),
        (b"\xff", "", "The body is not valid JSON"),
        (b'{"name": NaN}', "", "The body is not valid JSON"),
        (b"[" * 100_000, "", "The body is not valid JSON"),
        (b"1" * 10_000, "", "The body is not valid JSON"),
        (b"name=invoices", "", "The body is not valid JSON"),
    ],
)
def test_create_says_what_is_wrong(api, body, name, problem):
    assert api.post(TOKENS, body) == invalid("/log-shipping/tokens", (name, problem))
    assert Token.objects.of_kind(Kind.LOGS).count() == 1


def test_create_refuses_a_huge_body(api):
    assert api.post(TOKENS, b" " * 3_000_000) == coded(
        "log-shipping-token/BODY_TOO_LARGE", "The body is too large.", status=413
    )


def test_create_keeps_to_the_limit_of_enabled_tokens(api):
    for number in range(14):
        assert api.post(TOKENS, {"name": f"token {number}"})[0] == 201

    assert api.post(TOKENS, {"name": "one more"}) == coded(
        "log-shipping-token/LIMIT_REACHED",
        "The plan allows 15 enabled log shipping tokens per account. "
        "Disable one first.",
    )
    status, body = api.post(TOKENS, {"name": "one more", "enabled": "false"})
    assert (status, body["enabled"]) == (201, False)
    assert api.get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 15, "numOfEnabledTokens": 15},
    )
    assert api.put(f"{TOKENS}/{body['id']}", {"enabled": "true"}) == coded(
        "log-shipping-token/LIMIT_REACHED",
        "The plan allows 15 enabled log shipping tokens per account. "
        "Disable one first.",
    )


def test_create_is_refused_where_nothing_is_shipped_to(main):
    security = ChildFactory(main=main, kind="security")

    assert Api.of(security).post(TOKENS, {"name": "a"}) == coded(
        "log-shipping-token/ACCOUNT_TYPE_HAS_NO_SHIPPING_TOKENS",
        "A Security account has no log shipping tokens.",
    )
    assert Api.of(security).get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 0, "numOfEnabledTokens": 0},
    )


def test_get(api, invoices):
    assert api.get(f"{TOKENS}/{invoices.pk}") == (200, wire(invoices))
    assert events() == [
        (Action.TOKEN_REVEALED, f"invoices ({invoices.masked})"),
    ]


@pytest.mark.parametrize("pk", [0, 999, 2**31, 2**63, 10**30])
def test_get_of_an_unknown_id(api, pk):
    assert api.get(f"{TOKENS}/{pk}") == not_found(pk)


@pytest.mark.parametrize("pk", ["-1", "x", "1.0"])
def test_get_of_what_is_no_id(api, pk):
    answer = coded("tollgate/NOT_FOUND", "Not Found", status=404)

    assert api.get(f"{TOKENS}/{pk}") == answer


def test_get_update_and_delete_see_only_standing_log_tokens_of_the_account(main, api):
    deleted = TokenFactory(account=main, kind=Kind.LOGS, name="deleted")
    api.delete(f"{TOKENS}/{deleted.pk}")
    hidden = [
        deleted,
        TokenFactory(account=main, name="an API token"),
        TokenFactory(account=ChildFactory(main=main), kind=Kind.LOGS),
        TokenFactory(account=MainFactory(), kind=Kind.LOGS),
    ]

    for token in hidden:
        address = f"{TOKENS}/{token.pk}"
        assert api.get(address) == not_found(token.pk)
        assert api.put(address, {"name": "taken over"}) == not_found(token.pk)
        assert api.delete(address) == not_found(token.pk)
    assert not Token.objects.filter(name="taken over").exists()


def test_get_without_the_encryption_key_is_unavailable(api, invoices):
    StoredSecret.objects.filter(token=invoices).update(envelope=b"\x00" * 60)

    response = api.response("GET", f"{TOKENS}/{invoices.pk}")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["errorCode"] == "log-shipping-token/UNAVAILABLE"
    assert events() == []


def test_update_renames_and_disables(api, invoices, clock):
    clock.shift(60)

    assert api.put(
        f"{TOKENS}/{invoices.pk}", {"name": "bills", "enabled": "false"}
    ) == (200, wire(invoices, name="bills", enabled=False, updatedAt=LATER))
    assert [action for action, _ in events()] == [
        Action.TOKEN_RENAMED,
        Action.TOKEN_DISABLED,
        Action.TOKEN_REVEALED,
    ]


def test_update_enables(api, invoices):
    api.put(f"{TOKENS}/{invoices.pk}", {"name": "invoices", "enabled": "false"})

    answer = api.put(f"{TOKENS}/{invoices.pk}", {"name": "invoices", "enabled": True})

    assert answer == (200, wire(invoices))


@pytest.mark.parametrize(
    "body", [{}, {"name": None, "enabled": None}, {"enabled": ""}, {"name": "invoices"}]
)
def test_update_changes_only_what_is_asked(api, invoices, body, clock):
    clock.shift(60)

    assert api.put(f"{TOKENS}/{invoices.pk}", body) == (200, wire(invoices))
    assert [action for action, _ in events()] == [Action.TOKEN_REVEALED]


def test_update_refuses_a_name_that_is_taken(api, invoices):
    assert api.put(f"{TOKENS}/{invoices.pk}", {"name": "Default"}) == coded(
        "log-shipping-token/DUPLICATE_NAME",
        "There is already a token named Default here.",
    )


def test_update_refuses_an_empty_name(api, invoices):
    assert api.put(f"{TOKENS}/{invoices.pk}", {"name": ""}) == invalid(
        f"/log-shipping/tokens/{invoices.pk}", ("name", "Give the token a name.")
    )


def test_update_refuses_to_disable_the_last_one_and_then_does_nothing(main, api):
    default = main.tokens.get(kind=Kind.LOGS)

    assert api.put(f"{TOKENS}/{default.pk}", {"name": "new", "enabled": "false"}) == (
        coded("log-shipping-token/LAST_ENABLED_TOKEN", LAST_ENABLED)
    )
    default.refresh_from_db()
    assert (default.name, default.version) == ("default", 1)
    assert events() == []


def test_update_cannot_enable_what_has_expired(main, api, clock):
    token = TokenFactory(
        account=main, kind=Kind.LOGS, name="guest", expires_at=NOW + timedelta(hours=1)
    )
    clock.shift(3600)

    assert api.put(f"{TOKENS}/{token.pk}", {"name": "guest", "enabled": "true"}) == (
        coded(
            "log-shipping-token/EXPIRED", "guest has expired: give it a later expiry."
        )
    )


def test_delete_tells_what_was_deleted(api, invoices):
    assert api.delete(f"{TOKENS}/{invoices.pk}") == (200, wire(invoices))
    assert api.get(f"{TOKENS}/{invoices.pk}") == not_found(invoices.pk)
    assert [action for action, _ in events()] == [
        Action.TOKEN_REVEALED,
        Action.TOKEN_DELETED,
    ]


def test_delete_refuses_the_last_enabled_one(main, api):
    default = main.tokens.get(kind=Kind.LOGS)

    assert api.delete(f"{TOKENS}/{default.pk}") == coded(
        "log-shipping-token/LAST_ENABLED_TOKEN", LAST_ENABLED
    )
    assert events() == []


def test_limits(api, invoices):
    assert api.get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 15, "numOfEnabledTokens": 2},
    )


def test_limits_of_a_community_plan_on_trial_are_those_of_pro(db):
    trial = MainFactory(plan=Plan.COMMUNITY, trial_ends_at=NOW + timedelta(days=1))

    assert Api.of(trial).get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 15, "numOfEnabledTokens": 1},
    )


@pytest.fixture
def lot(main, clock):
    """Four more tokens, made a minute apart: c and a enabled, b disabled, d expired."""
    made = {}
    for name, fields in [
        ("c", {}),
        ("b", {"enabled": False}),
        ("a", {}),
        ("d", {"expires_at": NOW + timedelta(minutes=10)}),
    ]:
        clock.shift(60)
        made[name] = TokenFactory(account=main, kind=Kind.LOGS, name=name, **fields)
    clock.shift(3600)
    return made


def test_search_as_the_go_client_asks(api, lot):
    body = {"filter": {"enabled": "false"}, "sort": None, "pagination": {}}

    assert api.post(f"{TOKENS}/search", body) == (
        200,
        {
            "total": 2,
            "results": [
                wire(
                    lot["b"],
                    enabled=False,
                    createdAt=SECONDS + 120,
                    updatedAt=SECONDS + 120,
                ),
                wire(
                    lot["d"],
                    enabled=False,
                    createdAt=SECONDS + 240,
                    updatedAt=SECONDS + 240,
                ),
            ],
            "pagination": {"pageNumber": 1, "pageSize": 25},
        },
    )
    (event,) = AuditEvent.objects.exclude(actor_token_id=None)
    assert (event.action, event.target) == (
        Action.TOKEN_REVEALED,
        "2 log shipping tokens",
    )
    assert event.data == {"token_ids": [lot["b"].pk, lot["d"].pk]}


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ([], "default c a"),
        ([{"field": "createdAt"}], "default c a"),
        ([{"field": "createdAt", "descending": "true"}], "a c default"),
        ([{"field": "CREATED_AT", "descending": True}], "a c default"),
        ([{"field": "name", "descending": "false"}], "a c default"),
        ([{"field": "NAME", "descending": ""}], "a c default"),
        ([{"field": "name", "descending": True}], "default c a"),
        ([{"field": "name"}, {"field": "createdAt"}], "a c default"),
    ],
)
def test_search_sorts(api, lot, sort, names):
    body = {"filter": {"enabled": True}, "sort": sort}

    _, answer = api.post(f"{TOKENS}/search", body)

    assert " ".join(each["name"] for each in answer["results"]) == names


def test_search_breaks_ties_by_id(main, api):
    made = [TokenFactory(account=main, kind=Kind.LOGS) for _ in range(3)]

    _, answer = api.post(f"{TOKENS}/search", {"filter": {"enabled": True}})

    found = [each["id"] for each in answer["results"]]
    assert found[1:] == [token.pk for token in made]


@pytest.mark.parametrize(
    ("number", "size", "names"),
    [
        (1, 2, ["default", "c"]),
        (2, 2, ["a"]),
        (2.0, "2", ["a"]),
        (3, 2, []),
        (2**31 - 1, 1000, []),
    ],
)
def test_search_pages(api, lot, number, size, names):
    asked = {"pageNumber": number, "pageSize": size}

    status, answer = api.post(
        f"{TOKENS}/search", {"filter": {"enabled": True}, "pagination": asked}
    )

    assert (status, answer["total"]) == (200, 3)
    assert [each["name"] for each in answer["results"]] == names
    assert answer["pagination"] == {"pageNumber": int(number), "pageSize": int(size)}


def test_search_that_finds_nothing_reveals_nothing(api):
    assert api.post(f"{TOKENS}/search", {"filter": {"enabled": False}}) == (
        200,
        {
            "total": 0,
            "results": [],
            "pagination": {"pageNumber": 1, "pageSize": 25},
        },
    )
    assert events() == []


@pytest.mark.parametrize(
    ("body", "name", "problem"),
    [
        ({}, "filter", "must be given"),
        ({"filter": None}, "filter", "must be given"),
        ({"filter": []}, "filter", "must be a JSON object"),
        ({"filter": {}}, "filter.enabled", "must be given"),
        (
            {"filter": {"enabled": ""}},
            "filter.enabled",
            "Input should be a valid boolean",
        ),
        ({"sort": [{}]}, "sort.0.field", "must be given"),
        ({"sort": {}}, "sort", "Input should be a valid list"),
        (
            {"sort": [{"field": "token"}]},
            "sort.0.field",
            "Input should be 'createdAt', 'CREATED_AT', 'name' or 'NAME'",
        ),
        (
            {"sort": [{"field": "name"}] * 11},
            "sort",
            "must not be longer than 10",
        ),
        (
            {"pagination": {"pageNumber": 0}},
            "pagination.pageNumber",
            "Input should be greater than or equal to 1",
        ),
        (
            {"pagination": {"pageSize": 1001}},
            "pagination.pageSize",
            "Input should be less than or equal to 1000",
        ),
        (
            {"pagination": {"pageSize": 2.5}},
            "pagination.pageSize",
            "Input should be a valid integer, got a number with a fractional part",
        ),
        (
            {"pagination": {"pageNumber": 2**31}},
            "pagination.pageNumber",
            "Input should be less than or equal to 2147483647",
        ),
        ({"pagination": {"pageSize": True}}, "pagination.pageSize", "must be a number"),
    ],
)
def test_search_says_what_is_wrong(api, body, name, problem):
    asked = (
        body if "filter" in body or not body else {"filter": {"enabled": True}} | body
    )

    assert api.post(f"{TOKENS}/search", asked) == invalid(
        "/log-shipping/tokens/search", (name, problem)
    )


@pytest.mark.parametrize("count", [1, 3])
def test_search_query_count_does_not_grow(main, api, count, django_assert_num_queries):
    for _ in range(count - 1):
        TokenFactory(account=main, kind=Kind.LOGS)
    api.get(f"{TOKENS}/limits")

    with django_assert_num_queries(13):
        _, answer = api.post(f"{TOKENS}/search", {"filter": {"enabled": True}})

    assert len(answer["results"]) == count
