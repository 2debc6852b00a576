"""Who hands uses over in batches, and up to which of them they were counted."""

from datetime import timedelta

from django.db import models, transaction

from accounts.clock import clock

# Who was silent for that long has ended: it names itself anew when it starts.
KEPT = timedelta(days=30)


class UseSenderQuerySet(models.QuerySet):
    def takes(self, sender, sequence):
        """Return whether a batch is a new one, which it is once, over all hosts.

        A sender's batches come in order; one whose answer was lost comes again.
        """
        now = clock.now()
        behind = self.filter(pk=sender, sequence__lt=sequence)
        with transaction.atomic():
            if behind.update(sequence=sequence, seen_at=now):
                return True
            defaults = {"sequence": sequence, "seen_at": now}
            return self.get_or_create(pk=sender, defaults=defaults)[1]

    def forgettable(self):
        return self.filter(seen_at__lt=clock.now() - KEPT)


class UseSender(models.Model):
    """A process of a proxy, by the name that it gave itself, and its last batch."""

    name = models.CharField(primary_key=True, max_length=32)
    sequence = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField()

    objects = UseSenderQuerySet.as_manager()

    def __str__(self):
        return f"{self.name}, batch {self.sequence}"


def forget():
    """Remove who hands nothing over any more; returns what it was, in words."""
    count, _ = UseSender.objects.forgettable().delete()
    return f"{count} senders of uses"
