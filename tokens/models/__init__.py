from tokens.models.bulk import BulkJob
from tokens.models.bulk_items import BulkAction, BulkItem, ItemOutcome
from tokens.models.calendars import CalendarFeed
from tokens.models.leases import CallLease
from tokens.models.policies import PlannedEnd, PolicyRound, TokenPolicy
from tokens.models.secrets import StoredSecret
from tokens.models.tokens import Token
from tokens.models.usage import TokenUsage

__all__ = [
    "BulkAction",
    "BulkItem",
    "BulkJob",
    "CalendarFeed",
    "CallLease",
    "ItemOutcome",
    "PlannedEnd",
    "PolicyRound",
    "StoredSecret",
    "Token",
    "TokenPolicy",
    "TokenUsage",
]
