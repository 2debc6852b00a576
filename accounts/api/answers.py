"""The error bodies of the Logz.io API, in the shapes that its clients know."""

import re

from django.http import JsonResponse

VERSION = re.compile(r"\A/v[0-9]+")
INSUFFICIENT = "Insufficient privileges"
INVALID = "Request cannot be processed due to validation errors"


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


def terse(status, message):
    return JsonResponse({"code": status, "message": message}, status=status)


def message_only(status, message):
    return JsonResponse({"message": message}, status=status)
