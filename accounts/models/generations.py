from django.db import models


class Generation(models.Model):
    """How often something that decides about tokens has changed.

    Organisations share the slots, so that all counters are read at once, however many
    organisations there are.
    """

    slot = models.PositiveSmallIntegerField(primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"slot {self.slot} at {self.number}"
