"""Ends that policies plan: told at once to everybody, and again before, each once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from gateway.models import RemindedToken, Way
from gateway.models.reminders import switch_off
from gateway.notifications.reminders import send_due
from tests.factories import BY, TokenFactory
from tests.gateway.reminders.told import subjects, told
from tokens.kinds import Kind
from tokens.models import PlannedEnd, Token
from tokens.models.policies import policies_of
from tokens.policies import ends
from tokens.policies.saving import draft, save_policies

FAR = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def ask(main, clock):
    """Set a policy of API tokens, and let a round plan what it ends."""

    def ask(**values):
        policy = draft(policies_of(main.organisation_id)[Kind.API], values)
        save_policies(main, [policy], by=BY)
        clock.shift(timedelta(minutes=6))
        ends.carry_on()
        clock.shift(timedelta(minutes=2))

    return ask


@pytest.fixture
def bare(main, admin):
    return TokenFactory(account=main, name="Bare")


def test_an_end_far_ahead_is_told_at_once_and_at_its_steps(bare, ask, clock):
    ask(note_required=True, ends_outside_at=FAR)

    send_due()
    send_due()
    assert subjects() == ["“Bare” of “Acme” ends in 61 days"]
    (sent,) = mail.outbox
    text = " ".join(sent.body.split())
    assert "is disabled by a policy, unless it keeps to it before, in 61 days" in text
    assert "1 Jul 2026, 00:00 UTC" in text
    assert "What a policy ends is told in any case" in text
    assert PlannedEnd.objects.get().announced_at == timezone.now()
    mail.outbox.clear()
    for days in (31, 30, 29, 14, 13, 7, 3, 1, 1):
        clock.move_to(FAR - timedelta(days=days, hours=-1))
        send_due()
    assert subjects() == [
        f"“Bare” of “Acme” ends {when}"
        for when in ("in 30 days", "in 14 days", "in 7 days", "in 3 days", "tomorrow")
    ]


def test_it_is_told_although_others_were_told_today(bare, ask, ending):
    ending(days=3)
    send_due()

    ask(note_required=True, ends_outside_at=FAR)
    send_due()

    assert subjects() == [
        "“Terraform” of “Acme” ends in 3 days",
        "“Bare” of “Acme” ends in 61 days",
    ]


def test_nobody_can_switch_it_off(main, bare, ask, ending):
    switch_off(main, by=BY)
    ending(days=3)

    ask(note_required=True, ends_outside_at=FAR)
    send_due()

    assert subjects() == ["“Bare” of “Acme” ends in 61 days"]


def test_webhooks_are_told_why(bare, ask, hook):
    Token.objects.filter(pk=bare.pk).update(
        updated_at=timezone.now() - timedelta(days=300)
    )
    ask(unused_days=90)

    send_due()

    ((_, _, body),) = hook.calls
    assert '"because": "unused"' in body.decode()
    assert '"ends_at": "2026-05-16T00:00:00+00:00"' in body.decode()
    assert {*RemindedToken.objects.values_list("way", "days")} == {
        (Way.MAIL, 30),
        (Way.WEBHOOK, 30),
    }


@pytest.mark.parametrize(
    ("expires", "named"),
    [(10, "ends in 10 days"), (70, "ends in 61 days")],
)
def test_of_an_expiry_and_a_policy_the_first_is_told(main, admin, ask, expires, named):
    TokenFactory(
        account=main,
        name="Both",
        expires_at=timezone.now() + timedelta(days=expires),
    )
    ask(note_required=True, ends_outside_at=FAR)

    send_due()

    assert subjects() == [f"“Both” of “Acme” {named}"]
    assert told().count() == 1


def test_an_account_without_admins_waits_for_one(main, ask):
    TokenFactory(account=main)
    ask(note_required=True, ends_outside_at=FAR)

    send_due()

    assert PlannedEnd.objects.get().announced_at is None


def test_what_is_mended_is_not_told(bare, ask, clock):
    ask(note_required=True, ends_outside_at=FAR)
    bare.set_note("CI", by=BY)
    clock.shift(timedelta(minutes=6))
    ends.carry_on()

    send_due()

    assert subjects() == []
