"""Tokens that work with a secret that somebody has found."""

from django.db.models import Exists, OuterRef, Q

from leaks.models import Leak
from tokens.health import Finding
from tokens.models import BulkAction
from tokens.states import enabled


def _leaked():
    found = Leak.objects.filter(token=OuterRef("pk"), secret__valid_until=None)
    return enabled() & Q(Exists(found))


LEAKED = Finding(
    "leaked",
    "Found where it should not be",
    "megaphone",
    "Somebody reported their secrets, with the place where they were found.",
    "Whoever else has found them can use them as well as you can.",
    "Rotate them, and put the new secrets into what uses them.",
    _leaked,
    (BulkAction.ROTATE, BulkAction.DISABLE),
)
