"""Bodies and answers of calls about log shipping tokens."""

from typing import Annotated, Literal

from pydantic import Field

from accounts.api.examples import EXAMPLE_SECONDS, LOG_TOKEN
from accounts.api.plumbing.bodies import Sparse
from accounts.api.plumbing.fields import Answer, Flag, OptionalFlag, whole
from tokens.api.plumbing.names import TokenName
from tokens.api.plumbing.secrets import SecretText

# What an account can be sorted by, under its names of 2023 and of today.
COLUMNS = {
    "createdAt": "created_at",
    "CREATED_AT": "created_at",
    "name": "name_key",
    "NAME": "name_key",
}
SORTS_AT_MOST = 10


class LogTokenBody(Sparse):
    name: TokenName = Field(description="Its name.", examples=["Fluent Bit"])
    enabled: OptionalFlag = Field(
        None,
        description="False makes a token that does not work yet. Default true.",
        examples=[True],
    )


class LogTokenChange(Sparse):
    name: TokenName | None = Field(
        None, description="Its name.", examples=["Fluent Bit"]
    )
    enabled: OptionalFlag = Field(
        None, description="Whether the token works.", examples=[True]
    )


class LogTokenFilter(Sparse):
    enabled: Flag = Field(
        description="True for the tokens that work, false for the others.",
        examples=[True],
    )


class LogTokenSort(Sparse):
    field: Literal["createdAt", "CREATED_AT", "name", "NAME"] = Field(
        description="What to sort by.", examples=["createdAt"]
    )
    descending: OptionalFlag = Field(
        None, description="Begin with the last one.", examples=[False]
    )

    @property
    def column(self):
        return f"{'-' if self.descending else ''}{COLUMNS[self.field]}"


class Pagination(Sparse):
    page_number: whole(1) = Field(1, description="The page, from 1.", examples=[1])
    page_size: whole(1, 1000) = Field(
        25, description="How many on a page.", examples=[25]
    )

    @property
    def slice(self):
        start = (self.page_number - 1) * self.page_size
        return slice(start, start + self.page_size)


class LogTokenSearch(Sparse):
    filter: LogTokenFilter = Field(description="Which tokens.")
    sort: Annotated[
        list[LogTokenSort],
        Field(
            max_length=SORTS_AT_MOST,
            description="The order; without it the oldest first.",
        ),
    ] = []
    pagination: Pagination = Field(Pagination(), description="Which page.")


class LogToken(Answer):
    id: int = Field(description="Its id.", examples=[77])
    name: str = Field(description="Its name.", examples=["Fluent Bit"])
    token: SecretText = Field(
        description="The whole text of the token.", examples=[LOG_TOKEN]
    )
    enabled: bool = Field(description="Whether the token works.", examples=[True])
    created_at: float = Field(
        description="When it was made, in seconds since 1970, with a fraction.",
        examples=[EXAMPLE_SECONDS],
    )
    created_by: str = Field(
        description="The e-mail address of who made it; for a token that of its own maker.",
        examples=["dana@acme.example"],
    )
    updated_at: float = Field(
        description="When it was changed last, in seconds since 1970, with a fraction.",
        examples=[EXAMPLE_SECONDS],
    )
    updated_by: str = Field(
        description="Who changed it last.", examples=["dana@acme.example"]
    )


class Page(Answer):
    page_number: int = Field(description="The page, from 1.", examples=[1])
    page_size: int = Field(description="How many on a page.", examples=[25])


class LogTokens(Answer):
    total: int = Field(description="How many there are in all.", examples=[1])
    results: list[LogToken] = Field(description="What was found.")
    pagination: Page = Field(description="Which page.")


class Limits(Answer):
    max_allowed_tokens: int = Field(
        description="How many may work at once; 0 without logs.", examples=[15]
    )
    num_of_enabled_tokens: int = Field(
        description="How many work right now.", examples=[1]
    )
