from datetime import timedelta

from django.db import models
from django.db.models import Count, Q, Sum
from django.utils import timezone


class TokenUsageQuerySet(models.QuerySet):
    def summary(self):
        """Return calls in a day and a week, and the callers of that week.

        The numbers are as fresh as whoever records use makes them.
        """
        now = timezone.now()
        week = self.filter(hour__gt=now - timedelta(days=7))
        day = Q(hour__gt=now - timedelta(days=1))
        numbers = week.aggregate(
            day=Sum("calls", filter=day, default=0),
            week=Sum("calls", default=0),
            callers=Count("address", distinct=True),
        )
        callers = week.values("address", "agent").annotate(total=Sum("calls"))
        return numbers | {"top": list(callers.order_by("-total", "address")[:5])}


class TokenUsage(models.Model):
    """How often a caller used a token in an hour."""

    token = models.ForeignKey(
        "tokens.Token", on_delete=models.CASCADE, related_name="usage", db_index=False
    )
    hour = models.DateTimeField()
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200, blank=True)
    calls = models.PositiveBigIntegerField(default=0)

    objects = TokenUsageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "hour", "address", "agent"],
                name="usage_once_per_token_hour_and_caller",
            )
        ]

    def __str__(self):
        return f"{self.calls} calls from {self.address}"
