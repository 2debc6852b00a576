"""What is told of what waits in the database."""

from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from accounts.models import CryptoKey
from gateway.metrics import queues
from gateway.models import Delivery, RefusedToken, Reminder, Way
from tokens.models import BulkJob

NOW = timezone.now()
AGO = timedelta(minutes=10)


def told():
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in queues.Queues().collect()
        for sample in family.samples
    }


def test_an_empty_database_waits_for_nothing(db):
    found = told()

    assert found["tollgate_database_up",] == 1
    assert found["tollgate_notices_waiting", "mail"] == 0
    assert found["tollgate_notices_oldest_seconds", "mail"] == 0
    assert found["tollgate_bulk_jobs_waiting",] == 0
    assert ("tollgate_key_age_seconds", "enc") not in found


def test_notices_that_wait_and_that_fail(refused, main):
    refused()
    RefusedToken.objects.update(first_seen_at=NOW - AGO, last_seen_at=NOW)
    Delivery.objects.create(account=main, way=Way.MAIL, free_at=NOW, failures=3)
    Reminder.objects.create(account=main, way=Way.WEBHOOK, free_at=NOW, failures=1)

    found = told()

    assert found["tollgate_notices_waiting", "mail"] == 1
    assert found["tollgate_notices_oldest_seconds", "mail"] >= AGO.total_seconds()
    # Nobody has a webhook.
    assert found["tollgate_notices_waiting", "webhook"] == 0
    assert found["tollgate_notices_failing", "refused_calls", "mail"] == 1
    assert found["tollgate_notices_failing", "refused_calls", "webhook"] == 0
    assert found["tollgate_notices_failing", "endings", "webhook"] == 1


def test_bulk_jobs_that_run(main, admin):
    common = {"account": main, "user": admin, "action": "disable"}
    BulkJob.objects.create(**common)
    BulkJob.objects.create(**common, started_at=NOW - AGO, free_at=NOW)

    found = told()

    assert found["tollgate_bulk_jobs_waiting",] == 1
    assert found["tollgate_bulk_jobs_oldest_seconds",] >= AGO.total_seconds()


def test_the_active_keys_age(db):
    since = NOW - timedelta(days=400)
    CryptoKey.objects.create(purpose="enc", kid=1, check_value=b"", first_used=since)
    CryptoKey.objects.create(purpose="enc", kid=9, check_value=b"", first_used=NOW)

    found = told()

    assert found["tollgate_key_age_seconds", "enc"] >= 400 * 86_400
    assert ("tollgate_key_age_seconds", "index") not in found


def test_a_database_that_is_away_is_said_to_be(db, monkeypatch):
    def away(_):
        raise DatabaseError("away")

    monkeypatch.setattr(queues, "notices", away)

    assert told() == {("tollgate_database_up",): 0}
