from django.db import models


class Tries(models.Model):
    """How often something was tried of late: one of a fixed number of slots.

    `level` is what was counted less what time has forgiven, as of `counted_at`; nothing
    more is let through before `opens_at`.
    """

    slot = models.IntegerField(primary_key=True)
    level = models.FloatField(default=0)
    counted_at = models.DateTimeField()
    opens_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self):
        return f"slot {self.slot}"
