from tokens.models.bulk import BulkJob
from tokens.models.bulk_items import BulkAction, BulkItem, Outcome
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
    "Outcome",
    "PlannedEnd",
    "PolicyRound",
    "StoredSecret",
    "Token",
    "TokenPolicy",
    "TokenUsage",
]
