"""POST /api/v1/accounts/{id}/tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Action, AuditEvent
from sharing.models import Share
from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, invalid, problem, refused
from tests.api.v1.shown import MOMENT, secret_of
from tests.api.v1.shown import token as shown
from tests.factories import ChildFactory, FilterFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

LATER = "2027-06-30T12:00:00Z"


@pytest.fixture
def path(main):
    return f"/api/v1/accounts/{main.pk}/tokens"


def test_log_token_is_made_with_its_secret(api, main, path):
    response = api.response("POST", path, {"kind": "logs", "name": "Fluent Bit"})

    made = main.tokens.get(name="Fluent Bit")
    body = response.json()
    assert (response.status_code, response["ETag"]) == (201, '"1"')
    assert body == shown(made, secret=secret_of("logs"))
    assert verify(body["secret"], Use.SHIP_LOGS) == made
    event = AuditEvent.objects.get(token_id=made.pk)
    assert event.action == Action.TOKEN_CREATED
    assert event.actor_token_id == main.tokens.get(kind=Kind.API).pk


@pytest.mark.parametrize(
    "asked", [{"kind": "logs"}, {"kind": "shared", "shows_everything": True}]
)
def test_a_token_is_made_with_its_note(api, main, path, asked):
    asked |= {"name": "new", "note": "For Globex\nuntil May "}

    status, body = api.post(path, asked)

    assert (status, body["note"]) == (201, "For Globex\nuntil May")
    assert main.tokens.get(name="new").note == "For Globex\nuntil May"


def test_log_token_is_made_disabled_and_with_an_expiry(api, main, path):
    asked = {"kind": "logs", "name": "new", "enabled": False, "expires_at": LATER}

    status, body = api.post(path, asked)

    assert (status, body) == (
        201,
        shown(
            main.tokens.get(name="new"),
            state="disabled",
            disabled_at=MOMENT,
            expires_at=LATER,
            secret=secret_of("logs"),
        ),
    )


def test_shared_token_is_made_for_7_days(api, main, path):
    narrowing = FilterFactory(account=main)
    asked = {"kind": "shared", "name": "Board", "filters": [narrowing.pk]}

    status, body = api.post(path, asked)

    share = Share.objects.get(token__name="Board")
    left = share.token.expires_at - timezone.now()
    assert (status, body) == (
        201,
        shown(share.token, expires_at=MOMENT, secret=secret_of("shared")),
    )
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert list(share.filters.all()) == [narrowing]
    assert (share.operator, share.shows_everything) == ("AND", False)


def test_shared_token_shows_everything_when_that_is_said(api, main, path):
    asked = {"kind": "shared", "name": "Board", "expires_at": LATER, "operator": "OR"}

    status, body = api.post(path, asked | {"shows_everything": True})

    share = Share.objects.get(token__name="Board")
    assert (status, body["expires_at"]) == (201, LATER)
    assert (share.operator, share.shows_everything) == ("OR", True)


def test_shared_token_needs_filters_or_a_word_about_everything(api, main, path):
    foreign = FilterFactory(account=ChildFactory(main=main)).pk
    asked = {"kind": "shared", "name": "Board"}

    assert api.post(path, asked) == refused(
        "filters",
        "choose_filters_or_everything",
        "Choose at least one filter, or tick that the link shows everything.",
        status=422,
    )
    assert api.post(path, asked | {"filters": [foreign]}) == refused(
        "filters",
        "unknown_filter",
        f"Acme has no filter with the id {foreign}.",
        status=422,
    )


def test_links_that_never_end_need_the_organisation_s_leave(api, main, path):
    asked = {"kind": "shared", "name": "Board", "shows_everything": True}
    text = "Shared tokens need an expiry in this organisation."

    assert api.post(path, asked | {"expires_at": None}) == refused(
        "expires_at", "expiry_required", text, status=422
    )


def test_main_account_makes_tokens_in_its_children(api, main, sub):
    shut = ChildFactory(main=main, accessible=False)
    asked = {"kind": "logs", "name": "new"}

    assert api.post(f"/api/v1/accounts/{sub.pk}/tokens", asked)[0] == 201
    assert api.post(f"/api/v1/accounts/{shut.pk}/tokens", asked) == FORBIDDEN


def test_api_tokens_are_made_by_the_call_of_logz_io_only(api, main, sub):
    text = (
        "An API token makes no API tokens here. The main account's can: with POST "
        "/v1/api-tokens/sub-account, for its children."
    )

    for account in (main, sub):
        path = f"/api/v1/accounts/{account.pk}/tokens"
        asked = {"kind": "api", "name": "new"}
        assert api.post(path, asked) == problem(403, "forbidden", text)


@pytest.mark.parametrize("kind", ["metrics", "tracing", "security"])
def test_accounts_have_tokens_of_their_kinds_only(api, main, kind):
    child = ChildFactory(main=main, kind=kind)
    path = f"/api/v1/accounts/{child.pk}/tokens"
    text = f"A {child.get_kind_display()} account has no log shipping tokens."

    assert api.post(path, {"kind": "logs", "name": "new"}) == problem(
        409, "account_type_has_no_shipping_tokens", text
    )


@pytest.mark.parametrize("kind", ["metrics", "traces", "gateway"])
def test_other_kinds_are_not_made(api, path, kind):
    assert api.post(path, {"kind": kind, "name": "new"}) == invalid(
        ("kind", "body", "must be one of 'logs', 'shared', 'api'")
    )


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_what_is_no_object_names_no_field(api, path, body):
    answer = invalid(("", "body", "must be a JSON object"))

    assert api.post(path, body) == answer
    assert api.post("/api/v1/accounts", body) == answer


def test_what_is_wrong_is_named_as_in_the_body(api, path):
    given = ("kind", "body", "must be given")

    assert api.post(path, {"name": "new"}) == invalid(given)
    assert api.post(path, {"kind": "shared", "filters": ["1"], "x": 1}) == invalid(
        ("filters.0", "body", "Input should be a valid integer"),
        ("name", "body", "must be given"),
        ("x", "body", "Extra inputs are not permitted"),
    )
    assert api.post(path, {"kind": "logs", "name": "a", "expires_at": 5}) == invalid(
        ("expires_at", "body", "must be a time such as 2026-01-31T12:00:00Z")
    )


def test_name_is_taken_whatever_its_case(api, path):
    text = "There is already a token named Default here."

    assert api.post(path, {"kind": "logs", "name": "Default"}) == refused(
        "name", "name_taken", text
    )


def test_limit_of_enabled_tokens(api, main, path):
    TokenFactory.create_batch(14, account=main, kind=Kind.LOGS)
    asked = {"kind": "logs", "name": "new"}
    text = (
        "The plan allows 15 enabled log shipping tokens per account. Disable one first."
    )

    assert api.post(path, asked) == problem(409, "limit_reached", text)
    assert api.post(path, asked | {"enabled": False})[0] == 201


def test_nothing_is_made_when_something_is_wrong(api, main, path):
    before = Token.objects.count()

    for wrong in ({"kind": "logs"}, {"kind": "logs", "name": "a", "enabled": "yes"}):
        assert api.post(path, wrong)[0] == 422

    assert Token.objects.count() == before


def test_a_child_makes_tokens_for_itself(sub, sub_api):
    path = f"/api/v1/accounts/{sub.pk}/tokens"

    status, body = sub_api.post(path, {"kind": "logs", "name": "new"})

    assert status == 201
    assert Api(body["secret"]).get("/api/v1/whoami")[0] == 401


def test_tokens_are_made_with_networks_and_a_limit(api, main):
    filter_ = FilterFactory(account=main)
    path = f"/api/v1/accounts/{main.pk}/tokens"
    told = {"networks": ["10.0.0.0/8"], "calls_per_minute": 600}

    made = [
        api.post(path, {"kind": "logs", "name": "a"} | told),
        api.post(path, {"kind": "shared", "name": "a", "filters": [filter_.pk]} | told),
    ]

    assert [status for status, _ in made] == [201, 201]
    assert [{name: body[name] for name in told} for _, body in made] == [told, told]
