"""Moving what this app keeps from old keys to the active ones.

The envelopes and digests of tokens are moved by the app that owns them.
"""

import base64

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.db import transaction

from accounts.audit.trail import sign_again, verify
from accounts.crypto.keys import keyring
from accounts.crypto.seeds import renewed, sealed
from accounts.hooks import SealedRows
from accounts.models import AuditChain, AuditEvent, CryptoKey
from accounts.rule_violations import RuleViolation


def require_ready(purpose):
    """Raise RuleViolation unless a new key is first and an older one still present."""
    if len(keyring(purpose).keys) < 2:
        raise RuleViolation(
            "one_key",
            "There is one key only. Put the new key first and keep the old one "
            "after it, as in 2:<new>,1:<old>.",
        )
    spent = CryptoKey.objects.exclude(retired_at=None)
    if spent.filter(purpose=purpose, kid=keyring(purpose).active.kid).exists():
        raise RuleViolation(
            "retired", "The first key was retired. Put a new one first."
        )


def _with_seeds():
    return Authenticator.objects.filter(type__in=["totp", "recovery_codes"])


def old_seeds():
    """Return the authenticators that hold something under an old encryption key."""
    active = keyring("enc").active.kid
    return [
        each.pk
        for each in _with_seeds().order_by("pk").iterator()
        if any(_kid(text) != active for text in sealed(each).values())
    ]


def count_seeds(purpose, kid):
    """Return how many authenticators hold something under a key."""
    if purpose != "enc":
        return 0
    return sum(
        kid in map(_kid, sealed(each).values()) for each in _with_seeds().iterator()
    )


def renew_seeds(pks):
    """Encrypt the seeds of authenticators anew; returns how many there were."""
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update(no_key=True)
        for each in rows.filter(pk__in=pks):
            each.data |= {name: renewed(seed) for name, seed in sealed(each).items()}
            each.save(update_fields=["data"])
    return len(pks)


def check_seeds():
    """Open every seed and return how many there are; raises Unavailable."""
    count = 0
    for each in Authenticator.objects.order_by("pk").iterator():
        for text in sealed(each).values():
            decrypt(text)
            count += 1
    return count


SEEDS = SealedRows(old_seeds, renew_seeds, check_seeds)


def _kid(text):
    return int.from_bytes(base64.b64decode(text)[1:5])


def old_chains():
    """Return the chains with events under an old audit key."""
    old = AuditEvent.objects.exclude(key_id=keyring("audit").active.kid)
    return AuditChain.objects.filter(pk__in=old.values("chain")).order_by("pk")


def renew_chain(chain):
    """Sign a whole chain anew; raises RuleViolation for a broken one, which stays as it is."""
    with transaction.atomic():
        AuditChain.objects.select_for_update(no_key=True).get(pk=chain.pk)
        place = verify(chain)
        if place is not None:
            raise RuleViolation("broken", f"The {chain} is broken at event {place:,}.")
        sign_again(chain)
    return chain.sequence


def retire(purpose, now):
    """Note that nothing needs the old keys any more; returns their ids."""
    ring = keyring(purpose)
    CryptoKey.objects.filter(
        purpose=purpose, kid__in=ring.keys, retired_at=None
    ).exclude(kid=ring.active.kid).update(retired_at=now)
    return sorted(set(ring.keys) - {ring.active.kid})
