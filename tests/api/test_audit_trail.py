"""/v1/audit-trail: recorded requests and their answers."""

from datetime import UTC, datetime

import pytest

from accounts.audit import Actor, record
from accounts.models import Action, AuditEvent
from tests.api.calls import Api, invalid
from tests.factories import ChildFactory, MainFactory, TokenFactory, UserFactory

AUDIT = "/v1/audit-trail"
NOW = datetime(2026, 11, 23, 12, 0, 0, 500_999, tzinfo=UTC)
MILLISECONDS = 1795435200500
NOTHING = {
    "pageSize": 500,
    "from": 0,
    "total": 0,
    "results": [],
    "auditEventUsersList": [],
    "auditEventTypesList": [],
}


def person(user):
    return {
        "id": user.pk,
        "fullName": user.name,
        "deleted": False,
        "userToken": False,
    }


def told(user, title, *extras, ip=None, date=MILLISECONDS):
    """Return an event as it looks in an answer; extras are (field, old, new)."""
    return {
        "auditEventUser": user,
        "date": date,
        "auditEventTypeTitle": title,
        "ip": ip,
        "geoLocation": None,
        "extraDataList": [
            {"fieldName": name, "oldValue": old, "newValue": new}
            for name, old, new in extras
        ],
        "valid": True,
    }


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@acme.example", full_name="Ada Admin")


@pytest.fixture
def api(main, time_machine):
    """Calls of the main account, whose trail is empty when they begin."""
    time_machine.move_to(NOW, tick=False)
    api = Api.of(main)
    forget()
    return api


def forget():
    AuditEvent.objects.all().delete()


def titles(answer):
    status, body = answer
    assert status == 200
    return [event["auditEventTypeTitle"] for event in body["results"]]


def test_who_did_what_and_when(main, ada, api):
    token = TokenFactory(account=main, name="Terraform")
    forget()
    by = Actor(label=ada.email, user=ada, ip="192.0.2.1")
    gone = Actor(label="gone@acme.example")
    record(Action.LOGIN, by=by, account=main)
    record(
        Action.ACCOUNT_UPDATED,
        by=Actor(label="Terraform", token_id=token.pk),
        account=main,
        target="Acme",
        changes=[["name", "Acme Ltd", "Acme"], ["retention_days", None, 7]],
        reason="merger",
    )
    record(Action.TOKEN_DELETED, by=gone, account=main)
    record(Action.ACCOUNT_SUSPENDED, by=Actor.console(), account=main)
    terraform = {
        "id": token.pk,
        "fullName": "Terraform",
        "deleted": False,
        "userToken": True,
    }
    nobody = {"id": 0, "deleted": False, "userToken": False}

    assert api.post(AUDIT, {}) == (
        200,
        NOTHING
        | {
            "total": 4,
            "results": [
                told(nobody | {"fullName": "operator console"}, "Suspended an account"),
                told(
                    nobody | {"fullName": "gone@acme.example", "deleted": True},
                    "Deleted a token",
                ),
                told(
                    terraform,
                    "Updated an account",
                    ("Name", None, "Acme"),
                    ("Name", "Acme Ltd", "Acme"),
                    ("Retention days", None, "7"),
                    ("Reason", None, "merger"),
                ),
                told(person(ada), "Login", ip="192.0.2.1"),
            ],
        },
    )


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_the_same_queries_for_any_number_of_events(
    main, ada, api, count, django_assert_num_queries
):
    for _ in range(count):
        record(Action.LOGIN, by=Actor(label=ada.email, user=ada), account=main)
    everything = {"includeFiltersData": True}
    api.post(AUDIT, everything)

    with django_assert_num_queries(8):
        assert api.post(AUDIT, everything)[1]["total"] == count


def test_a_body_is_not_needed(api):
    assert api.post(AUDIT) == (200, NOTHING)
    assert api.post(AUDIT, b"") == (200, NOTHING)
    assert api.post(AUDIT, None) == (200, NOTHING)
    assert api.post(f"{AUDIT}/event-types") == (200, {"eventTypes": []})


def test_main_sees_the_organisation_and_a_child_itself(main, sub, sub_api, api):
    forget()
    by = Actor(label="ada")
    record(Action.LOGIN, by=by, account=main)
    record(Action.LOGOUT, by=by, account=sub)
    record(Action.PASSWORD_CHANGED, by=by, account=ChildFactory(main=main))
    record(Action.MFA_CHANGED, by=by, account=MainFactory())
    made = {"Created an account", "Created a token"}

    assert set(titles(api.post(AUDIT))) - made == {
        "Login",
        "Logout",
        "Changed password",
    }
    assert titles(sub_api.post(AUDIT)) == ["Logout"]


def test_pages(main, api):
    actions = [Action.LOGIN, Action.LOGOUT, Action.PASSWORD_CHANGED]
    for action in actions:
        record(action, by=Actor(label="ada"), account=main)
    oldest_first = ["Login", "Logout", "Changed password"]

    assert titles(api.post(AUDIT)) == oldest_first[::-1]
    assert titles(api.post(AUDIT, {"sortDescending": "true"})) == oldest_first[::-1]
    assert titles(api.post(AUDIT, {"sortDescending": False})) == oldest_first
    asked = {"size": 1, "from": 1, "sortDescending": False}
    status, body = api.post(AUDIT, asked)
    assert (status, body["pageSize"], body["from"], body["total"]) == (200, 1, 1, 3)
    assert titles((status, body)) == ["Logout"]
    assert titles(api.post(AUDIT, {"size": 0})) == []
    assert titles(api.post(AUDIT, {"from": 2**31 - 1})) == []


def test_the_total_stops_at_500(main, api):
    event = record(Action.LOGIN, by=Actor(label="ada"), account=main)
    events = [
        AuditEvent(
            chain=event.chain,
            sequence=event.sequence + 1 + number,
            key_id=event.key_id,
            digest=event.digest,
            created_at=NOW,
            action=Action.LOGIN,
            organisation=event.organisation,
            account=main,
            actor_label="ada",
        )
        for number in range(500)
    ]
    AuditEvent.objects.bulk_create(events)

    status, body = api.post(AUDIT, {"from": 490, "size": 20})

    assert (status, body["total"], len(body["results"])) == (200, 500, 11)


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


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"size": 501}, "size", "Input should be less than or equal to 500"),
        ({"size": -1}, "size", "Input should be greater than or equal to 0"),
        ({"from": -1}, "from", "Input should be greater than or equal to 0"),
        ({"fromDate": 10**30}, "fromDate", "must be seconds since 1970"),
        (
            {"toDate": "x"},
            "toDate",
            "Input should be a valid number, unable to parse string as a number",
        ),
        ({"auditEventType": 5}, "auditEventType", "Input should be a valid string"),
        (
            {"auditEventUser": {"id": "x"}},
            "auditEventUser.id",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_what_is_wrong(api, asked, name, message):
    assert api.post(AUDIT, asked) == invalid("/audit-trail", (name, message))
