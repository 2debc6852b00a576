from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models.accounts import Account, Role
from accounts.models.providers import IdentityProvider

LONGEST_GROUP = 255


class GroupRole(models.Model):
    """The role of a provider's group in an account."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="group_roles"
    )
    group = models.CharField(max_length=LONGEST_GROUP)
    role = models.CharField(max_length=9, choices=Role, default=Role.USER)
    # Tokens make no admins: what one asked for gives nothing until an admin agrees.
    waits = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["group", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "group"],
                name="group_role_once_per_account",
                violation_error_message="This group has a role in that account already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="group_role_known"
            ),
        ]

    def __str__(self):
        return self.group


class SeenGroups(models.Model):
    """The groups of a person that a provider told of last."""

    provider = models.ForeignKey(
        IdentityProvider, on_delete=models.CASCADE, related_name="seen_groups"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    groups = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "user"], name="seen_groups_once_per_person"
            )
        ]

    def __str__(self):
        return f"groups of {self.user}"
