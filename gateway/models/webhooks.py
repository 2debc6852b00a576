import hmac
from contextlib import contextmanager
from hashlib import sha256
from secrets import token_hex

from django.db import models, transaction
from django.db.models.functions import Now

from accounts.audit.trail import record
from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.locks import locked
from accounts.models import Account, Action
from accounts.rule_violations import Gone, Unavailable
from tokens.secrets import Secret

PREFIX = "tgw_"


class Webhook(models.Model):
    """Where an account wants to be told, and the secret that its calls are signed with."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="webhook"
    )
    url = models.CharField(max_length=500)
    envelope = models.BinaryField(max_length=256)
    enc_kid = models.PositiveBigIntegerField()
    masked = models.CharField(max_length=24)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=254)

    def __str__(self):
        return f"webhook of {self.account}"

    @property
    def name(self):
        return f"the webhook to {place(self.url)}"

    @classmethod
    def add(cls, account, url, *, by):
        """Make an account's webhook, with a fresh secret."""
        webhook = cls(account=account, url=url, created_by=by.author)
        webhook._keep(_make())
        with transaction.atomic():
            webhook.save(force_insert=True)
            webhook._record(Action.WEBHOOK_ADDED, by)
        return webhook

    def move(self, url, *, by):
        """Send what there is to tell somewhere else from now on."""
        with self._standing():
            self.url = url
            self.save(update_fields=["url"])
            self._record(Action.WEBHOOK_CHANGED, by)

    def renew(self, *, by):
        """Sign with a fresh secret from now on."""
        with self._standing():
            self._keep(_make())
            self.save(update_fields=["envelope", "enc_kid", "masked"])
            self._record(Action.WEBHOOK_RENEWED, by)

    def remove(self, *, by):
        with self._standing():
            self._record(Action.WEBHOOK_REMOVED, by)
            self.delete()

    @contextmanager
    def _standing(self):
        """Hold the account's lock; raises Gone when the webhook was removed."""
        with locked(self.account):
            if not Webhook.objects.filter(pk=self.pk).exists():
                raise Gone("The webhook")
            yield

    def reveal(self, *, by):
        """Return the Secret; the audit event is committed before it leaves."""
        secret = self.secret
        self._record(Action.WEBHOOK_REVEALED, by)
        return secret

    @property
    def secret(self):
        """The Secret that calls are signed with; raises Unavailable without its key."""
        try:
            return Secret(unseal(self.envelope, *self._context).decode())
        except Sealed as error:
            raise Unavailable(
                "secret_unavailable", f"The webhook's secret cannot be opened: {error}."
            ) from error

    def sign(self, text):
        """Return the hex HMAC-SHA256 of bytes under the secret."""
        return hmac.new(self.secret.reveal().encode(), text, sha256).hexdigest()

    def seal_again(self):
        """Move the secret to the active encryption key."""
        self._keep(self.secret)
        self.save(update_fields=["envelope", "enc_kid"])

    def _keep(self, secret):
        self.masked = secret.masked
        self.envelope, self.enc_kid = seal(secret.reveal().encode(), *self._context)

    @property
    def _context(self):
        return b"gateway_webhook", str(self.account_id).encode()

    def _record(self, action, by):
        # Only the host: the rest of an address is often a credential of its own.
        record(action, by=by, account=self.account, target=place(self.url))


def _make():
    return Secret(PREFIX + token_hex(32))


def place(url):
    """Return scheme and host of an address."""
    return "/".join(url.split("/")[:3])
