"""Moving the secrets that providers gave us to the active encryption key."""

from django.db import transaction

from accounts.crypto.envelope import Sealed
from accounts.crypto.keys import keyring
from accounts.hooks import SealedRows
from accounts.models import IdentityProvider
from accounts.rule_violations import Unavailable


def count_clients(purpose, kid):
    """Return how many secrets of providers are under a key."""
    rows = IdentityProvider.objects.filter(enc_kid=kid)
    return rows.count() if purpose == "enc" else 0


def old_clients():
    old = IdentityProvider.objects.exclude(enc_kid=keyring("enc").active.kid)
    return list(old.order_by("pk").values_list("pk", flat=True))


def renew_clients(pks):
    """Encrypt secrets anew; returns how many there were."""
    with transaction.atomic():
        rows = IdentityProvider.objects.select_for_update(no_key=True)
        for provider in rows.filter(pk__in=pks):
            provider.seal(provider.client_secret)
            provider.save(update_fields=["envelope", "enc_kid"])
    return len(pks)


def check_clients():
    """Open every secret and return how many there are; raises Unavailable."""
    try:
        rows = IdentityProvider.objects.order_by("pk")
        return len([each.client_secret for each in rows.iterator()])
    except Sealed as error:
        raise Unavailable(
            "secret_unavailable", f"The secret of a provider: {error}."
        ) from error


CLIENTS = SealedRows(old_clients, renew_clients, check_clients)
