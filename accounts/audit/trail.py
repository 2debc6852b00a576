"""The audit trail: one event for each change, in the change's own transaction.

Each organisation's events are a chain: an event's digest covers the digest before it,
so that a row that was changed, dropped or slipped in is found by `verify`.
"""

import hmac
import json
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from types import NoneType

from django.db import transaction
from django.utils import timezone

from accounts import direct
from accounts.audit.generations import is_quiet, note_change
from accounts.crypto.keys import keyring
from accounts.metrics import events
from accounts.models import AuditChain, AuditEvent
from accounts.models.events import DIGEST_VERSION
from accounts.prepared import Prepared, insert, new
from accounts.web.addresses import client_address
from accounts.web.logs import request_id

MAX_AGENT = 200
# Reads as it was written, whatever the database.
ONE_WAY = str, int, NoneType
IN_ORDER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where."""

    label: str
    user: object = None
    token_id: int | None = None
    ip: str | None = None
    agent: str = ""
    on_behalf_of: str = ""

    @property
    def author(self):
        """Who columns such as created_by name: for a token, the person who made it."""
        return self.on_behalf_of or self.label

    @classmethod
    def of(cls, request):
        """Return the person behind a page request."""
        user = request.user if request.user.is_authenticated else None
        return cls(
            label=user.email if user else "",
            user=user,
            ip=client_address(request),
            agent=client_agent(request),
        )

    @classmethod
    def calling(cls, request):
        """Return the API token behind a call."""
        token = request.auth
        return cls(
            label=token.name,
            token_id=token.pk,
            on_behalf_of=token.created_by,
            ip=client_address(request),
            agent=client_agent(request),
        )

    @classmethod
    def console(cls):
        return cls(label="operator console")

    def columns(self):
        """Return what an AuditEvent keeps of somebody."""
        return {
            "user_id": self.user and self.user.pk,
            "actor_token_id": self.token_id,
            "actor_label": self.label[:254],
            "ip": self.ip,
            "agent": self.agent,
        }


def client_agent(request):
    return read_agent(request.META.get("HTTP_USER_AGENT", ""))


def read_agent(text):
    """Return how a program calls itself, at most MAX_AGENT characters of it."""
    if not text.isascii():
        # Each character is a byte (PEP 3333), of whatever text that was.
        text = text.encode("latin-1", "replace").decode("utf-8", "replace")
    return text.replace("\x00", "")[:MAX_AGENT]


def record(
    action, *, by, account=None, organisation=None, target="", token_id=None, **data
):
    """Append an event to the organisation's chain, or to the installation's own.

    Belongs in the transaction of the change that it tells of. `data` must be JSON and
    may hold `changes`, a list of [field, old, new].
    """
    organisation_id = account.organisation_id if account else None
    if organisation:
        organisation_id = organisation.pk
    # A change whose event fails is undone as a whole: no savepoint, which would cost two
    # statements.
    with transaction.atomic(savepoint=False):
        chain, sequence, previous = _open_chain(organisation_id)
        event = new(
            AuditEvent,
            chain_id=chain,
            sequence=sequence + 1,
            key_id=keyring("audit").active.kid,
            created_at=timezone.now(),
            action=str(action),
            organisation_id=organisation_id,
            account_id=account and account.pk,
            token_id=token_id,
            target=str(target)[:254],
            request_id=request_id.get(),
            data=data,
            **by.columns(),
        )
        event.digest = digest(event, bytes(previous))
        _append(event)
        if not is_quiet(action, organisation_id):
            note_change(organisation_id)
        transaction.on_commit(partial(events.add, str(action)))
    return event


def record_of(membership, action, *, by, **data):
    """Append an event about somebody's membership in an account, as record() does."""
    return record(
        action,
        by=by,
        account=membership.account,
        target=membership.user.email,
        user_id=membership.user_id,
        **data,
    )


# Others wait for the chain until the change is committed.
MOVE_ON = "UPDATE accounts_auditchain SET sequence = %s, digest = %s WHERE id = %s"


def _append(event):
    """Write an event, and let its chain end in it."""
    insert(event)
    direct.change(MOVE_ON, [event.sequence, event.digest, event.chain_id])


def _chain_of(*organisation):
    chains = AuditChain.objects.select_for_update(no_key=True)
    # That of the installation is none's.
    chains = chains.filter(organisation=organisation[0] if organisation else None)
    return chains.values_list("pk", "sequence", "digest")


_CHAIN = Prepared(_chain_of)


def _open_chain(organisation_id):
    """Hold the chain of an organisation, or of none; return its id, last number and digest."""
    whose = () if organisation_id is None else (organisation_id,)
    found = _CHAIN.first(*whose)
    if found:
        return found
    AuditChain.objects.get_or_create(organisation_id=organisation_id)
    return _CHAIN.first(*whose)


def digest(event, previous):
    """Return the 32 bytes that chain an event to the one before it."""
    fields = [
        event.sequence,
        event.created_at.isoformat(),
        event.action,
        event.organisation_id,
        event.account_id,
        event.actor_token_id,
        event.token_id,
        event.actor_label,
        event.target,
        event.ip,
        event.agent,
        _numbers_alike(event.data),
    ]
    if event.digest_version > 1:
        fields.append(event.user_id)
    if event.digest_version > 2:
        fields.append(event.request_id)
    text = IN_ORDER.encode(fields).encode()
    return hmac.digest(keyring("audit").subkeys[event.key_id], previous + text, sha256)


def _numbers_alike(data):
    """Return data as it reads on every database: PostgreSQL gives 1e22 back as int."""
    if all(map(_has_no_fraction, data.values())):
        return data
    return json.loads(json.dumps(data), parse_float=_whole_if_it_is)


def _has_no_fraction(value):
    if type(value) is list:
        return all(isinstance(each, ONE_WAY) for each in value)
    return isinstance(value, ONE_WAY)


def _whole_if_it_is(text):
    number = float(text)
    return int(number) if number.is_integer() else number


def verify(chain):
    """Return the sequence number of the first event that does not fit, or None.

    An event under a key that is not configured does not fit: its key id could have
    been changed together with the rest.
    """
    previous, expected = bytes(32), 0
    for event in chain.events.order_by("sequence").iterator():
        expected += 1
        if event.sequence != expected:
            return expected
        if event.key_id not in keyring("audit").keys or not hmac.compare_digest(
            bytes(event.digest), digest(event, previous)
        ):
            return event.sequence
        previous = bytes(event.digest)
    intact = (expected, previous) == (chain.sequence, bytes(chain.digest))
    return None if intact else expected + 1


def verify_all():
    """Yield each AuditChain, and the place that `verify` finds in it."""
    chains = AuditChain.objects.select_related("organisation").order_by("pk")
    for chain in chains:
        yield chain, verify(chain)


def broken_at(chain, place):
    return f"The {chain} is broken at event {place:,}."


def sign_again(chain):
    """Sign a chain's events anew, with the active key; whether they fitted is not asked.

    The organisation's other writers wait until it is done.
    """
    with transaction.atomic():
        chain = AuditChain.objects.select_for_update(no_key=True).get(pk=chain.pk)
        previous, kid = bytes(32), keyring("audit").active.kid
        events = list(chain.events.order_by("sequence"))
        for event in events:
            event.key_id, event.digest_version = kid, DIGEST_VERSION
            previous = event.digest = digest(event, previous)
        AuditEvent.objects.bulk_create(
            events,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["key_id", "digest", "digest_version"],
        )
        chain.digest = previous
        chain.save(update_fields=["digest"])
