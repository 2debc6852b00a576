from typing import Annotated, Literal

from pydantic import Field

from accounts.scopes import EVERYTHING_SCOPE, SCOPES

ScopeName = Literal[(EVERYTHING_SCOPE, *SCOPES)]
Scopes = Annotated[list[ScopeName], Field(min_length=1, max_length=len(SCOPES))]
OptionalScopes = Scopes | None
