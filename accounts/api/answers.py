"""The error bodies of the Logz.io API, in the shapes that its clients know.

The classes say in the document what the functions below them answer.
"""

import re
from typing import Any, Literal
from uuid import UUID

from django.http import JsonResponse

from accounts.api.fields import Answer

VERSION = re.compile(r"\A/v[0-9]+")
INSUFFICIENT = "Insufficient privileges"
# Fields that a refusal names and that are no part of the body.
ELSEWHERE = {
    "Idempotency-Key": "header_param",
    "cursor": "query_param",
    "since": "query_param",
}
INVALID = "Request cannot be processed due to validation errors"


class CodedError(Answer):
    """What went wrong, with a code that programs look at."""

    error_code: str
    code: int
    message: str
    request_id: UUID
    parameters: dict[str, Any]


class FieldError(Answer):
    type: Literal["request_body", "query_param", "path_param", "header_param"]
    name: str
    message: str


class FieldErrors(Answer):
    """What is wrong in each field."""

    error_message: str
    path: str
    validation_errors: list[FieldError]


class ShortError(Answer):
    """A status and words for people."""

    code: int
    message: str


class ErrorMessage(Answer):
    """Words for people."""

    message: str


def coded(request, status, code, message, **parameters):
    """Answer with a code that programs look at; `errorCode` marks an error to them."""
    body = {
        "errorCode": code,
        "code": status,
        "message": message,
        "requestId": request.request_id,
        "parameters": parameters,
    }
    return JsonResponse(body, status=status)


def invalid(request, problems):
    """Answer 400 with what is wrong in each field."""
    body = {
        "errorMessage": INVALID,
        "path": VERSION.sub("", request.path),
        "validationErrors": problems,
    }
    return JsonResponse(body, status=400)


def problem(name, message, where="request_body"):
    return {"type": where, "name": name, "message": message}


def place_of(name):
    """Return where a field is that a refusal names."""
    return ELSEWHERE.get(name, "request_body")


def terse(status, message):
    return JsonResponse({"code": status, "message": message}, status=status)


def message_only(status, message):
    return JsonResponse({"message": message}, status=status)
