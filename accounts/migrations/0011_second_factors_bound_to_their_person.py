"""Seals each seed of a second factor for its person.

Until now all were sealed alike, so that one that was copied to another person's row
opened there. The old form is read here and nowhere else.
"""

import base64

from django.conf import settings
from django.db import migrations

from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.crypto.keys import keyring

OLD = (b"allauth/mfa",)
NAMES = ("secret", "seed")


def bind(apps, schema_editor):
    _seal_again(apps, schema_editor, _old, _new)


def loosen(apps, schema_editor):
    _seal_again(apps, schema_editor, _new, _old)


def _old(row, name):
    return OLD


def _new(row, name):
    return b"mfa_authenticator", name.encode(), str(row.user_id).encode()


def _seal_again(apps, schema_editor, before, after):
    Authenticator = apps.get_model("mfa", "Authenticator")
    rows = Authenticator.objects.using(schema_editor.connection.alias)
    for row in rows.filter(type__in=["totp", "recovery_codes"]).order_by("pk"):
        for name in NAMES:
            if name in row.data:
                row.data[name] = _moved(
                    row.data[name], before(row, name), after(row, name)
                )
        row.save(update_fields=["data"])


def _moved(text, before, after):
    try:
        envelope = base64.b64decode(text, validate=True)
        plain = unseal(envelope, *before)
    except (ValueError, Sealed):
        _require_key(text)
        return text  # It could not be read before either.
    return base64.b64encode(seal(plain, *after)[0]).decode()


def _require_key(text):
    """Stop the migration when a seed cannot be read only because its key is missing."""
    try:
        kid = int.from_bytes(base64.b64decode(text, validate=True)[1:5])
    except ValueError:
        return
    if kid in keyring("enc").keys or settings.TOLLGATE_ALLOW_MISSING_ENC_KEY:
        return
    raise Sealed(
        f"TOLLGATE_ENC_KEYS lacks key {kid}, which seeds of second factors are sealed "
        "with. Put it back and migrate again. If it is lost, set "
        "TOLLGATE_ALLOW_MISSING_ENC_KEY: those people need new factors then."
    )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0010_account_names_unique_per_kind"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(bind, loosen)]
