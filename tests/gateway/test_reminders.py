"""What is told ahead of an end: of what, how often, and by whom of many."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import standardwebhooks
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import lifecycle
from accounts.clock import clock as shared_clock
from accounts.models import Action, AuditEvent, Membership, Organisation
from accounts.plans import Plan
from gateway.models import RemindedToken, Reminder, Way, Webhook, reminders
from gateway.notifications import endings, reminder_content
from gateway.notifications.reminders import SENDERS, send_due
from tests.accounts.mails import expect_the_look, said
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tests.gateway.receivers import receiving
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db
IN_THREE_DAYS = timedelta(days=3)


@pytest.fixture
def ending(main, admin, clock):
    """Return a token that ends after some days, made a while ago."""

    def make(days=3, name="Terraform", account=main, **fields):
        ends = timezone.now() + timedelta(days=days)
        token = TokenFactory(account=account, name=name, expires_at=ends, **fields)
        clock.shift(timedelta(minutes=2))
        return token

    return make


@pytest.fixture
def hook(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving() as receiver:
        receiver.webhook = Webhook.add(main, receiver.url, by=BY)
        yield receiver


def subjects():
    return [each.subject.removeprefix("[Tollgate] ") for each in mail.outbox]


def told():
    return AuditEvent.objects.filter(action=Action.REMINDED).order_by("pk")


def begin_trial(account, *, days):
    organisation = account.organisation
    organisation.plan = Plan.COMMUNITY
    organisation.trial_ends_at = timezone.now() + timedelta(days=days)
    organisation.save()


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


# Webhooks.


def test_a_webhook_is_told_in_the_standards_form(ending, hook, main, settings):
    settings.APP_URL = "https://portal.example"
    token = ending()

    send_due()
    send_due()

    ((_, headers, body),) = hook.calls
    sent = standardwebhooks.Webhook(hook.webhook.secret.reveal()).verify(body, headers)
    assert sent == {
        "type": "tokens.ending",
        "timestamp": "2026-05-01T00:00:00+00:00",
        "data": {
            "account": {"id": main.pk, "name": "Acme"},
            "page": f"https://portal.example/accounts/{main.pk}/tokens/shipping/",
            "total": 1,
            "tokens": [
                {
                    "id": token.pk,
                    "name": "Terraform",
                    "kind": "api",
                    "masked": token.masked,
                    "ends_at": "2026-05-04T10:00:00+00:00",
                    "days_left": 3,
                    "last_used_at": None,
                }
            ],
            "trial": None,
        },
    }


def test_a_webhook_that_fails_is_tried_again_under_the_same_id(ending, hook, later):
    ending()
    hook.answer = (500, b"on fire", ())
    send_due()
    reminder = Reminder.objects.get(way=Way.WEBHOOK)
    assert (reminder.answer, reminder.failures) == ("500 on fire", 1)
    assert reminder.sent_on is None

    hook.answer = (204, b"", ())
    send_due()
    assert len(hook.calls) == 1
    later(minutes=2)
    send_due()
    later(hours=1)
    send_due()

    first, again = [headers["webhook-id"] for _, headers, _ in hook.calls]
    assert first == again
    # It was told by mail once, whatever became of the webhook.
    assert len(mail.outbox) == 1
    assert [event.data["way"] for event in told()] == ["mail", "webhook"]


def test_a_receiver_that_is_gone_is_left_alone(ending, hook, later):
    ending()
    hook.answer = (410, b"", ())
    send_due()
    later(days=1)

    send_due()

    assert len(hook.calls) == 1


def test_a_webhook_that_was_just_removed_is_not_called(ending, hook, monkeypatch):
    ending()
    of = endings.of

    def of_removed(account, way, now):
        found = of(account, way, now)
        if way == Way.WEBHOOK:
            Webhook.objects.all().delete()
        return found

    monkeypatch.setattr(endings, "of", of_removed)
    send_due()

    assert hook.calls == []
    assert Reminder.objects.get(way=Way.WEBHOOK).answer == "It was removed"


# Mails that fail.


def test_who_fails_waits_and_the_others_are_told_the_next_time(
    ending, main, later, monkeypatch
):
    ending()
    ending(account=MainFactory(name="Nobody's"))
    Membership.objects.filter(account=main).update(suspended_at=timezone.now())
    send_due()
    assert Reminder.objects.get().answer == "The account has no admin"

    Membership.objects.update(suspended_at=None)
    send_due()
    assert mail.outbox == []
    later(minutes=2)
    send_due()

    assert subjects() == ["“Terraform” of “Acme” ends in 3 days"]
    assert told().get().account == main


def test_a_mail_server_that_is_away_is_waited_for(ending, later, settings, caplog):
    ending()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }

    send_due()

    assert "Acme could not be told by mail of what ends soon: The mail" in caplog.text
    assert not told().exists()
    assert not RemindedToken.objects.exists()


# Of many workers, one sends.


def test_while_one_sends_nobody_else_does(ending, hook, monkeypatch, later):
    ending()

    def slowly(send):
        def send_slowly(ends):
            later(minutes=5)
            send_due()
            return send(ends)

        return send_slowly

    for way, send in SENDERS.items():
        monkeypatch.setitem(SENDERS, way, slowly(send))
    send_due()

    assert len(mail.outbox) == len(hook.calls) == 1
    assert told().count() == 2


def test_of_two_claims_one_is_good(main, clock, later):
    claim = Reminder.objects.claim
    now = timezone.now()

    assert claim(main.pk, Way.MAIL, now).account == main
    assert claim(main.pk, Way.MAIL, now) is None
    assert claim(main.pk, Way.WEBHOOK, now)
    later(minutes=14)
    assert claim(main.pk, Way.MAIL, timezone.now()) is None
    later(minutes=2)
    assert claim(main.pk, Way.MAIL, timezone.now())


def test_who_looked_the_day_before_does_not_send_again(ending, later):
    ending(1)
    yesterday = timezone.now()
    later(days=1, hours=-1)
    send_due()

    assert (
        Reminder.objects.claim(Reminder.objects.get().account_id, Way.MAIL, yesterday)
        is None
    )


def test_a_worker_that_died_over_it_is_relieved(ending, main, later):
    ending()
    assert Reminder.objects.claim(main.pk, Way.MAIL, timezone.now())
    send_due()
    assert mail.outbox == []

    later(minutes=16)
    send_due()

    assert len(mail.outbox) == 1


def test_what_was_changed_since_it_was_looked_at_is_not_told(
    ending, monkeypatch, later
):
    token = ending()
    due = endings.due

    def due_and_gone(way, now):
        found = due(way, now)
        if found:
            token.set_expiry(None, by=BY)
        return found

    monkeypatch.setattr(endings, "due", due_and_gone)
    send_due()

    assert mail.outbox == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_sends(main, admin):
    long_ago = timezone.now() - timedelta(hours=1)
    ends = timezone.now() + timedelta(days=3)
    token = TokenFactory(account=main, expires_at=ends)
    type(token).objects.update(updated_at=long_ago)
    barrier = threading.Barrier(6)

    def work(_number):
        barrier.wait()
        send_due()
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(mail.outbox) == told().count() == 1


def test_days_are_those_of_the_shared_clock(ending, monkeypatch):
    ending(4)
    send_due()
    assert mail.outbox != []

    mail.outbox.clear()
    shared_clock.offset = 86_400.0
    send_due()

    assert subjects() == ["“Terraform” of “Acme” ends in 3 days"]


# Trials.


def test_admins_are_told_of_a_trial_and_what_then_stops(main, admin, clock, later):
    TokenFactory.create_batch(2, account=main)
    TokenFactory(account=main).disable(by=BY)
    begin_trial(main, days=14)

    send_due()
    send_due()

    (sent,) = mail.outbox
    assert sent.subject == "[Tollgate] The trial ends in 14 days: “Acme”"
    for words in (
        "The trial of “Acme” ends in 14 days, 15 May 2026, 10:00 UTC. Then 2 API tokens "
        "of “Acme” stop working until the plan is upgraded. All other tokens work "
        "on; the limit of enabled log shipping tokens falls to 1, and those above it stay "
        "enabled.",
        f"/accounts/{main.pk}/tokens/shipping/",
    ):
        assert words in said(sent)
    assert told().get().data == {
        "way": "mail",
        "trial_ends_at": "2026-05-15T10:00:00+00:00",
    }


def test_a_trial_is_told_of_at_each_step_and_anew_when_it_is_extended(
    main, admin, clock, later
):
    begin_trial(main, days=7)
    for _ in range(3):
        send_due()
        later(days=2)
    begin_trial(main, days=30)
    send_due()

    assert subjects() == [
        "The trial ends in 7 days: “Acme”",
        "The trial ends in 3 days: “Acme”",
        "The trial ends in 30 days: “Acme”",
    ]


@pytest.mark.parametrize(
    ("plan", "days"), [(Plan.PRO, 3), (Plan.COMMUNITY, 32), (Plan.COMMUNITY, -1)]
)
def test_a_trial_that_ends_nothing_or_not_soon_is_not_told(
    main, admin, clock, plan, days
):
    begin_trial(main, days=days)
    Organisation.objects.update(plan=plan)

    send_due()

    assert mail.outbox == []


def test_children_are_told_of_a_trial_when_their_tokens_stop(main, admin, clock):
    TokenFactory(account=ChildFactory(main=main, name="With"))
    TokenFactory(account=ChildFactory(main=main, name="Stopped")).disable(by=BY)
    begin_trial(main, days=1)

    send_due()

    assert sorted(subjects()) == [
        "The trial ends tomorrow: “Acme”",
        "The trial ends tomorrow: “With”",
    ]
    of_child = next(each for each in mail.outbox if "“With”" in each.subject)
    assert "The trial of “Acme” ends tomorrow" in said(of_child)
    assert "Then 1 API token of “With” stops working" in said(of_child)


@pytest.mark.parametrize(("number", "words"), [(1, "a token"), (2, "2 tokens")])
def test_a_trial_and_tokens_are_one_message(ending, main, hook, number, words):
    for each in range(number):
        ending(7, f"Token {each}")
    begin_trial(main, days=3)

    send_due()

    (sent,) = mail.outbox
    assert sent.subject == f"[Tollgate] The trial and {words} of “Acme” end soon"
    assert "The trial of “Acme” ends in 3 days" in said(sent)
    ((_, _, body),) = hook.calls
    data = json.loads(body)["data"]
    assert (data["total"], data["trial"]) == (
        number,
        {
            "ends_at": Organisation.objects.get().trial_ends_at.isoformat(),
            "days_left": 3,
            "stops": {"api": number},
        },
    )


# What is past.


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
