"""Idempotency-Key, which the creates of Logz.io's API take as well as our own."""

import pytest
from django.core import mail

from tests.factories import ChildFactory
from tokens.models import Token

KEY = {"Idempotency-Key": "a key of the client's own"}
CREATES = {
    "log": ("/v1/log-shipping/tokens", {"name": "new"}),
    "shared": ("/v1/shared-tokens", {"tokenName": "new", "filters": []}),
    "mint": ("/v1/api-tokens/sub-account", {"name": "new"}),
}


@pytest.fixture
def call(api, main):
    child = ChildFactory(main=main)

    def calling(create, **changes):
        path, body = CREATES[create]
        asked = body | {"accountId": child.pk} | changes
        return api.response("POST", path, asked, **KEY)

    return calling


@pytest.mark.parametrize("create", CREATES)
def test_a_create_that_is_repeated_is_answered_as_it_was(call, create):
    first, second = call(create), call(create)

    assert first.status_code in (200, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Token.objects.filter(name="new").count() == 1


def test_admins_are_told_of_a_minted_token_once(
    call, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        call("mint")
        call("mint")

    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("create", "body"),
    [
        (
            "log",
            {
                "errorMessage": "Request cannot be processed due to validation errors",
                "path": "/log-shipping/tokens",
                "validationErrors": [
                    {
                        "type": "request_body",
                        "name": "Idempotency-Key",
                        "message": "This key came with another call before. "
                        "Use a fresh one for each.",
                    }
                ],
            },
        ),
        (
            "mint",
            {
                "message": "This key came with another call before. "
                "Use a fresh one for each."
            },
        ),
    ],
)
def test_another_create_needs_another_key(call, create, body):
    call(create)

    again = call(create, name="other")

    assert (again.status_code, again.json()) == (400, body)
