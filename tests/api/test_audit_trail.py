"""/v1/audit-trail: recorded requests and their answers."""

import pytest

from accounts.audit.trail import Actor, record
from accounts.models import Action, AuditEvent
from tests.api.audit_trail import (
    AUDIT,
    MILLISECONDS,
    NOTHING,
    NOW,
    calls_on_an_empty_trail,
    forget,
    person,
    titles,
)
from tests.api.calls import invalid
from tests.factories import ChildFactory, MainFactory, MembershipFactory, TokenFactory


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
def api(main, time_machine):
    return calls_on_an_empty_trail(main, time_machine)


def test_who_did_what_and_when(main, ada, api):
    token = TokenFactory(account=main, name="Terraform")
    forget()
    by = Actor(label=ada.email, user=ada, ip="192.0.2.1")
    gone = Actor(label="gone@acme.example")
    record(Action.LOGIN, by=by, account=main)
    record(
        Action.ACCOUNT_UPDATED,
        by=Actor(label="Terraform", token_id=token.pk, ip="192.0.2.7"),
        account=main,
        target="Acme",
        changes=[["name", "Acme Ltd", "Acme"], ["retention_days", None, 7]],
        reason="merger, says ada@acme.example",
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
                    nobody | {"fullName": "", "deleted": True},
                    "Deleted a token",
                ),
                told(
                    terraform,
                    "Updated an account",
                    ("Name", None, "Acme"),
                    ("Name", "Acme Ltd", "Acme"),
                    ("Retention days", None, "7"),
                    ("Reason", None, "merger, says (e-mail)"),
                    ip="192.0.2.7",
                ),
                told(person(ada), "Login"),
            ],
        },
    )


def test_people_go_by_what_the_organisation_calls_them(main, sub, ada, api, sub_api):
    MembershipFactory(account=sub, user=ada, full_name="Ada of Staging")
    MembershipFactory(account=main, user=ada, full_name="Ada of Acme")
    MembershipFactory(user=ada, full_name="Ada of elsewhere")
    for account in (main, sub):
        record(Action.LOGIN, by=Actor(label=ada.email, user=ada), account=account)

    for caller, name in ((api, "Ada of Acme"), (sub_api, "Ada of Staging")):
        shown = caller.post(AUDIT, {"includeFiltersData": True, "size": 1})[1]

        actors = shown["auditEventUsersList"]
        assert [each["fullName"] for each in actors if each["id"] == ada.pk] == [name]
    (event,) = sub_api.post(AUDIT, {"size": 1})[1]["results"]
    assert event["auditEventUser"]["fullName"] == "Ada of Staging"


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_the_same_queries_for_any_number_of_events(
    main, ada, api, count, django_assert_num_queries
):
    for _ in range(count):
        record(Action.LOGIN, by=Actor(label=ada.email, user=ada), account=main)
    everything = {"includeFiltersData": True}
    api.post(AUDIT, everything)

    with django_assert_num_queries(11):
        assert api.post(AUDIT, everything)[1]["total"] == count


def test_a_body_is_not_needed(api):
    assert api.post(AUDIT) == (200, NOTHING)
    assert api.post(AUDIT, b"") == (200, NOTHING)
    assert api.post(AUDIT, None) == (200, NOTHING)
    assert api.post(f"{AUDIT}/event-types") == (200, {"eventTypes": []})


def test_a_token_sees_its_account_and_that_of_main_the_organisation(
    main, sub, sub_api, api
):
    shut = ChildFactory(main=main, accessible=False)
    forget()
    by = Actor(label="ada")
    record(Action.LOGIN, by=by, account=main)
    record(Action.ORGANISATION_UPDATED, by=by, organisation=main.organisation)
    record(Action.LOGOUT, by=by, account=sub)
    record(Action.PASSWORD_CHANGED, by=by, account=shut)
    record(Action.MFA_CHANGED, by=by, account=MainFactory())

    assert titles(api.post(AUDIT)) == ["Changed plan or limits", "Login"]
    assert api.post(f"{AUDIT}/event-types")[1] == {
        "eventTypes": ["ORGANISATION_UPDATED", "LOGIN"]
    }
    assert titles(sub_api.post(AUDIT)) == ["Logout"]
    assert sub_api.post(f"{AUDIT}/event-types")[1] == {"eventTypes": ["LOGOUT"]}


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
