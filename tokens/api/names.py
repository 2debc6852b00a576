from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from accounts.api.fields import Text
from tokens.limits import MAX_NAME

# What limits.check_name takes, after it has made one space of every white space.
PRINTED = r"[^\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f]*"
# Some that are no white space cannot be seen either, but only Unicode's tables know.
VISIBLE = (
    r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)


def _short(name):
    if len(name) > MAX_NAME:
        raise ValueError(f"Names have up to {MAX_NAME} characters.")
    return name


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
