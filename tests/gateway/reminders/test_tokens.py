"""What is told ahead of the end of tokens: of which, and how often."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from accounts import lifecycle
from accounts.models import Action, AuditEvent, Organisation
from accounts.plans import Plan
from gateway.models import RemindedToken, Reminder, Way, reminders
from gateway.notifications import reminder_content
from gateway.notifications.reminders import send_due
from tests.accounts.mails import expect_the_look, said
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.gateway.reminders.told import subjects, told
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db
IN_THREE_DAYS = timedelta(days=3)


def test_admins_are_told_of_a_token_that_ends(ending, main, settings):
    settings.APP_URL = "https://portal.example"
    token = ending()

    send_due()

    (sent,) = mail.outbox
    expect_the_look(sent)
    assert sent.to == ["admin@acme.example"]
    assert sent.subject == "[Tollgate] “Terraform” of “Acme” ends in 3 days"
    for words in (
        "A token of “Acme” ends soon",
        f"“Terraform” (API token {token.masked})",
        "ends in 3 days, 4 May 2026, 10:00 UTC; never used Look at it: ",
        f"https://portal.example/accounts/{main.pk}/tokens/{token.pk}/",
        f"https://portal.example/accounts/{main.pk}/webhook/",
    ):
        assert words in said(sent)
    assert "trial" not in said(sent)


def test_each_token_is_told_of_at_five_steps_and_once_at_each(ending, clock):
    token = ending(31)

    for days in (31, 30, 29, 15, 14, 13, 8, 7, 6, 4, 3, 2, 1, 0):
        clock.move_to(token.expires_at - timedelta(days=days, minutes=1))
        send_due()

    assert subjects() == [
        "“Terraform” of “Acme” ends in 30 days",
        "“Terraform” of “Acme” ends in 14 days",
        "“Terraform” of “Acme” ends in 7 days",
        "“Terraform” of “Acme” ends in 3 days",
        "“Terraform” of “Acme” ends tomorrow",
    ]


@pytest.mark.parametrize(
    ("days", "away", "words"), [(31, 4, "in 27 days"), (2, 2, "today")]
)
def test_what_was_missed_is_told_once_when_the_process_is_back(
    ending, later, days, away, words
):
    ending(days)
    later(days=away, minutes=-10)

    send_due()
    later(minutes=1)
    send_due()

    assert subjects() == [f"“Terraform” of “Acme” ends {words}"]


def test_an_account_gets_one_message_a_day_about_all_that_ends(ending, later):
    ending(3, "Terraform")
    ending(7, "Nightly", kind=Kind.LOGS)
    send_due()
    ending(1, "Late")
    send_due()

    (sent,) = mail.outbox
    assert sent.subject == "[Tollgate] 2 tokens of “Acme” end soon"
    assert said(sent).index("“Terraform”") < said(sent).index("“Nightly”")

    later(hours=14)
    send_due()
    assert subjects()[1:] == ["“Late” of “Acme” ends today"]


def test_what_is_made_together_is_told_together(main, admin, clock, later):
    TokenFactory(account=main, expires_at=timezone.now() + IN_THREE_DAYS)
    send_due()
    assert mail.outbox == []

    later(seconds=61)
    send_due()
    assert len(mail.outbox) == 1


def test_more_tokens_than_are_named_are_counted_and_all_told(
    ending, later, monkeypatch, main
):
    monkeypatch.setattr(reminder_content, "MOST_NAMED", 2)
    monkeypatch.setattr(reminder_content, "MOST_NOTED", 1)
    for number in range(3):
        ending(3, f"Token {number}")

    send_due()
    later(hours=15)
    send_due()

    (sent,) = mail.outbox
    assert "and 1 more." in said(sent)
    assert "“Token 2”" not in said(sent)
    event = told().get()
    assert event.data["total"] == 3
    assert [name[:8] for name in event.data["tokens"]] == ["Token 0 "]


def test_a_changed_expiry_is_told_of_anew(ending, later):
    token = ending(3)
    send_due()
    token.set_expiry(timezone.now() + timedelta(days=14), by=BY)
    later(days=1)
    send_due()
    token.set_expiry(None, by=BY)
    later(days=12)
    send_due()

    assert subjects()[1:] == ["“Terraform” of “Acme” ends in 13 days"]


@pytest.mark.parametrize(
    "stop",
    [
        lambda token: token.disable(by=BY),
        lambda token: token.delete_softly(by=BY),
        lambda token: lifecycle.suspend_account(token.account, by=BY),
        lambda token: lifecycle.delete_account(token.account, by=BY),
        lambda token: lifecycle.suspend_organisation(token.account.organisation, by=BY),
        lambda token: lifecycle.edit_organisation(
            token.account.organisation, by=BY, plan=Plan.COMMUNITY
        ),
        lambda token: reminders.switch_off(token.account, by=BY),
        lambda token: token.set_expiry(None, by=BY),
    ],
)
def test_what_does_not_work_or_nobody_wants_is_not_told(ending, later, main, stop):
    child = ChildFactory(main=main)
    token = ending(3, account=child)
    stop(token)
    later(minutes=5)

    send_due()

    assert mail.outbox == []


def test_shared_tokens_are_told_of_on_every_plan(admin, main, clock, later):
    ShareFactory(account=main, name="Board")
    Organisation.objects.update(plan=Plan.COMMUNITY)
    later(minutes=2)

    send_due()

    assert subjects() == ["“Board” of “Acme” ends in 7 days"]


def test_last_use_is_said(ending):
    ending(3).note_use("192.0.2.7", "curl/8")

    send_due()

    assert "last used 1 May 2026, 10:02 UTC" in said(mail.outbox[0])


def test_a_switch_is_audited_once_and_takes_back(main, ending):
    ending()
    for _ in range(2):
        reminders.switch_off(main, by=BY)
    for _ in range(2):
        reminders.switch_on(main, by=BY)

    send_due()

    actions = AuditEvent.objects.filter(action__startswith="reminders_")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        Action.REMINDERS_OFF,
        Action.REMINDERS_ON,
    ]
    assert len(mail.outbox) == 1
    reminders.switch_off(main, by=BY)
    assert str(reminders.RemindersOff.objects.get()) == "no reminders to Acme"


def test_each_message_is_in_the_audit_trail(ending, hook, main):
    token = ending()

    send_due()

    assert [
        (event.account, event.actor_label, event.target, event.data) for event in told()
    ] == [
        (
            main,
            "reminders",
            "Acme",
            {"way": way, "tokens": [f"Terraform ({token.masked})"], "total": 1},
        )
        for way in Way
    ]


def test_nothing_that_is_told_or_kept_holds_a_secret(ending, hook):
    token = ending()

    send_due()

    everything = [
        mail.outbox[0].body + str(mail.outbox[0].alternatives),
        str(hook.calls),
        str(list(AuditEvent.objects.values())),
        str([*Reminder.objects.values(), *RemindedToken.objects.values()]),
    ]
    assert [text for text in everything if token.secret_text in text] == []
    assert str(RemindedToken.objects.first()).startswith("Terraform: 3 days before")


def test_notes_of_what_has_ended_are_purged(ending, later, capsys):
    ending(3)
    send_due()
    later(days=3, hours=23)
    call_command("purge_deleted")
    assert RemindedToken.objects.exists()

    later(days=1)
    call_command("purge_deleted")

    assert not RemindedToken.objects.exists()
    assert "Purged 1 notes of reminders." in capsys.readouterr().out
