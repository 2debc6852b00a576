"""What the API takes in, as lenient as the clients of Logz.io need, and what it gives."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

from ninja import Schema
from ninja.parser import Parser
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

WORDS = {"true": True, "false": False}
INT32 = 2**31
MAX_ITEMS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Body(BaseModel):
    """An object that comes in; keys that nobody knows are ignored."""

    model_config = ConfigDict(alias_generator=to_camel)


class Sparse(Body):
    """An object where null means the same as nothing."""

    @model_validator(mode="before")
    @classmethod
    def drop_nulls(cls, data):
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


class Answer(Schema):
    """An object that goes out."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class StrictParser(Parser):
    """JSON as the standard has it: Python would take NaN and Infinity too."""

    def parse_body(self, request):
        return json.loads(request.body or "null", parse_constant=_refuse)


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def _flag(value):
    if value == "":
        return None
    if isinstance(value, str):
        value = WORDS.get(value.lower(), value)
    if value is not None and not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _number(value):
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 -- pydantic's protocol
    return value


def _storable(text):
    # PostgreSQL knows no NUL, and no encoding knows half a surrogate pair.
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("must not contain NUL or broken characters")
    return text


def _listed(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _listed_or_null(value):
    return None if value is None else _listed(value)


def _single(value):
    if not isinstance(value, list) or len(value) > 1:
        return value
    return value[0] if value else None


def _moment(seconds):
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("must be seconds since 1970") from None


Text = Annotated[str, AfterValidator(_storable)]
# true, "true"; an empty text is not set.
Flag = Annotated[bool, BeforeValidator(_flag)]
OptionalFlag = Annotated[bool | None, BeforeValidator(_flag)]
# 5, 5.0, "5"; whatever names a row fits into 32 bits.
Whole = Annotated[int, BeforeValidator(_number), Field(ge=-INT32, lt=INT32)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
# [1, 2], null, 1
Wholes = Annotated[list[Whole], BeforeValidator(_listed), Field(max_length=MAX_ITEMS)]
OptionalWholes = Annotated[
    Annotated[list[Whole], Field(max_length=MAX_ITEMS)] | None,
    BeforeValidator(_listed_or_null),
]
# "OR", ["OR"]; an empty array is null.
Single = BeforeValidator(_single)
Moment = Annotated[Number, AfterValidator(_moment)]
Milliseconds = Annotated[
    Number, AfterValidator(lambda number: number / 1000), AfterValidator(_moment)
]


def epoch(moment):
    """Return a time as it leaves: seconds since 1970 with a fraction, or None."""
    return moment and moment.timestamp()


def epoch_milliseconds(moment):
    """Return a time as metrics accounts and the audit trail give it, without fraction."""
    return (moment - EPOCH) // MILLISECOND
