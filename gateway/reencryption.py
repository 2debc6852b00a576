"""Moving the secrets of webhooks to the active encryption key."""

from django.db import transaction

from accounts.crypto.keys import keyring
from gateway.models import Webhook


def count_webhooks(purpose, kid):
    """Return how many secrets are under a key."""
    return Webhook.objects.filter(enc_kid=kid).count() if purpose == "enc" else 0


def old_webhooks():
    old = Webhook.objects.exclude(enc_kid=keyring("enc").active.kid)
    return list(old.order_by("pk").values_list("pk", flat=True))


def renew_webhooks(pks):
    """Encrypt the secrets of webhooks anew; returns how many there were."""
    with transaction.atomic():
        rows = Webhook.objects.select_for_update(no_key=True).filter(pk__in=pks)
        for webhook in rows:
            webhook.seal_again()
    return len(pks)


def check_webhooks():
    """Open every secret and return how many there are; raises Unavailable."""
    rows = Webhook.objects.order_by("pk")
    return len([webhook.secret for webhook in rows.iterator()])
