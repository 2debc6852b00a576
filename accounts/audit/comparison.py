"""Comparing the chains of a database with anchors from before."""

import fcntl
from collections import defaultdict
from itertools import batched
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from accounts.audit.anchors import NoAnchorError, UnknownKeyError, read
from accounts.models import AuditChain

ASKED_AT_ONCE = 500


class Anchored:
    """Anchors, from files that they were appended to or logged in.

    `count` is of how many, `skipped` of those whose key is not configured; `wrong` are
    sentences about lines that are no anchors of this installation.
    """

    def __init__(self):
        self.count, self.skipped, self.wrong = 0, 0, []
        self._chains = defaultdict(dict)

    def read_file(self, path):
        """Take in what a file has; raises OSError."""
        with open(path, encoding="utf-8", errors="replace") as file:
            # Whoever appends to it has written whole lines when we get our turn.
            fcntl.flock(file, fcntl.LOCK_SH)
            for number, line in enumerate(file, start=1):
                self.read_line(line, f"Line {number} of {path}")

    def read_line(self, line, place):
        try:
            anchor = read(line)
        except UnknownKeyError:
            self.skipped += 1
        except NoAnchorError as reason:
            self.wrong.append(f"{place} {reason}.")
        else:
            if anchor:
                self._take(anchor)

    def _take(self, anchor):
        self.count += 1
        # Of two events in one place both are kept: one cannot be there any more.
        seen = anchor.sequence, anchor.key, anchor.digest
        self._chains[anchor.chain, anchor.organisation][seen] = anchor

    def compare(self):
        """Return two lists of sentences: about chains that changed, and that lack events.

        What is lacking may have come later than a backup.
        """
        chains = AuditChain.objects.select_related("organisation").in_bulk()
        changed, lacking = [], []
        for (pk, organisation), found in self._chains.items():
            chain, anchors = chains.get(pk), list(found.values())
            if chain is None or chain.organisation_id != organisation:
                lacking.append(_gone(_last(anchors)))
            elif other := _other(chain, anchors):
                changed.append(_changed(chain, other))
            elif _last(anchors).sequence > chain.sequence:
                lacking.append(_cut(chain, _last(anchors)))
        return changed, lacking


def _last(anchors):
    return max(anchors, key=lambda anchor: anchor.sequence)


def _gone(anchor):
    return (
        f"{anchor.subject.capitalize()} is gone: its event {anchor.sequence:,} was "
        f"anchored at {anchor.at}."
    )


def _changed(chain, anchor):
    return (
        f"Event {anchor.sequence:,} of the {chain} is not the one that was anchored at "
        f"{anchor.at}."
    )


def _cut(chain, anchor):
    return (
        f"The {chain} ends at event {chain.sequence:,}, but event {anchor.sequence:,} was "
        f"anchored at {anchor.at}."
    )


def _other(chain, anchors):
    """Return an anchor in whose place is another event, or None."""
    for some in batched(anchors, ASKED_AT_ONCE):
        digests = _digests(chain, some)
        for anchor in some:
            # Who has signed the chain anew, with another key, has verified it before.
            found = digests.get((anchor.sequence, anchor.key), anchor.digest)
            if found != anchor.digest:
                return anchor
    return None


def _digests(chain, anchors):
    rows = chain.events.filter(sequence__in={each.sequence for each in anchors})
    return {
        (sequence, key): bytes(digest).hex()
        for sequence, key, digest in rows.values_list("sequence", "key_id", "digest")
    }


def add_anchors(parser):
    """Let a command take the files of `read_anchors`, as `anchors`."""
    parser.add_argument(
        "--anchors",
        nargs="+",
        metavar="FILE",
        help="files with anchors; without it, those that AUDIT_ANCHORS names",
    )


def read_anchors(paths):
    """Return what is Anchored in files, or without any in those that are written to.

    Raises CommandError when one cannot be read; what is written to may not be there yet.
    """
    anchored = Anchored()
    if paths is None:
        paths = [path for path in settings.AUDIT_ANCHORS if Path(path).exists()]
    for path in paths:
        try:
            anchored.read_file(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    return anchored
