"""Tests of webhooks: beside the requests that ask for them, and few at a time."""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from uuid import uuid4

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from accounts.locks import locked
from accounts.rule_violations import RuleViolation, Unavailable
from gateway.models import Delivery, Way, Webhook
from gateway.notifications import content, webhook_calls

# Of one organisation, however many accounts it has: a receiver answers within 15.
BETWEEN_TESTS = timedelta(seconds=20)

logger = logging.getLogger(__name__)


class Beside(ThreadPoolExecutor):
    """Threads that give their connection back after each call, and keep its trace.

    Not the call itself does, which may be made where a connection is still needed.
    """

    def submit(self, call, *arguments):
        context = copy_context()
        return super().submit(context.run, _and_give_back, call, *arguments)


def _and_give_back(call, *arguments):
    try:
        return call(*arguments)
    finally:
        close_old_connections()


# A slow receiver keeps one of these, and no thread that answers requests.
beside = Beside(2, thread_name_prefix="webhook-test")


def begin(account):
    """Have an account's webhook tested soon; raises RuleViolation when that is too often."""
    delivery = _turn(account)
    beside.submit(_run, delivery.pk)
    delivery.refresh_from_db()
    return delivery


def _turn(account):
    now = timezone.now()
    with locked(account.main):
        recent = Delivery.objects.filter(
            account__organisation=account.organisation_id,
            way=Way.WEBHOOK,
            tried_at__gt=now - BETWEEN_TESTS,
        )
        if recent.exists():
            raise RuleViolation(
                "too_soon", "One was called a moment ago. Wait twenty seconds."
            )
        # Until there is an answer, none is shown.
        delivery, _ = Delivery.objects.update_or_create(
            account=account,
            way=Way.WEBHOOK,
            defaults={"tried_at": now, "answer": ""},
            create_defaults={"tried_at": now, "free_at": now},
        )
    return delivery


def _run(pk):
    try:
        _call(Delivery.objects.select_related("account").get(pk=pk))
    except (DatabaseError, Delivery.DoesNotExist, Webhook.DoesNotExist) as error:
        logger.warning("A webhook could not be tested: %s", error)


def _call(delivery):
    account = delivery.account
    try:
        webhook = Webhook.objects.get(account=account)
        answer = webhook_calls.call(
            webhook,
            webhook_calls.TEST,
            content.body(account, [], 0),
            message_id=f"msg_{uuid4().hex}",
            occurred_at=timezone.now(),
        )
    except Unavailable as error:
        delivery.put_off(error.message)
        return
    if answer.is_fine:
        delivery.settle(str(answer))
    else:
        delivery.put_off(str(answer), wait=answer.retry_after)
