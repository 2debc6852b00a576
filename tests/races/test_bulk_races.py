"""Workers of several processes at the same jobs."""

from datetime import timedelta

import pytest

from accounts.models import Action, AuditEvent
from tests.factories import MainFactory, MembershipFactory, TokenFactory
from tests.races.racers import BY
from tokens.bulk_worker import carry_on
from tokens.models import BulkAction, BulkItem, BulkJob, ItemOutcome

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def jobs():
    """Two jobs of the same tokens, started."""
    account = MainFactory()
    tokens = TokenFactory.create_batch(25, account=account)
    user = MembershipFactory(account=account).user
    made = [
        BulkJob.prepare(tokens, account=account, user=user, action=action)
        for action in (BulkAction.ROTATE, BulkAction.DISABLE)
    ]
    for job in made:
        job.start(by=BY, size=len(tokens))
    return made


def test_each_token_is_changed_once_whoever_works(race, jobs, monkeypatch):
    # No lease at all: they take the same turns from each other all the time.
    monkeypatch.setattr("tokens.bulk_worker.LEASE", -timedelta(minutes=1))
    race(*[carry_on] * 4)

    assert not BulkItem.objects.waiting().exists()
    assert not BulkJob.objects.filter(free_at__isnull=False).exists()
    done = BulkItem.objects.filter(outcome=ItemOutcome.DONE)
    changes = AuditEvent.objects.filter(
        action__in=[Action.TOKEN_ROTATED, Action.TOKEN_DISABLED]
    )
    assert changes.count() == done.count()
    # Of the two jobs the second finds a token as the first has left it.
    assert done.count() == 25


def test_what_is_stopped_is_done_or_left(race, jobs):
    job = jobs[1]

    race(carry_on, job.stop, carry_on)

    assert not BulkItem.objects.waiting().exists()
    assert not BulkJob.objects.filter(free_at__isnull=False).exists()
    done = job.items.filter(outcome=ItemOutcome.DONE).count()
    disabled = AuditEvent.objects.filter(action=Action.TOKEN_DISABLED)
    assert disabled.count() == done
