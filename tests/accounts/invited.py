"""Invitations in tests: answered, and asked about."""

import re

from accounts import invitations
from accounts.audit.trail import Actor
from accounts.models import (
    AuditEvent,
    Membership,
)
from tests.accounts.signing_in import PASSWORD

BY = Actor("dana@acme.example")
NEW = "new@acme.example"


def link(message):
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", message.body)[1]


def choose(client, address, password=PASSWORD):
    return client.post(address, {"password1": password, "password2": password})


def accept(membership):
    organisation = membership.account.organisation
    return invitations.accept(membership.user, organisation, by=BY)


def now(membership):
    return Membership.objects.get(pk=membership.pk)


def events(account):
    found = AuditEvent.objects.filter(organisation=account.organisation_id)
    return list(found.order_by("pk").values_list("action", flat=True))
