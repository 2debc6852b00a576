from tokens.models.bulk import BulkAction, BulkItem, BulkJob, Outcome
from tokens.models.secrets import StoredSecret
from tokens.models.tokens import Token
from tokens.models.usage import TokenUsage

__all__ = [
    "BulkAction",
    "BulkItem",
    "BulkJob",
    "Outcome",
    "StoredSecret",
    "Token",
    "TokenUsage",
]
