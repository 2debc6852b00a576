"""Types of our own API's fields, which are strict, and its headers."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from ninja import Header, Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from accounts.api.examples import TIME
from accounts.ids import MAX_INTEGER

YEARS = range(2000, 3000)
# A time as RFC 3339 has it, after the year.
IN_THE_YEAR = (
    r"-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-][0-2][0-9]:[0-5][0-9])$"
)
WRITTEN = re.compile(f"^[0-9]{{4}}{IN_THE_YEAR}")
CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
ID = {"ge": 1, "le": MAX_INTEGER}
MOST_IDS = 1000


class StrictBody(BaseModel):
    """An object that comes in; a key that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class Asked(Schema):
    """The query of a list; a name that nobody knows is refused."""

    @model_validator(mode="before")
    @classmethod
    def know(cls, data, info):
        unknown = sorted(info.context["request"].GET.keys() - cls.model_fields.keys())
        if not unknown:
            return data
        message = f"is not known here; there are {', '.join(cls.model_fields)}"
        error = PydanticCustomError("unknown", message)
        raise ValidationError.from_exception_data(
            cls.__name__, [{"type": error, "loc": (name,)} for name in unknown]
        )


class Resource(Schema):
    """An object that goes out."""


class Owned(Resource):
    """Something that an account has."""

    id: int = Field(description="Its id.", examples=[77])
    account_id: int = Field(
        description="The id of the account that it belongs to.", examples=[1042]
    )
    created_at: datetime = Field(description="When it was made.", examples=[TIME])
    created_by: str = Field(description="Who made it.", examples=["dana@acme.example"])
    version: int = Field(
        description="How often it was changed, as in ETag.", examples=[3]
    )


def one_of(shapes, *, by):
    """Return the type of an object whose shape a field of it names."""
    return Annotated[
        shapes, Field(discriminator=by), WrapValidator(partial(_without_tag, by))
    ]


def _without_tag(by, value, check):
    """Name fields in errors as the caller does: pydantic puts the shape's name first."""
    if not isinstance(value, dict):
        raise PydanticKnownError("model_type", {"class_name": "object"})
    try:
        return check(value)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            error.title,
            [each | {"loc": each["loc"][1:] or (by,)} for each in error.errors()],
        ) from None


def _written(value):
    # A number would be read as seconds since 1970.
    if not isinstance(value, str) or not WRITTEN.match(value):
        raise ValueError("must be a time such as 2026-01-31T12:00:00Z")
    return value


def _within_reason(moment):
    if moment.year not in YEARS:
        raise ValueError("must be in the years 2000 to 2999")
    return moment.astimezone(UTC)


def whole(least=0, most=MAX_INTEGER):
    """Return the type of a whole number; to JSON 5.0 is one too."""
    return Annotated[int, Field(ge=least, le=most), BeforeValidator(_number)]


def _number(value):
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_within_reason),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": f"^2[0-9]{{3}}{IN_THE_YEAR}",
        }
    ),
]
Id = whole(1)
Ids = Annotated[list[Id], Field(max_length=MOST_IDS)]
Flag = StrictBool
AskedId = Annotated[int, Field(**ID)]
Line = Annotated[str, Field(pattern=f"^[^{CONTROL}]*$")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of what you saw. When it has changed since, the answer "
        "is 412 and nothing is changed. Without it the change goes on.",
    ),
]
