"""POST /v1/log-shipping/tokens: recorded requests and their answers."""

import pytest

from accounts.audit.trail import Actor
from accounts.models import AuditEvent
from tests.api.calls import Api, coded, invalid, secret
from tests.api.log_tokens import TOKENS
from tests.api.moment import SECONDS
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.usefixtures("clock")


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


def test_create_by_a_token_of_a_command_names_the_operator(main, settings):
    settings.DEFAULT_FROM_EMAIL = "Tollgate <tokens@acme.example>"
    by = TokenFactory(account=main, by=Actor.console())

    _, body = Api(by.secret_text).post(TOKENS, {"name": "invoices"})

    assert (body["createdBy"], body["updatedBy"]) == ("tokens@acme.example",) * 2


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


def test_create_keeps_the_blanks_and_ignores_what_it_does_not_know(api):
    status, body = api.post(TOKENS, {"name": "  my  invoices ", "colour": "red"})

    assert (status, body["name"]) == (201, "  my  invoices ")
    assert api.get(f"{TOKENS}/{body['id']}") == (200, body)
    tab = api.post(TOKENS, {"name": "your\tinvoices"})[1]
    assert tab["name"] == "your invoices"


@pytest.mark.parametrize("name", ["invoices", "INVOICES", " invoices "])
def test_create_refuses_a_name_twice(api, invoices, name):
    assert api.post(TOKENS, {"name": name}) == coded(
        "log-shipping-token/DUPLICATE_NAME",
        f"There is already a token named {name} here.",
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
