"""Mails that are to be sent: a row each, in the transaction of what they tell of."""

import json
from datetime import timedelta
from email.utils import make_msgid

from django.db import models
from django.utils import timezone

from accounts.crypto.envelope import seal, unseal
from accounts.models.turns import Turn, take_first

FIRST_RETRY, LAST_RETRY = timedelta(seconds=10), timedelta(minutes=10)
MOST_DOUBLED = 6
# After that a link in it is about to end, and a notice is no news any more.
TRIED_FOR = timedelta(days=3)
KEPT = timedelta(days=30)


class OutgoingMailQuerySet(models.QuerySet):
    def keep(self, address, **content):
        """Keep a mail to be sent; what it says is sealed, since it may have a link."""
        # The same at each try: who gets a mail twice can tell.
        mail = self.model(address=address, message_id=make_msgid(domain="tollgate"))
        mail.seal(content)
        mail.save()
        return mail

    def take(self, lease):
        """Return the mail that is the caller's to send for a while, or None."""
        return take_first(self, timezone.now(), lease)

    def waiting(self):
        return self.filter(free_at__isnull=False)

    def given_up(self):
        return self.filter(free_at=None)

    def trouble(self):
        """Return how many failed and are tried again, how many not, and the last answer."""
        failed = self.filter(failures__gt=0).order_by("-pk")
        counted = failed.aggregate(
            waiting=models.Count("free_at"), total=models.Count("pk")
        )
        if not counted["total"]:
            return None
        lost = counted["total"] - counted["waiting"]
        answer = failed.values_list("answer", flat=True).first()
        return {"waiting": counted["waiting"], "lost": lost, "answer": answer}

    def forgettable(self):
        return self.given_up().filter(created_at__lt=timezone.now() - KEPT)


class OutgoingMail(Turn, models.Model):
    """A mail that waits for its turn; it is gone once it was sent."""

    created_at = models.DateTimeField(default=timezone.now)
    address = models.EmailField(max_length=254)
    message_id = models.CharField(max_length=120, unique=True)
    # Subject and bodies; blank once it was given up.
    envelope = models.BinaryField()
    enc_kid = models.PositiveBigIntegerField()
    # From when a worker may send it; none once it was given up.
    free_at = models.DateTimeField(null=True, default=timezone.now)
    failures = models.PositiveIntegerField(default=0)
    # What came of the last try, in words.
    answer = models.CharField(max_length=300, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["free_at", "id"],
                condition=models.Q(free_at__isnull=False),
                name="mail_due",
            )
        ]

    def __str__(self):
        return f"mail to {self.address}"

    def seal(self, content):
        text = json.dumps(content).encode()
        self.envelope, self.enc_kid = seal(text, *self._context)

    @property
    def content(self):
        """The mail as `keep` was given it; raises Sealed."""
        return json.loads(unseal(self.envelope, *self._context))

    @property
    def _context(self):
        return b"accounts_outgoingmail", self.message_id.encode()

    def put_off(self, answer):
        """Note a failure: it is tried again ever later, and given up in the end."""
        now = timezone.now()
        self.answer, self.failures = answer[:300], self.failures + 1
        self.free_at = now + min(
            FIRST_RETRY * 2 ** min(self.failures - 1, MOST_DOUBLED), LAST_RETRY
        )
        if now - self.created_at > TRIED_FOR:
            self.free_at, self.envelope = None, b""
        self.save(update_fields=["answer", "failures", "free_at", "envelope"])
