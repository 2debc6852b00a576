"""The command that checks what must always hold, and names what does not."""

from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.models import AuditEvent, Membership, Organisation
from tests.factories import (
    ChildFactory,
    MainFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.models import StoredSecret

pytestmark = pytest.mark.django_db


def test_invariants_hold_of_what_the_product_makes(run, admin, main):
    ChildFactory(main=main, kind="metrics")
    ShareFactory(account=main)

    said = run("check_invariants").out

    assert {line.rpartition(": ")[2] for line in said.splitlines()} == {"holds"}


BREAKS = {
    "shipping accounts have a token": lambda main: main.tokens.filter(
        kind="logs"
    ).update(disabled_at=timezone.now()),
    "limits hold": lambda main: Organisation.objects.update(plan="community"),
    "secrets open": lambda main: StoredSecret.objects.filter(token__kind="api").update(
        envelope=b"\x01\x00\x00\x00\x01" + bytes(60)
    ),
    "overlaps are told": lambda main: StoredSecret.objects.filter(
        token__kind="api", valid_until__isnull=False
    ).update(valid_until=timezone.now() + timedelta(hours=2)),
    "audit is whole": lambda main: AuditEvent.objects.filter(sequence=2).update(
        target="x"
    ),
    "kinds fit accounts": lambda main: main.tokens.filter(kind="api").update(
        kind="metrics"
    ),
    "accounts have admins": lambda main: Membership.objects.update(role="user"),
    "tokens stay in their organisation": lambda main: main.tokens.update(
        organisation=MainFactory().organisation
    ),
    "last use is past": lambda main: main.tokens.update(
        last_used_at=timezone.now() + timedelta(hours=1)
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_invariant_is_named(capsys, run, main, name):
    MembershipFactory(account=main)
    TokenFactory(account=main).rotate(by=Actor.console(), overlap=timedelta(hours=1))
    TokenFactory(account=main, kind=Kind.LOGS)
    BREAKS[name](main)

    with pytest.raises(CommandError, match="violations"):
        run("check_invariants")

    assert f"{name}: broken\n  " in capsys.readouterr().out


def test_a_secret_that_is_gone_or_found_otherwise_is_named(capsys, run, main):
    MembershipFactory(account=main)
    gone, moved = TokenFactory(account=main), TokenFactory(account=main)
    gone.secrets.all().delete()
    moved.secrets.update(index_kid=9)

    with pytest.raises(CommandError, match="violations"):
        run("check_invariants")

    said = capsys.readouterr().out
    assert f"token {gone.pk} has no current secret" in said
    assert f"secret {moved.secrets.get().pk} does not open" in said
