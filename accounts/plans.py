"""Plans and their entitlements."""

from dataclasses import dataclass

from django.db import models


class Plan(models.TextChoices):
    COMMUNITY = "community"
    PRO = "pro"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Entitlement:
    api_tokens: bool
    sub_accounts: bool
    enabled_log_tokens: int


ENTITLEMENTS = {
    Plan.COMMUNITY: Entitlement(
        api_tokens=False, sub_accounts=False, enabled_log_tokens=1
    ),
    Plan.PRO: Entitlement(api_tokens=True, sub_accounts=True, enabled_log_tokens=15),
    Plan.ENTERPRISE: Entitlement(
        api_tokens=True, sub_accounts=True, enabled_log_tokens=15
    ),
}
