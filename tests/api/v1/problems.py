"""What our own API answers when a call does not succeed, whole."""

from http import HTTPStatus

from tests.api.calls import REQUEST_ID

NOT_FOUND_TEXT = "There is no such thing, or none that this token may know of."
FORBIDDEN_TEXT = "An API token of this account may not do that there."
UNAUTHENTICATED_TEXT = (
    "Send an API token that works, in X-API-TOKEN or as a bearer token."
)
INVALID_TEXT = "Something in the call is not as it must be."


def problem(status, code, detail, *errors):
    """Return an answer; errors are triples of a field, where it is, and what is wrong."""
    return status, {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": REQUEST_ID,
        "errors": [
            {"field": field, "where": where, "message": message}
            for field, where, message in errors
        ],
    }


def invalid(*errors):
    return problem(422, "invalid", INVALID_TEXT, *errors)


def refused(field, code, message, *, status=409, where="body"):
    """Return the answer of a refusal that is about a field."""
    return problem(status, code, message, (field, where, message))


def stale(name):
    return problem(
        412,
        "stale",
        f"{name} was changed by somebody else in the meantime. "
        "Look at it as it is now and try again.",
    )


NOT_FOUND = problem(404, "not_found", NOT_FOUND_TEXT)
FORBIDDEN = problem(403, "forbidden", FORBIDDEN_TEXT)
UNAUTHENTICATED = problem(401, "unauthenticated", UNAUTHENTICATED_TEXT)
