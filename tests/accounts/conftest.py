import pytest
from django.urls import reverse

from accounts.audit.trail import Actor, record
from accounts.models import Action, AuditEvent
from tests.accounts.signing_in import PASSWORD
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def dana(main):
    """An admin who has a password."""
    user = UserFactory(email="dana@acme.example", password=PASSWORD)
    return MembershipFactory(account=main, user=user).user


@pytest.fixture
def organisation(main):
    return main.organisation


@pytest.fixture
def as_staff(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def new(main):
    return reverse("accounts:account_new", args=[main.pk])


@pytest.fixture
def trail(main, sub, admin):
    """Events of several people in two accounts, and one of another organisation."""
    by_admin = Actor(admin.email, user=admin, ip="203.0.113.7", agent="Browser/1")
    by_token = Actor("Terraform", token_id=77)
    AuditEvent.objects.all().delete()
    record(Action.LOGIN, by=by_admin, account=main, target=admin.email)
    record(
        Action.ACCOUNT_UPDATED,
        by=by_admin,
        account=sub,
        target="Staging",
        changes=[["retention_days", 7, 14], ["searchable", True, False]],
    )
    record(
        Action.TOKEN_EXPIRY_CHANGED,
        by=by_token,
        account=main,
        target="=cmd|' /C calc'!A0",
        token_id=5,
        changes=[["expires_at", None, "2026-11-23T14:00:00+00:00"]],
    )
    record(Action.LOGIN_FAILED, by=Actor("nobody"), account=main, reason="", hours=2)
    return main


@pytest.fixture
def confirmed(client):
    """Log somebody in who has just told the password again."""

    def log_in(user):
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": 2**33, "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()

    return log_in
