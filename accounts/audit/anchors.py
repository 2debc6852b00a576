"""The heads of chains, signed and kept outside the database.

Whoever may write to the database cannot make an event that fits, but can set a chain back
to how it was, or take it away whole. A head that was written down elsewhere shows it.
"""

import hmac
import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from django.db.models import F
from django.utils import timezone

from accounts.crypto.keys import keyring
from accounts.models import AuditEvent

# What stands before it on a line is syslog's.
MARK = "tollgate-anchor "
LABEL = b"tollgate/anchor/1"


class NoAnchorError(Exception):
    """A line that is no anchor of this installation; the text says why."""


class UnknownKeyError(NoAnchorError):
    """An anchor that was signed with a key that is not configured."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """That a chain's event `sequence` had a digest, which was made with a key."""

    at: str
    chain: int
    organisation: int | None
    sequence: int
    digest: str
    key: int

    @property
    def line(self):
        fields = asdict(self)
        return f"{MARK}{_text(fields | {'signature': _signature(fields)})}"

    @property
    def subject(self):
        if self.organisation is None:
            return "the chain of the installation"
        return f"the chain of organisation {self.organisation}"

    def says_as(self, other):
        return other and (self.sequence, self.digest) == (other.sequence, other.digest)


def _text(fields):
    return json.dumps(fields, separators=(",", ":"))


def _signature(fields):
    key = keyring("audit").keys[fields["key"]].subkey(LABEL)
    return hmac.digest(key, _text(fields).encode(), sha256).hex()


def read(line):
    """Return the Anchor of a line, None for a line of something else; raises NoAnchorError."""
    _, mark, text = line.partition(MARK)
    if not mark:
        return None
    try:
        fields = json.loads(text)
        signature = fields.pop("signature")
        anchor = Anchor(**fields)
        is_known = anchor.key in keyring("audit").keys
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NoAnchorError("is cut off") from None
    if not is_known:
        raise UnknownKeyError(f"was signed with key {anchor.key}")
    signed = str(signature).encode()
    if not hmac.compare_digest(_signature(asdict(anchor)).encode(), signed):
        raise NoAnchorError("has a wrong signature")
    return anchor


def heads():
    """Return an Anchor for each chain that has events, as they stand now."""
    now = timezone.now().isoformat(timespec="seconds")
    last = AuditEvent.objects.filter(
        sequence=F("chain__sequence"), key_id__in=keyring("audit").keys
    )
    columns = "chain_id", "organisation_id", "sequence", "digest", "key_id"
    return [
        Anchor(now, chain, organisation, sequence, bytes(digest).hex(), key)
        for chain, organisation, sequence, digest, key in last.values_list(*columns)
    ]
