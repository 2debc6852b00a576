"""Moving mails that wait to the active encryption key."""

from django.db import transaction

from accounts.crypto.envelope import Sealed
from accounts.crypto.keys import keyring
from accounts.hooks import SealedRows
from accounts.models import OutgoingMail
from accounts.rule_violations import Unavailable


def count_mails(purpose, kid):
    """Return how many mails are under a key."""
    rows = OutgoingMail.objects.waiting()
    return rows.filter(enc_kid=kid).count() if purpose == "enc" else 0


def old_mails():
    old = OutgoingMail.objects.waiting().exclude(enc_kid=keyring("enc").active.kid)
    return list(old.order_by("pk").values_list("pk", flat=True))


def renew_mails(pks):
    """Encrypt mails anew; returns how many there were."""
    with transaction.atomic():
        rows = OutgoingMail.objects.waiting().select_for_update(no_key=True)
        for mail in rows.filter(pk__in=pks):
            mail.seal(mail.content)
            mail.save(update_fields=["envelope", "enc_kid"])
    return len(pks)


def check_mails():
    """Open every mail and return how many there are; raises Unavailable."""
    try:
        rows = OutgoingMail.objects.waiting().order_by("pk")
        return len([mail.content for mail in rows.iterator()])
    except Sealed as error:
        raise Unavailable("secret_unavailable", f"A mail: {error}.") from error


MAILS = SealedRows(old_mails, renew_mails, check_mails)
