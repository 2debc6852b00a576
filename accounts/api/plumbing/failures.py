"""Answers to calls that do not succeed: JSON, whatever happened."""

import logging

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from ninja.errors import AuthenticationError, HttpError, ValidationError

from accounts.api.plumbing.error_bodies import problem
from accounts.deadline import database_away
from accounts.rule_violations import RuleViolation, Unavailable

# How endpoints name the parameter that holds all that the query asks for.
WHOLE_QUERY = "asked"
UNREADABLE = "The body is not valid JSON"
WHERE = {
    "body": "request_body",
    "form": "request_body",
    "query": "query_param",
    "path": "path_param",
    "header": "header_param",
}
WORDED = {
    "missing": "must be given",
    "model_type": "must be a JSON object",
    "union_tag_not_found": "must be given",
    "union_tag_invalid": "must be one of {expected_tags}",
    "string_pattern_mismatch": 'must match "{pattern}"',
    "too_long": "must not be longer than {max_length}",
    "string_too_long": "must not be longer than {max_length}",
    "string_unicode": "must not contain NUL or broken characters",
}

logger = logging.getLogger(__name__)


def unauthenticated(request, error):
    return request.area.unauthenticated(request)


def forbidden(request, error):
    return request.area.forbidden(request, error)


def not_found(request, error):
    return request.area.not_found(request, str(error) or "Not found")


def refused(request, refusal):
    response = _refusal(request, refusal)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _refusal(request, refusal):
    if isinstance(refusal, Unavailable):
        return request.area.unavailable(request, refusal)
    if refusal.status == 404:
        return request.area.not_found(request, refusal.message)
    if refusal.status == 403:
        return request.area.barred(request, refusal)
    if refusal.status == 429:
        return request.area.too_many(request, refusal)
    return request.area.refused(request, refusal)


def database_unavailable(request, error):
    return refused(request, database_away(error))


def invalid(request, error):
    problems = [_problem(each) for each in error.errors]
    return request.area.invalid(request, problems)


def _problem(error):
    source, *location = error["loc"]
    # The name of our parameter for the whole says nothing to a caller.
    path = location[1:] if source == "body" or location[0] == WHOLE_QUERY else location
    return problem(".".join(map(str, path)), _worded(error), WHERE[source])


def _worded(error):
    """Say what is wrong without the names of our classes."""
    if error["type"] in WORDED:
        return WORDED[error["type"]].format(**error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ")


def unreadable(request, error):
    return request.area.unreadable(request, UNREADABLE)


def too_big(request, error):
    message = "The body is too large."
    return request.area.failed(request, 413, "BODY_TOO_LARGE", message)


def unexpected(request, error):
    logger.error("The API failed in call %s", request.request_id, exc_info=error)
    message = "Something went wrong on our side."
    return request.area.failed(request, 500, "INTERNAL_ERROR", message)


HANDLERS = {
    AuthenticationError: unauthenticated,
    PermissionDenied: forbidden,
    Http404: not_found,
    ValidationError: invalid,
    # Ninja raises it for a body that it cannot parse, and for nothing else.
    HttpError: unreadable,
    UnreadablePostError: unreadable,
    RequestDataTooBig: too_big,
    RuleViolation: refused,
    OperationalError: database_unavailable,
    InterfaceError: database_unavailable,
    Exception: unexpected,
}


def handle_all(api):
    for error, handler in HANDLERS.items():
        api.add_exception_handler(error, handler)
