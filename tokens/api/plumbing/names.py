from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from accounts.api.plumbing.fields import VISIBLE, Text
from tokens.limits import MAX_NAME, MAX_NOTE

# What limits.check_name takes, after it has made one space of every white space.
PRINTED = r"[^\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f]*"


def _short(name):
    if len(name) > MAX_NAME:
        raise ValueError(f"Names have up to {MAX_NAME} characters.")
    return name


def _short_note(note):
    if len(note) > MAX_NOTE:
        raise ValueError(f"A note has up to {MAX_NOTE} characters.")
    return note


TokenNote = Annotated[
    Text,
    AfterValidator(_short_note),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{PRINTED}$", "maxLength": MAX_NOTE}
    ),
]
TokenName = Annotated[
    Text,
    AfterValidator(_short),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{PRINTED}{VISIBLE}{PRINTED}$",
            "maxLength": MAX_NAME,
        }
    ),
]
