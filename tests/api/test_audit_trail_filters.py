"""/v1/audit-trail: what it can be filtered by, and what is found then."""

import pytest

from accounts.audit.trail import Actor, record
from accounts.models import Action
from tests.api.audit_trail import (
    AUDIT,
    MILLISECONDS,
    NOTHING,
    calls_on_an_empty_trail,
    forget,
    person,
    titles,
)
from tests.factories import TokenFactory


@pytest.fixture
def api(main, time_machine):
    return calls_on_an_empty_trail(main, time_machine)


@pytest.mark.parametrize(
    "asked",
    [
        "LOGIN",
        "login",
        "Login",
        ["LOGIN"],
        {"auditEventType": "LOGIN", "auditEventTypeTitle": "Login"},
    ],
)
def test_filter_by_type(main, api, asked):
    record(Action.LOGIN, by=Actor(label="ada"), account=main)
    record(Action.LOGOUT, by=Actor(label="ada"), account=main)

    assert titles(api.post(AUDIT, {"auditEventType": asked})) == ["Login"]


@pytest.mark.parametrize("asked", ["", None, [], {}])
def test_no_type_is_every_type(main, api, asked):
    record(Action.LOGIN, by=Actor(label="ada"), account=main)

    assert titles(api.post(AUDIT, {"auditEventType": asked})) == ["Login"]


def test_a_type_that_never_was_finds_nothing(main, api):
    record(Action.LOGIN, by=Actor(label="ada"), account=main)

    assert titles(api.post(AUDIT, {"auditEventType": "ADD_USER"})) == []


def test_filter_by_user(main, ada, api):
    token = TokenFactory(account=main, name="Terraform")
    forget()
    record(Action.LOGIN, by=Actor(label=ada.email, user=ada), account=main)
    by = Actor(label="Terraform", token_id=token.pk)
    record(Action.LOGOUT, by=by, account=main)
    everybody = ["Logout", "Login"]

    for asked, found in [
        ({"id": ada.pk}, ["Login"]),
        ({"id": ada.pk, "userToken": False, "fullName": "whoever"}, ["Login"]),
        ({"id": token.pk, "userToken": True}, ["Logout"]),
        ({"fullName": "ada@acme.example"}, ["Login"]),
        ({"fullName": "Terraform"}, ["Logout"]),
        ({"fullName": ""}, everybody),
        ({}, everybody),
        (None, everybody),
        ({"id": 2**31 - 1}, []),
    ]:
        assert titles(api.post(AUDIT, {"auditEventUser": asked})) == found


def test_filter_by_time(main, api):
    record(Action.LOGIN, by=Actor(label="ada"), account=main)
    login = ["Login"]

    for asked, found in [
        ({"fromDate": MILLISECONDS}, login),
        ({"fromDate": MILLISECONDS + 1}, []),
        # The date of an answer finds its event, although it was cut.
        ({"toDate": MILLISECONDS}, login),
        ({"toDate": MILLISECONDS - 1}, []),
        ({"fromDate": str(MILLISECONDS), "toDate": float(MILLISECONDS)}, login),
        ({"fromDate": None, "toDate": None}, login),
        ({"fromDate": 0, "toDate": 253402300799999}, login),
        ({"fromDate": -1e13}, login),
    ]:
        assert titles(api.post(AUDIT, asked)) == found


def test_what_the_trail_can_be_filtered_by(main, ada, api):
    token = TokenFactory(account=main, name="Terraform")
    forget()
    for _ in range(2):
        record(Action.LOGIN, by=Actor(label=ada.email, user=ada), account=main)
    by = Actor(label="Terraform", token_id=token.pk)
    record(Action.USER_ADDED, by=by, account=main)
    asked = {"includeFiltersData": "true", "auditEventType": "LOGOUT"}

    assert api.post(AUDIT, asked) == (
        200,
        NOTHING
        | {
            "auditEventUsersList": [
                {
                    "id": token.pk,
                    "fullName": "Terraform",
                    "deleted": False,
                    "userToken": True,
                },
                person(ada),
            ],
            "auditEventTypesList": [
                {"auditEventType": "USER_ADDED", "auditEventTypeTitle": "Added user"},
                {"auditEventType": "LOGIN", "auditEventTypeTitle": "Login"},
            ],
        },
    )
    assert api.post(f"{AUDIT}/event-types", {}) == (
        200,
        {"eventTypes": ["USER_ADDED", "LOGIN"]},
    )
