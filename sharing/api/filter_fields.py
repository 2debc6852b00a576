"""Fields of filters that both APIs share, with their meaning."""

from pydantic import Field

FILTER_FIELD = Field(
    description="The field of a log that has to be equal to the value.",
    examples=["env"],
)
VALUE = Field(description="What the field is to be equal to.", examples=["prod"])
DESCRIPTION = Field(description="What the filter is for.", examples=["Production only"])
