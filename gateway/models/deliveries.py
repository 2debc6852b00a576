from django.db import models

from accounts.models import Account


class Way(models.TextChoices):
    MAIL = "mail", "Mail"
    WEBHOOK = "webhook", "Webhook"


class Delivery(models.Model):
    """How telling an account goes in one way: when it went last, and may go again.

    Workers race for `free_at`: whoever moves it on is the one that sends.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    way = models.CharField(max_length=7, choices=Way)
    free_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # What came back from the last try, in words.
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "way", name="delivery_once_per_way")
        ]

    def __str__(self):
        return f"{self.way} to {self.account}"
