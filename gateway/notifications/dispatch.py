"""Telling the admins of an account about refused tokens: by mail and by webhook.

It is done by threads beside those that write the refusals down. Who does it is settled by
one conditional UPDATE; what fails is tried again later, and what there is to tell stays in
the table until somebody was told. Mails are kept together with that: accounts/outbox.py
sends them.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mail import send_to_admins
from accounts.rule_violations import Unavailable
from gateway.models import Delivery, RefusedToken, Way, Webhook
from gateway.notifications import content, webhook_calls

# A token is told of once in that time.
EVERY = timedelta(days=1)
# What begins together is told together.
GATHERING = timedelta(seconds=20)
# Between two of the same account: however many tokens there are, it gets no more.
SPACING = {Way.MAIL: timedelta(minutes=15), Way.WEBHOOK: timedelta(minutes=1)}
# After that another worker takes over from one that died over it.
LEASE = timedelta(minutes=2)
TOLD = {Way.MAIL: "mailed_at", Way.WEBHOOK: "hooked_at"}

logger = logging.getLogger(__name__)


class SendOutcome(NamedTuple):
    """The outcome of a delivery, and after how long the receiver takes the next one."""

    answer: str
    is_fine: bool
    wait: timedelta = timedelta()


def send_due():
    """Tell at most one account in each way."""
    for way in Way:
        delivery = _claim(way, timezone.now())
        if delivery:
            _deliver(delivery)


def untold(way, now):
    """Return the refused tokens that somebody should be told of."""
    told = Q(**{f"{TOLD[way]}__gt": now - EVERY})
    ripe = RefusedToken.objects.waiting().filter(first_seen_at__lt=now - GATHERING)
    ripe = ripe.filter(last_seen_at__gt=now - EVERY, account__deleted_at=None)
    ripe = ripe.exclude(told)
    if way == Way.WEBHOOK:
        return ripe.filter(account__in=Webhook.objects.wanted().values("account"))
    return ripe


def _claim(way, now):
    """Return the Delivery to an account that is this worker's to make, or None."""
    busy = Delivery.objects.filter(way=way, free_at__gt=now).values("account")
    found = untold(way, now).exclude(account__in=busy).order_by("last_seen_at")
    account_id = found.values_list("account_id", flat=True).first()
    if account_id is None:
        return None
    delivery, _ = Delivery.objects.get_or_create(
        account_id=account_id, way=way, defaults={"free_at": now}
    )
    return delivery if delivery.take(now + LEASE) else None


def _deliver(delivery):
    now = timezone.now()
    account, waiting = delivery.account, untold(delivery.way, now)
    waiting = waiting.filter(account=account).order_by("-last_seen_at", "pk")
    found = list(waiting.values_list("pk", TOLD[delivery.way]))
    if not found:
        return  # Somebody has settled it in this very moment.
    ids = [pk for pk, _ in found]
    named = waiting.filter(pk__in=ids[: content.MOST_NAMED]).select_related("token")
    rows = content.with_callers(list(named))
    SENDERS[delivery.way](delivery, account, rows, found)


def _mail(delivery, account, rows, found):
    context = {
        "rows": rows,
        "more": len(found) - len(rows),
        "page": content.page_of(account),
    }
    subject = content.subject(account, rows, len(found))
    with transaction.atomic():
        # The mails and the note of them come together, and from one worker.
        if delivery.is_held():
            send_to_admins(account, subject, "gateway/mail/refused.html", **context)
            _settle(delivery, found, "")


def _hook(delivery, account, rows, found):
    outcome = _call(account, rows, found)
    if outcome.is_fine:
        with transaction.atomic():
            _settle(delivery, found, outcome.answer)
        return
    delivery.put_off(outcome.answer, wait=outcome.wait)
    words = "%s could not be told of refused calls by webhook: %s"
    logger.warning(words, account, outcome.answer)


def _settle(delivery, found, answer):
    told = {TOLD[delivery.way]: timezone.now()}
    RefusedToken.objects.filter(pk__in=[pk for pk, _ in found]).update(**told)
    delivery.settle(answer, pause=SPACING[delivery.way])


def _call(account, rows, found):
    webhook = Webhook.objects.filter(account=account).first()
    if webhook is None:
        return SendOutcome("It was removed", is_fine=True)
    try:
        answer = webhook_calls.call(
            webhook,
            webhook_calls.REFUSED,
            content.body(account, rows, len(found)),
            message_id=content.message_id(account, found),
            occurred_at=rows[0].last_seen_at,
        )
    except Unavailable as error:
        return SendOutcome(error.message, is_fine=False)
    return SendOutcome(str(answer), is_fine=answer.is_fine, wait=answer.retry_after)


SENDERS = {Way.MAIL: _mail, Way.WEBHOOK: _hook}
