"""Telling the admins of an account, a message a day, which tokens and trials end soon.

It goes to an account's own admins and its webhook, and at most once a day: no address
is anybody's choice, so that mails need no limit beside that one. Who sends is settled by
one conditional UPDATE. A mail is kept together with the note of it, and sent by
accounts/outbox.py. What a webhook was told is noted only then: whoever dies in between
leaves a call that is made again after the lease.
"""

import logging

from django.db import transaction

from accounts.audit.trail import Actor, record
from accounts.clock import clock
from accounts.locks import repeated
from accounts.mail import send_to_admins
from accounts.models import Action
from accounts.rule_violations import Unavailable
from gateway.models import RemindedToken, Reminder, Way, Webhook
from gateway.notifications import due_reminders, webhook_calls
from gateway.notifications import reminder_content as content
from gateway.notifications.dispatch import SendOutcome
from tokens.models import PlannedEnd

BY = Actor(label="reminders")

logger = logging.getLogger(__name__)


def send_due():
    """Tell every account that is to be told today, in each way.

    After a failure the others of that way wait for the next time: mostly it is the mail
    server that is away, for all of them.
    """
    for way in Way:
        now = clock.now()
        news = due_reminders.announcing(way, now)
        for account_id in due_reminders.due(way, now):
            reminder = Reminder.objects.claim(
                account_id, way, clock.now(), at_once=account_id in news
            )
            if reminder and not _send(reminder):
                break


def _send(reminder):
    """Send what there is to tell; returns whether that went well."""
    ends = due_reminders.of(reminder.account, reminder.way, clock.now())
    if not ends:
        return True  # Somebody has changed it in this very moment.
    return SENDERS[reminder.way](reminder, ends)


def _mail(reminder, ends):
    with transaction.atomic():
        # The mails and the note of them come together, and from one worker.
        if not reminder.is_held():
            return True
        reached = send_to_admins(
            ends.account,
            content.subject(ends),
            "gateway/mail/ending.html",
            **content.mail(ends),
        )
        if reached:
            _note(reminder, ends, "")
            return True
    return _put_off(reminder, SendOutcome("The account has no admin", is_fine=False))


def _hook(reminder, ends):
    try:
        outcome = _call(ends)
    except Unavailable as error:
        outcome = SendOutcome(error.message, is_fine=False)
    if not outcome.is_fine:
        return _put_off(reminder, outcome)
    _keep(reminder, ends, outcome.answer)
    return True


def _put_off(reminder, outcome):
    reminder.put_off(outcome.answer, wait=outcome.wait)
    words = "%s could not be told by %s of what ends soon: %s"
    logger.warning(words, reminder.account, reminder.way, outcome.answer)
    return False


@repeated
def _keep(reminder, ends, answer):
    with transaction.atomic():
        _note(reminder, ends, answer)


def _note(reminder, ends, answer):
    RemindedToken.objects.note(reminder.way, ends.tokens)
    if reminder.way == Way.MAIL:
        announced = PlannedEnd.objects.filter(token__in=ends.tokens, announced_at=None)
        announced.update(announced_at=clock.now())
    reminder.keep(answer, ends)
    record(
        Action.REMINDED,
        by=BY,
        account=ends.account,
        target=ends.account.name,
        way=reminder.way,
        **content.told(ends),
    )


def _call(ends):
    webhook = Webhook.objects.filter(account=ends.account).first()
    if webhook is None:
        return SendOutcome("It was removed", is_fine=False)
    answer = webhook_calls.call(
        webhook,
        webhook_calls.ENDING,
        content.body(ends),
        message_id=content.message_id(ends),
        occurred_at=content.day(ends),
    )
    return SendOutcome(str(answer), is_fine=answer.is_fine, wait=answer.retry_after)


SENDERS = {Way.MAIL: _mail, Way.WEBHOOK: _hook}
