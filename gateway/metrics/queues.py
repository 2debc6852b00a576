"""Lengths of the queues in the database, and the age of its keys."""

from datetime import timedelta

from django.db import DatabaseError, close_old_connections
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts.crypto.keys import keyring
from accounts.models import CryptoKey, OutgoingMail
from gateway.models import Delivery, Reminder, Way
from gateway.notifications.dispatch import untold
from tokens.models import BulkJob

PURPOSES = "enc", "index", "audit"


class Queues(Collector):
    """Asks the database at each collection; without one it says so and nothing else."""

    def collect(self):
        try:
            found = list(gauges(timezone.now()))
        except DatabaseError:
            found = []
        finally:
            close_old_connections()
        up = "Whether the database answered."
        yield GaugeMetricFamily("tollgate_database_up", up, value=bool(found))
        yield from found


def gauges(now):
    yield from notices(now)
    yield from jobs(now)
    yield from mails(now)
    yield key_ages(now)


def notices(now):
    waiting = GaugeMetricFamily(
        "tollgate_notices_waiting",
        "Refused tokens whose admins are not told yet.",
        labels=["way"],
    )
    oldest = GaugeMetricFamily(
        "tollgate_notices_oldest_seconds",
        "Since when the refused token waits that waits longest.",
        labels=["way"],
    )
    failing = GaugeMetricFamily(
        "tollgate_notices_failing",
        "Accounts that could not be told at the last try.",
        labels=["of", "way"],
    )
    for way in Way:
        found = untold(way, now).aggregate(
            count=Count("pk"), since=Min("first_seen_at")
        )
        waiting.add_metric([way], found["count"])
        oldest.add_metric([way], age(found["since"], now))
        for of, sending in (("refused_calls", Delivery), ("endings", Reminder)):
            count = sending.objects.filter(way=way, failures__gt=0).count()
            failing.add_metric([of, way], count)
    return waiting, oldest, failing


def jobs(now):
    due = BulkJob.objects.filter(free_at__isnull=False)
    found = due.aggregate(count=Count("pk"), since=Min("started_at"))
    yield GaugeMetricFamily(
        "tollgate_bulk_jobs_waiting",
        "Actions on many tokens that are not done yet.",
        value=found["count"],
    )
    yield GaugeMetricFamily(
        "tollgate_bulk_jobs_oldest_seconds",
        "Since when the action runs that runs longest.",
        value=age(found["since"], now),
    )


def mails(now):
    found = OutgoingMail.objects.waiting().aggregate(
        count=Count("pk"), since=Min("created_at")
    )
    yield GaugeMetricFamily(
        "tollgate_mails_waiting", "Mails that are not sent yet.", value=found["count"]
    )
    yield GaugeMetricFamily(
        "tollgate_mails_oldest_seconds",
        "Since when the mail waits that waits longest.",
        value=age(found["since"], now),
    )
    yield GaugeMetricFamily(
        "tollgate_mails_given_up",
        "Mails that could not be sent for three days, of the last thirty.",
        value=OutgoingMail.objects.given_up().count(),
    )


def key_ages(now):
    made = GaugeMetricFamily(
        "tollgate_key_age_seconds",
        "Since when the active key of a purpose is used.",
        labels=["purpose"],
    )
    for purpose in PURPOSES:
        active = CryptoKey.objects.filter(
            purpose=purpose, kid=keyring(purpose).active.kid
        )
        for since in active.values_list("first_used", flat=True):
            made.add_metric([purpose], age(since, now))
    return made


def age(since, now):
    return max(timedelta(), now - since).total_seconds() if since else 0.0
