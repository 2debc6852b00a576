"""The end of a trial, and what it means for the tokens of an account."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from accounts.plans import ENTITLEMENTS
from tokens.kinds import Kind


@dataclass(frozen=True, slots=True)
class TrialEnd:
    account: Account
    ends_at: datetime
    # Of those that work now.
    api_tokens: int
    # Of enabled log shipping tokens, from then on.
    log_limit: int

    @property
    def consequences(self):
        """Words for what is not as before once the trial has ended."""
        return self.consequences_for("this account")

    def consequences_for(self, whose):
        """Return that in words that say whose tokens they are."""
        stops = self._of_api_tokens(whose)
        return f"{stops} All other tokens work on{self._of_log_tokens}."

    def _of_api_tokens(self, whose):
        number = self.api_tokens
        if not number:
            return "Then no API token can be made until the plan is upgraded."
        words = "API token" if number == 1 else "API tokens"
        verb = "stops" if number == 1 else "stop"
        return f"Then {number} {words} of {whose} {verb} working until the plan is upgraded."

    @property
    def _of_log_tokens(self):
        if not self.account.takes_logs:
            return ""
        return (
            f"; the limit of enabled log shipping tokens falls to {self.log_limit}, and "
            "those above it stay enabled"
        )


def trial_end(account):
    """Return the TrialEnd that lies ahead of an account, or None where nothing changes."""
    organisation = account.organisation
    if not organisation.is_on_more:
        return None
    api_tokens = account.tokens.of_kind(Kind.API).enabled().count()
    limit = ENTITLEMENTS[organisation.plan].enabled_log_tokens
    return TrialEnd(account, organisation.trial_ends_at, api_tokens, limit)
