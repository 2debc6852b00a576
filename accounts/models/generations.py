from django.db import models


class Generation(models.Model):
    """A random number, fresh with each change of what decides about tokens.

    Organisations share the slots, so that all numbers are read at once, however many
    organisations there are.
    """

    slot = models.PositiveSmallIntegerField(primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"slot {self.slot} at {self.number}"
