from django.db import models
from django.db.models.functions import Now


class CryptoKey(models.Model):
    """A key that rows of this database use; never the key itself."""

    kid = models.PositiveBigIntegerField()
    purpose = models.CharField(max_length=8)
    check_value = models.BinaryField(max_length=16)
    first_used = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "kid"], name="key_id_unique_per_purpose"
            )
        ]

    def __str__(self):
        return f"{self.purpose} key {self.kid}"
