"""The audit trail as it looks in answers."""

from datetime import UTC, datetime

from accounts.models import AuditEvent
from tests.api.calls import Api

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
        "fullName": user.full_name,
        "deleted": False,
        "userToken": False,
    }


def calls_on_an_empty_trail(main, time_machine):
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
