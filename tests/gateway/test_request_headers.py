"""Where a token is shown: the gate and the API read it alike."""

import pytest
from django.test import Client

from tests.factories import TokenFactory
from tests.gateway.conftest import basic
from tokens.request_headers import token_in

AS_BASIC = basic("a", "b")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, ""),
        ({"HTTP_X_API_TOKEN": "a"}, "a"),
        ({"HTTP_X_API_TOKEN": " a\t"}, "a"),
        ({"HTTP_X_API_TOKEN": " ", "HTTP_AUTHORIZATION": "Bearer b"}, "b"),
        ({"HTTP_X_API_TOKEN": "a", "HTTP_AUTHORIZATION": "Bearer b"}, "a"),
        ({"HTTP_AUTHORIZATION": "Bearer a"}, "a"),
        ({"HTTP_AUTHORIZATION": "bearer  a "}, "a"),
        ({"HTTP_AUTHORIZATION": " BEARER a"}, "a"),
        ({"HTTP_AUTHORIZATION": "Bearer"}, ""),
        ({"HTTP_AUTHORIZATION": "Bearera"}, ""),
        ({"HTTP_AUTHORIZATION": AS_BASIC}, "b"),
        ({"HTTP_AUTHORIZATION": AS_BASIC.replace("Basic ", "bAsIc   ")}, "b"),
        ({"HTTP_AUTHORIZATION": basic("a", "")}, "a"),
        ({"HTTP_AUTHORIZATION": basic("12", "a:b")}, "a:b"),
        ({"HTTP_AUTHORIZATION": "Basic é"}, ""),
        ({"HTTP_AUTHORIZATION": "Basic !"}, ""),
        ({"HTTP_AUTHORIZATION": "Digest a"}, ""),
    ],
)
def test_where_a_token_is_found(headers, text):
    assert token_in(headers) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-API-TOKEN", "{}"),
        ("Authorization", "Bearer {}"),
        ("Authorization", "bearer  {}"),
        ("Authorization", "Basic"),
    ],
)
def test_what_opens_the_gateway_opens_the_api(ask, main, name, value):
    secret = TokenFactory(account=main).secret_text
    shown = basic("1", secret) if value == "Basic" else value.format(secret)
    environ = {f"HTTP_{name.upper().replace('-', '_')}": shown}

    # First what is true for two seconds after the gate looked.
    answers = [ask.status("api", **environ)]
    answers += [Client().get("/v2/whoami", headers={name: shown}).status_code]
    answers += [Client().get("/api/v1/whoami", headers={name: shown}).status_code]

    assert answers == [204, 200, 200]
