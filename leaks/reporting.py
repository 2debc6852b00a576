"""From what was found to the tokens that it is of.

Whoever reports learns nothing: not whether a token exists, nor whose it is.
"""

from itertools import batched
from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from accounts.audit.trail import client_agent
from accounts.locks import repeated
from accounts.web.addresses import client_address
from leaks.models import MOST_PLACES, Leak
from tokens.models import StoredSecret
from tokens.secrets import digests, recognise

AT_ONCE = 400


class Reporter(NamedTuple):
    """Who says that something was found, and from where."""

    name: str
    address: str | None
    agent: str

    @classmethod
    def of(cls, request, name):
        return cls(name, client_address(request), client_agent(request))


def keep(findings, reporter):
    """Keep those Findings that are secrets of ours; return the texts of these.

    What is known to be in a place is not kept again. What is done about them is up to
    `leaks.follow_up`.
    """
    wanted = {}
    for finding in findings:
        secret = recognise(finding.token)
        for digest in digests(secret) if secret else ():
            wanted.setdefault(digest, []).append(finding)
    return {
        finding.token
        for some in batched(wanted, AT_ONCE)
        for finding in _keep({digest: wanted[digest] for digest in some}, reporter)
    }


@repeated
def _keep(wanted, reporter):
    rows = StoredSecret.objects.filter(lookup__in=wanted)
    rows = rows.annotate(places=Count("leaks")).values_list(
        "pk", "token_id", "lookup", "places"
    )
    leaks, known = [], []
    for secret_id, token_id, lookup, places in rows:
        found = wanted[bytes(lookup)]
        known += found
        for place in dict.fromkeys(finding.place for finding in found):
            if places < MOST_PLACES:
                leaks.append(_leak(secret_id, token_id, place, reporter))
                places += 1
    Leak.objects.bulk_create(leaks, batch_size=AT_ONCE, ignore_conflicts=True)
    return known


def _leak(secret_id, token_id, place, reporter):
    now = timezone.now()
    return Leak(
        secret_id=secret_id,
        token_id=token_id,
        place=place,
        found_by=reporter.name,
        address=reporter.address,
        agent=reporter.agent,
        found_at=now,
        free_at=now,
    )
