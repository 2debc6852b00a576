import hmac
from base64 import b64decode, b64encode
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from secrets import token_bytes
from urllib.parse import urlsplit

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit.trail import record
from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.locks import locked
from accounts.models import Account, Action
from accounts.rule_violations import Gone, Unavailable
from tokens.secrets import Secret

# Standard Webhooks has the key in base64 behind it; before, the text itself was the key.
PREFIX, PREFIX_BEFORE = "whsec_", "tgw_"
KEY_BYTES = 32
# For how long the secret before goes on signing as well.
OVERLAP = timedelta(hours=24)


class WebhookQuerySet(models.QuerySet):
    def wanted(self):
        """Leave out those whose receiver said that it is gone."""
        return self.filter(stopped_at=None)


class Webhook(models.Model):
    """Where an account wants to be told, and the secret that its calls are signed with."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="webhook"
    )
    url = models.CharField(max_length=500)
    # The secret, and behind a space the one before.
    envelope = models.BinaryField(max_length=256)
    enc_kid = models.PositiveBigIntegerField()
    masked = models.CharField(max_length=24)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=254)
    overlap_until = models.DateTimeField(null=True, blank=True)
    # When the receiver answered 410 Gone: nothing is sent until somebody saves it anew.
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

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
        """Send what there is to tell somewhere else, or there again, from now on."""
        with self._held():
            self.url, self.stopped_at = url, None
            self.save(update_fields=["url", "stopped_at"])
            self._record(Action.WEBHOOK_CHANGED, by)

    def renew(self, *, by):
        """Sign with a fresh secret from now on, and for a day with the old one, too."""
        with self._held():
            self._keep(_make(), *self._readable())
            self.overlap_until = timezone.now() + OVERLAP
            self.save(update_fields=["envelope", "enc_kid", "masked", "overlap_until"])
            self._record(Action.WEBHOOK_RENEWED, by)

    def stop(self):
        """Send nothing more: the receiver wants none of it."""
        same = Webhook.objects.wanted().filter(pk=self.pk, url=self.url)
        same.update(stopped_at=timezone.now())

    def remove(self, *, by):
        with self._held():
            self._record(Action.WEBHOOK_REMOVED, by)
            self.delete()

    @contextmanager
    def _held(self):
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
        """The Secret that receivers should know; raises Unavailable without its key."""
        return self.secrets[0]

    @property
    def secrets(self):
        """The Secrets that calls are signed with; raises Unavailable without a key."""
        try:
            texts = unseal(self.envelope, *self._context).decode().split(" ")
        except Sealed as error:
            raise Unavailable(
                "secret_unavailable", f"The webhook's secret cannot be opened: {error}."
            ) from error
        overlaps = self.overlap_until and self.overlap_until > timezone.now()
        return [Secret(text) for text in texts[: 2 if overlaps else 1]]

    def _readable(self):
        """Return the secret in a list, or none when its key is gone."""
        try:
            return [self.secret]
        except Unavailable:
            return []

    @property
    def is_from_before(self):
        """Whether it was made before webhooks followed Standard Webhooks."""
        return self.masked.startswith(PREFIX_BEFORE)

    @property
    def secret_from_before(self):
        """The Secret of before there was a standard, while it signs, or None."""
        secrets = [each for each in self.secrets if _is_from_before(each)]
        return secrets[0] if secrets else None

    def seal_again(self):
        """Move the secret to the active encryption key."""
        self._keep(*self.secrets)
        self.save(update_fields=["envelope", "enc_kid"])

    def _keep(self, *secrets):
        self.masked = secrets[0].masked
        texts = " ".join(each.reveal() for each in secrets)
        self.envelope, self.enc_kid = seal(texts.encode(), *self._context)

    @property
    def _context(self):
        return b"gateway_webhook", str(self.account_id).encode()

    def _record(self, action, by):
        # Only the host: the rest of an address is often a credential of its own.
        record(action, by=by, account=self.account, target=place(self.url))


def sign(secret, text):
    """Return the HMAC-SHA256 of bytes under a Secret."""
    key = secret.reveal()
    if _is_from_before(secret):
        return hmac.digest(key.encode(), text, sha256)
    return hmac.digest(b64decode(key.removeprefix(PREFIX)), text, sha256)


def _is_from_before(secret):
    return secret.reveal().startswith(PREFIX_BEFORE)


def _make():
    return Secret(PREFIX + b64encode(token_bytes(KEY_BYTES)).decode())


def place(url):
    """Return scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
