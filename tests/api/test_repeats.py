"""Idempotency-Key, which the creates of Logz.io's API take as well as our own."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail

from accounts.lifecycle import delete_account, edit_organisation
from accounts.models import (
    Account,
    Action,
    AuditEvent,
    Membership,
    RecordedCall,
    User,
)
from config.api import api as built
from sharing.models import Filter
from tests.api.sub_accounts import ACCOUNTS
from tests.api.users import NEW, USERS
from tests.factories import BY, ChildFactory, organisation_of
from tokens.models import Token
from tokens.secrets import Secret

KEY = {"Idempotency-Key": "a key of the client's own"}
ACCOUNT = {"accountName": "new", "email": "admin@acme.example"}
CREATES = {
    "log": ("/v1/log-shipping/tokens", {"name": "new"}),
    "shared": ("/v1/shared-tokens", {"tokenName": "new", "filters": []}),
    "mint": ("/v1/api-tokens/sub-account", {"name": "new"}),
    "sub": (ACCOUNTS, ACCOUNT | {"retentionDays": 1}),
    "sub of 2018": ("/v1/account-management", ACCOUNT | {"retentionDays": 1}),
    "metrics": ("/v1/account-management/metrics-accounts", ACCOUNT),
    "security": ("/v2/account-management/siem", ACCOUNT),
    "user": (USERS, NEW),
    "filter": ("/v1/shared-tokens/filters", {"field": "env", "value": "new"}),
}
OF_ACCOUNTS = {"sub": "accountToken", "sub of 2018": "accountToken", "metrics": "token"}


@pytest.fixture
def call(api, main, admin):
    child = ChildFactory(main=main)

    def calling(create, **changes):
        path, body = CREATES[create]
        asked = body | {"accountId": child.pk} | changes
        return api.response("POST", path, asked, **KEY)

    return calling


def counted():
    return [
        model.objects.count() for model in (Account, Filter, Membership, Token, User)
    ]


@pytest.mark.parametrize("create", CREATES)
def test_a_create_that_is_repeated_is_answered_as_it_was(call, create):
    first = call(create)
    made = counted()
    second = call(create)

    assert first.status_code in (200, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert counted() == made


@pytest.mark.parametrize(("create", "field"), OF_ACCOUNTS.items())
def test_the_token_of_a_new_account_leaves_again_and_is_not_recorded(
    call, create, field
):
    call(create)
    told = call(create).json()

    (row,) = RecordedCall.objects.values()
    assert told[field] not in str(row)
    assert (
        Secret(told[field])
        == Token.objects.get(account__name="new").secrets.current().get().open()
    )
    revealed = AuditEvent.objects.filter(action=Action.TOKEN_REVEALED).last()
    assert (revealed.account.name, revealed.data) == ("new", {"repeated_call": True})


def test_calls_that_were_recorded_without_a_version_are_repeated(call):
    first = call("log")
    recorded = RecordedCall.objects.get()
    recorded.secrets = {name: row for name, (row, _) in recorded.secrets.items()}
    recorded.save()
    migration = "accounts.migrations.0014_recorded_secrets_have_versions"

    import_module(migration).add_versions(apps, None)

    assert call("log").json() == first.json()


@pytest.mark.parametrize("create", OF_ACCOUNTS)
def test_the_token_of_an_account_that_is_deleted_does_not_leave_again(call, create):
    call(create)
    delete_account(Account.objects.get(name="new"), by=BY)

    again = call(create)

    message = again.json()["message"]
    assert (again.status_code, again.json()["errorCode"].partition("/")[2]) == (
        400,
        "CHANGED_SINCE",
    )
    assert message.startswith("This was done before, and what it made was changed")


@pytest.mark.parametrize("create", CREATES)
def test_the_document_offers_the_key(create):
    path, _ = CREATES[create]
    said = built.get_openapi_schema()["paths"][path]["post"]

    assert "Idempotency-Key" in {each["name"] for each in said["parameters"]}


def test_admins_are_told_of_a_minted_token_once(
    call, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        call("mint")
        call("mint")

    assert len(mail.outbox) == 1


def test_a_minted_token_is_not_told_again_where_minting_was_switched_off(call, main):
    call("mint")

    edit_organisation(organisation_of(main), by=BY, allows_minting=False)

    again = call("mint")
    text = "This organisation does not let tokens make API tokens."
    assert (again.status_code, again.json()) == (403, {"message": text})


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
                        "type": "header_param",
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
