"""Start-up checks of the keys, with the numbers of the security promises."""

import base64
import hmac
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.db import DatabaseError
from django.utils import timezone

from accounts import hooks
from accounts.crypto.keys import KEY_SETTINGS, KeyProblem, keyring, parse
from accounts.models import AuditEvent, CryptoKey

OLD = timedelta(days=365)
ABANDONED = timedelta(days=1)
FORGOTTEN = "Other hosts may have it. It is forgotten a day after it was first active."
ADVICE = "The old value must stay configured until `manage.py rotate_keys` is through."


def check_keys(app_configs=None, databases=None, **kwargs):
    """Return what is wrong with the keys, as Django check messages.

    E001 rows use a key that is not configured; E002 a wrong key under a known id;
    E003 a key that is no key; E004 one value used twice; W001 a key that nothing
    needs; W002 an active key older than a year; W003 a degraded start; W004 a key that
    is gone, and no row uses.
    """
    try:
        keys = {
            name: parse(name, getattr(settings, KEY_SETTINGS[name]))
            for name in KEY_SETTINGS
        }
    except KeyProblem as problem:
        return [checks.Error(str(problem), id="crypto.E003")]
    found = _reused(keys)
    if databases:
        found += _against_rows(keys)
    return found


def _reused(keys):
    seen = {settings.SECRET_KEY: "SECRET_KEY"}
    found = []
    for name, ring in keys.items():
        for key in ring.values():
            written = base64.b64encode(key.material).decode()
            if written in seen:
                text = f"{KEY_SETTINGS[name]} repeats a value of {seen[written]}."
                found.append(checks.Error(text, id="crypto.E004"))
            seen[written] = KEY_SETTINGS[name]
    return found


def _against_rows(keys):
    try:
        rows = list(CryptoKey.objects.all())
    except DatabaseError:
        return []  # Not migrated yet: there is nothing to lose.
    found = [message for row in rows for message in _about_row(row, keys[row.purpose])]
    used = {(row.purpose, row.kid) for row in rows if row.retired_at is None}
    for name, ring in keys.items():
        active, *others = ring
        found += [_unused(name, kid) for kid in others if (name, kid) not in used]
        found += [
            _aged(row) for row in rows if (row.purpose, row.kid) == (name, active)
        ]
    return list(filter(None, found))


def _unused(name, kid):
    text = f"{KEY_SETTINGS[name]}: key {kid} is used by no row; remove it."
    return checks.Warning(text, id="crypto.W001")


def _aged(row):
    days = (timezone.now() - row.first_used).days
    if days <= OLD.days:
        return None
    text = (
        f"{KEY_SETTINGS[row.purpose]}: key {row.kid} has been in use for {days} days."
    )
    return checks.Warning(
        text, hint="Put a fresh key first, then rotate_keys.", id="crypto.W002"
    )


def _about_row(row, ring):
    key = ring.get(row.kid)
    variable = KEY_SETTINGS[row.purpose]
    if key is None and row.retired_at is None:
        count = rows_under(row)
        text = f"{variable} lacks {row.purpose} key {row.kid}, which "
        if not count:
            text += "was active once; no row uses it."
            return [checks.Warning(text, hint=FORGOTTEN, id="crypto.W004")]
        text += f"{count:,} rows use."
        if row.purpose == "enc" and settings.TOLLGATE_ALLOW_MISSING_ENC_KEY:
            return [checks.Warning(f"{text} Copying is off.", id="crypto.W003")]
        return [checks.Error(text, hint=ADVICE, id="crypto.E001")]
    if key and not hmac.compare_digest(key.check_value, bytes(row.check_value)):
        text = f"{variable}: key {row.kid} is not the key that rows were written with."
        return [checks.Error(text, hint=ADVICE, id="crypto.E002")]
    return []


def rows_under(key):
    """Return how many rows are under the key of a CryptoKey."""
    return sum(counted(key.purpose, key.kid) for counted in hooks.key_rows)


def count_events(purpose, kid):
    """Return how many rows of the audit trail are under a key."""
    events = AuditEvent.objects.filter(key_id=kid)
    return events.count() if purpose == "audit" else 0


def note_keys_in_use():
    """Remember the active keys, so that a later start can tell that one is missing."""
    for name, variable in KEY_SETTINGS.items():
        ring = parse(name, getattr(settings, variable))
        key = next(iter(ring.values()))
        CryptoKey.objects.get_or_create(
            purpose=name, kid=key.kid, defaults={"check_value": key.check_value}
        )
        _forget_abandoned(CryptoKey.objects.filter(purpose=name).exclude(kid__in=ring))


def _forget_abandoned(gone):
    """Forget keys that were active for so short that nothing was written under them.

    As long as one is noted, gates take unknown tokens for those of another host.
    """
    since = timezone.now() - ABANDONED
    for row in gone.filter(retired_at=None, first_used__lt=since):
        if not rows_under(row):
            row.delete()


def lacks_index_key():
    """Whether rows may be found by an index key that this process was not given."""
    used = CryptoKey.objects.filter(purpose="index", retired_at=None)
    return not keyring("index").keys.keys() >= set(used.values_list("kid", flat=True))
