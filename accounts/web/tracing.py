"""The trace that a request belongs to, as W3C Trace Context has it in `traceparent`.

https://www.w3.org/TR/trace-context/: version, trace, span and flags, in lower-case hex.
"""

import re
import secrets
from contextvars import ContextVar

PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
UNSAMPLED = "00"

# Of the request that a thread is at, or was at last.
traceparent = ContextVar("traceparent", default="")


def accepted(text):
    """Return a header's text if it is one of version 00, and otherwise a blank."""
    return text if PARENT.fullmatch(text) else ""


def handed_on():
    """Return the header for a call that is made now: a span of this trace, or of a new one."""
    current = PARENT.fullmatch(traceparent.get())
    trace, flags = current.groups() if current else (secrets.token_hex(16), UNSAMPLED)
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
