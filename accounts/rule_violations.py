"""Rules of the product that stand against what a caller may otherwise do."""

from typing import ClassVar

# In an environ, the NotTaken of a request of which only the head is there.
NOT_TAKEN = "tollgate.not_taken"


class RuleViolation(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """A business rule said no: 409 on pages, 400 in the Logz.io-compatible API."""

    status = 409
    # Whether programs look at its code although it is about a field, which a client of
    # Logz.io may not know.
    is_coded = False
    # After how many seconds it may be worth to try again, if it is.
    retry_after = None

    def __init__(self, code, message, *, field=None, **parameters):
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.parameters = parameters


class Stale(RuleViolation):
    """Somebody else changed the row since the caller saw it."""

    status = 412

    def __init__(self, label):
        super().__init__(
            "stale",
            f"{label} was changed by somebody else in the meantime. "
            "Look at it as it is now and try again.",
        )


class Gone(RuleViolation):
    """The row was there when the caller looked, and is not any more."""

    status = 404

    def __init__(self, label):
        super().__init__("gone", f"{label} is not there any more.")


class Unavailable(RuleViolation):
    """Something the answer needs cannot be had right now."""

    status = 503
    retry_after = 5


class NotTaken(RuleViolation):
    """A request that did not arrive as one that can be answered."""

    CODES: ClassVar = {
        400: "bad_request",
        408: "request_timeout",
        413: "body_too_large",
    }

    def __init__(self, status, message):
        super().__init__(self.CODES[status], message)
        self.status = status
