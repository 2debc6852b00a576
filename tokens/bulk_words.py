"""Names of the actions on many tokens, and what they do."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models.accounts import RESTORABLE_DAYS
from accounts.prepared import Prepared
from tokens.models import BulkAction, BulkJob
from tokens.models.bulk import SHOWN_FOR

JOBS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Words:
    """`button` and `icon` are for where it is begun; what only undoes has neither."""

    verb: str
    doing: str
    done: str
    effect: str = ""
    button: str = ""
    icon: str = ""
    is_danger: bool = False


BULK_WORDS = {
    BulkAction.DISABLE: Words(
        "Disable",
        "Disabling",
        "disabled",
        "Every request with them fails at once, until they are enabled again.",
        "Disable",
        "power",
        is_danger=True,
    ),
    BulkAction.ROTATE: Words(
        "Rotate",
        "Rotating",
        "rotated",
        "Each gets a new secret. Whatever uses an old one has to be given the new one "
        "before the old one stops.",
        "Rotate",
        "arrow-path",
    ),
    BulkAction.EXPIRY: Words(
        "Set the expiry of",
        "Setting the expiry of",
        "given the expiry",
        "From then on every request with them fails.",
        "Set expiry",
        "calendar-days",
    ),
    BulkAction.DELETE: Words(
        "Delete",
        "Deleting",
        "deleted",
        "Every request with them fails at once. "
        f"For {RESTORABLE_DAYS} days they can be restored with the same secrets.",
        "Delete",
        "trash",
        is_danger=True,
    ),
    BulkAction.HANDOVER: Words(
        "Hand over",
        "Handing over",
        "handed over",
        "From then on somebody else answers for them. Their secrets stay the same, and "
        "whoever knew them still does.",
        "Hand over",
        "user-plus",
    ),
    BulkAction.RESTRICT: Words(
        "Restrict",
        "Restricting",
        "restricted",
        "From then on they work from these networks only, and so often. It can be narrowed "
        "again later, and never widened.",
        "Restrict",
        "lock-closed",
    ),
    BulkAction.ENABLE: Words("Enable", "Enabling", "enabled"),
    BulkAction.RESTORE: Words("Restore", "Restoring", "restored"),
}
# What there is a button for in the list of all tokens.
OFFERED = (
    BulkAction.DISABLE,
    BulkAction.ROTATE,
    BulkAction.EXPIRY,
    BulkAction.RESTRICT,
    BulkAction.DELETE,
)


def buttons(actions):
    """Return (action, Words) of actions that tokens are ticked for."""
    return [(action, BULK_WORDS[action]) for action in actions]


def recent_jobs(account, user):
    """Return (job, Words) of a person's jobs that run or were started a while ago."""
    jobs = _RECENT.rows(account.pk, user.pk, timezone.now() - SHOWN_FOR, JOBS_SHOWN, 0)
    return [(job, BULK_WORDS[job.action]) for job in jobs]


def _recent(account, user, since):
    jobs = BulkJob.objects.filter(account=account, user=user)
    return jobs.recent(since).with_progress()


_RECENT = Prepared(_recent, paged=True)
