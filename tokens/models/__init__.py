from tokens.models.secrets import StoredSecret
from tokens.models.tokens import Token, provide_default_token
from tokens.models.usage import TokenUsage

__all__ = ["StoredSecret", "Token", "TokenUsage", "provide_default_token"]
