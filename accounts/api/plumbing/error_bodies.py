"""The error bodies of the Logz.io API, in the shapes that its clients know.

The classes say in the document what the functions below them answer.
"""

import re
from typing import Any, Literal

from django.http import JsonResponse
from pydantic import Field

from accounts.api.examples import REQUEST_ID
from accounts.api.plumbing.fields import Answer

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

    error_code: str = Field(
        description="What went wrong, for programs.", examples=["whoami/UNAVAILABLE"]
    )
    code: int = Field(description="The status once more.", examples=[400])
    message: str = Field(
        description="What happened, for people.", examples=["Insufficient privileges"]
    )
    request_id: str = Field(
        description="The id of the call, as in X-Request-Id.", examples=[REQUEST_ID]
    )
    parameters: dict[str, Any] = Field(
        description="What the message is about.", examples=[{}]
    )


class FieldError(Answer):
    type: Literal["request_body", "query_param", "path_param", "header_param"] = Field(
        description="Where the field is.", examples=["request_body"]
    )
    name: str = Field(
        description="The field, with dots for what is inside.", examples=["accountName"]
    )
    message: str = Field(
        description="What is wrong with it.", examples=["must be given"]
    )


class FieldErrors(Answer):
    """What is wrong in each field."""

    error_message: str = Field(
        description="Always the same words.",
        examples=["Request cannot be processed due to validation errors"],
    )
    path: str = Field(
        description="What was called, without the version.",
        examples=["/user-management"],
    )
    validation_errors: list[FieldError] = Field(
        description="What is wrong, field by field."
    )


class ShortError(Answer):
    """A status and words for people."""

    code: int = Field(description="The status once more.", examples=[400])
    message: str = Field(
        description="What happened, for people.", examples=["Insufficient privileges"]
    )


class ErrorMessage(Answer):
    """Words for people."""

    message: str = Field(
        description="What happened, for people.", examples=["Insufficient privileges"]
    )


def insufficient(error):
    """Return the words about a Forbidden: what the token is kept to comes after theirs."""
    kept = getattr(error, "sentence", "")
    return f"{INSUFFICIENT}: {kept}" if kept else INSUFFICIENT


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
