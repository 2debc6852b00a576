from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from accounts.api.plumbing.fields import VISIBLE, Text
from tokens.naming import MAX_NAME, MAX_NOTE

# What naming.check_name takes, after it has made one space of every white space.
PRINTED = r"[^\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f]*"


def _up_to(most, words):
    def check(text):
        if len(text) > most:
            raise ValueError(f"{words} up to {most} characters.")
        return text

    return AfterValidator(check)


TokenNote = Annotated[
    Text,
    _up_to(MAX_NOTE, "A note has"),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{PRINTED}$", "maxLength": MAX_NOTE}
    ),
]
TokenName = Annotated[
    Text,
    _up_to(MAX_NAME, "Names have"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{PRINTED}{VISIBLE}{PRINTED}$",
            "maxLength": MAX_NAME,
        }
    ),
]
