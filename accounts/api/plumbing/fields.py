"""Types of the API's fields: lenient on the way in, as clients of Logz.io need it.

Each type says in the document exactly what it takes: what is refused is no part of it.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

from ninja import Path
from ninja.parser import Parser
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticKnownError

from accounts.ids import MAX_INTEGER

FORM = "application/x-www-form-urlencoded"
WORDS = {"true": True, "false": False}
MAX_ITEMS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# The years 1 to 9999, which is all that a datetime knows.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
NULL = {"type": "null"}
FLAGS = (
    {"type": "boolean"},
    {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
)
STORABLE = r"^[^\u0000]*$"
# Some that are no white space cannot be seen either, but only Unicode's tables know.
VISIBLE = (
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)


class Answer(BaseModel):
    """An object that goes out: these fields and no other.

    Not ninja's Schema, which looks each field up in whatever it is made from: that took
    nine tenths of a long list's time.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid"
    )


class StrictParser(Parser):
    """JSON as the standard has it, or a form: Python would take NaN and Infinity too."""

    def parse_body(self, request):
        try:
            return json.loads(request.body or "null", parse_constant=_refuse)
        except ValueError:
            # curl says of whatever it sends that it is a form, so JSON comes first.
            if request.content_type != FORM:
                raise
            return request.POST.dict()


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def text(pattern=None, *, longest=None):
    """Return the type of a text that can be stored."""
    shape = {"type": "string", "pattern": pattern or STORABLE}
    return Annotated[
        str,
        Field(pattern=pattern, max_length=longest),
        AfterValidator(_storable),
        WithJsonSchema(shape | ({"maxLength": longest} if longest else {})),
    ]


def whole(least=-MAX_INTEGER - 1, most=MAX_INTEGER):
    """Return the type of a whole number: 5, 5.0, or "5" with no more digits than fit."""
    sign, first = "-?" if least < 0 else "", "[1-9]" if least > 0 else "[0-9]"
    digits = f"^{sign}{first}[0-9]{{0,{len(str(most)) - 2}}}$"
    shape = {"type": "integer", "minimum": least, "maximum": most}
    return Annotated[
        int,
        Field(ge=least, le=most),
        BeforeValidator(partial(_number, re.compile(digits), "int_parsing")),
        WithJsonSchema({"anyOf": [shape, {"type": "string", "pattern": digits}]}),
    ]


def path_id(example, description="Its id."):
    """Return the type of an id in a path, which the route has made a number."""
    return Annotated[int, Path(description=description, examples=[example])]


def number(least=None):
    """Return the type of a number: 1.5, or "1.5" with nine digits on each side."""
    return _number_type(least, None, Field(ge=least, allow_inf_nan=False))


def moment(unit):
    """Return the type of a time that comes as a number of seconds or parts of them."""
    first, last = FIRST_SECOND * unit, (LAST_SECOND + 1) * unit - 1
    return Annotated[
        _number_type(first, last, Field(allow_inf_nan=False)),
        AfterValidator(partial(_moment, first, last, unit)),
    ]


def _number_type(least, most, check):
    limits = {"minimum": least, "maximum": most}
    said = {name: limit for name, limit in limits.items() if limit is not None}
    sign = "" if least == 0 else "-?"
    whole = len(str(most or 10**9)) - 1
    digits = f"^{sign}[0-9]{{1,{whole}}}(\\.[0-9]{{1,9}})?$"
    return Annotated[
        float,
        check,
        BeforeValidator(partial(_number, re.compile(digits), "float_parsing")),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number"} | said,
                    {"type": "string", "pattern": digits},
                ]
            }
        ),
    ]


def wholes(*, null):
    """Return the type of a list of whole numbers: [1, 2], 1, and null as `null` is."""
    several = Annotated[list[Whole], Field(max_length=MAX_ITEMS)]
    one, many = (TypeAdapter(each).json_schema() for each in (Whole, several))
    return Annotated[
        several if null is list else several | None,
        BeforeValidator(partial(_listed, null)),
        WithJsonSchema({"anyOf": [many, one, NULL]}),
    ]


def _number(digits, error, value):
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 -- pydantic's protocol
    if isinstance(value, str) and not digits.fullmatch(value):
        raise PydanticKnownError(error)
    return value


def _flag(value):
    if value == "":
        return None
    if isinstance(value, str):
        value = WORDS.get(value.lower(), value)
    if value is not None and not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _storable(text):
    # PostgreSQL knows no NUL, and no encoding knows half a surrogate pair.
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("must not contain NUL or broken characters")
    return text


def _listed(null, value):
    if value is None:
        return null and null()
    return value if isinstance(value, list) else [value]


def _moment(first, last, unit, number):
    if not first <= number <= last:
        raise ValueError("must be seconds since 1970")
    return datetime.fromtimestamp(number / unit, UTC)


Text = text()
# true, "true"; an empty text is not set.
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"anyOf": [*FLAGS]})]
OptionalFlag = Annotated[
    bool | None,
    BeforeValidator(_flag),
    WithJsonSchema({"anyOf": [*FLAGS, {"type": "string", "enum": [""]}, NULL]}),
]
# Whatever names a row fits into 32 bits.
Whole = whole()
WholeInQuery = Annotated[
    int,
    Field(ge=-MAX_INTEGER - 1, le=MAX_INTEGER),
    BeforeValidator(partial(_number, re.compile("-?[0-9]{1,10}"), "int_parsing")),
]
Number = number()
Wholes = wholes(null=list)
OptionalWholes = wholes(null=None)
Moment = moment(1)
Milliseconds = moment(1000)


def epoch(moment):
    """Return a time as it leaves: seconds since 1970 with a fraction, or None."""
    return moment and moment.timestamp()


def epoch_milliseconds(moment):
    """Return a time as metrics accounts and the audit trail give it, without fraction."""
    return (moment - EPOCH) // MILLISECOND
