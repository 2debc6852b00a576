"""How each part of the API words its errors."""

from dataclasses import dataclass, field
from functools import wraps
from typing import ClassVar

from ninja import Router

from accounts.api.plumbing import error_bodies
from accounts.api.plumbing.error_bodies import (
    CodedError,
    ErrorMessage,
    FieldErrors,
    ShortError,
)
from accounts.api.plumbing.handler import endpoint


@dataclass(frozen=True)
class Area:
    """A part of the API whose error codes share a namespace.

    `codes` gives refusals of the product their names on the wire.
    """

    namespace: str
    codes: dict = field(default_factory=dict)

    # The part of the document that it stands in.
    part: ClassVar = "logzio"
    media_type: ClassVar = "application/json"
    # What a call can end in when it does not succeed: the document says so.
    failures: ClassVar = {
        400: (FieldErrors, CodedError),
        403: (ShortError,),
        404: (CodedError,),
        411: (CodedError,),
        413: (CodedError,),
        429: (ShortError,),
        500: (CodedError,),
        503: (CodedError,),
    }

    def coded(self, request, status, code, message, **parameters):
        name = f"{self.namespace}/{code}"
        return error_bodies.coded(request, status, name, message, **parameters)

    def unauthenticated(self, request):
        return error_bodies.terse(403, error_bodies.INSUFFICIENT)

    def forbidden(self, request, error):
        return error_bodies.terse(403, error_bodies.insufficient(error))

    def barred(self, request, refusal):
        """Answer a token that works, and not for this caller."""
        return error_bodies.terse(403, refusal.message)

    def insecure(self, request, message):
        return error_bodies.terse(403, message)

    def not_found(self, request, message):
        return self.coded(request, 404, "NOT_FOUND", message)

    def invalid(self, request, problems):
        return error_bodies.invalid(request, problems)

    def unreadable(self, request, message):
        """Answer a body that is no JSON."""
        return self.invalid(request, [error_bodies.problem("", message)])

    def refused(self, request, refusal):
        """Answer what a business rule stands against."""
        code = self.codes.get(refusal.code)
        name = refusal.field
        if name and not code and not refusal.is_coded:
            where = error_bodies.place_of(name)
            problem = error_bodies.problem(name, refusal.message, where)
            return self.invalid(request, [problem])
        return self.coded(
            request,
            400,
            code or refusal.code.upper(),
            refusal.message,
            **refusal.parameters,
        )

    def too_many(self, request, refusal):
        return error_bodies.terse(429, refusal.message)

    def unavailable(self, request, refusal):
        return self.failed(request, 503, "UNAVAILABLE", refusal.message)

    def failed(self, request, status, code, message):
        return self.coded(request, status, code, message)


class PlainArea(Area):
    """A part of the API whose errors are a message and nothing else.

    Only where a call did not get so far they are those of the whole API.
    """

    failures: ClassVar = {
        400: (ErrorMessage, CodedError),
        403: (ErrorMessage, ShortError),
        404: (ErrorMessage, CodedError),
        411: (ErrorMessage,),
        413: (ErrorMessage, CodedError),
        429: (ShortError,),
        500: (ErrorMessage, CodedError),
        503: (ErrorMessage,),
    }

    def forbidden(self, request, error):
        return error_bodies.message_only(403, error_bodies.insufficient(error))

    def not_found(self, request, message):
        return error_bodies.message_only(404, message)

    def invalid(self, request, problems):
        told = (f"{each['name']} {each['message']}".strip() for each in problems)
        return error_bodies.message_only(400, "; ".join(told))

    def refused(self, request, refusal):
        return error_bodies.message_only(400, refusal.message)

    def failed(self, request, status, code, message):
        return error_bodies.message_only(status, message)


WITHOUT_LENGTH = "Send the body with a Content-Length, not in chunks."
EVERYWHERE = Area("tollgate")


def router_in(area):
    """Return a router whose errors are worded as in an area, also those of logging in."""
    router = Router(tags=[area.namespace], by_alias=True)
    router.add_decorator(_worded_by(area), mode="view")
    return router


def _worded_by(area):
    def decorate(run):
        answer = endpoint(run.__self__)

        @wraps(run)
        def running(request, **path):
            request.area = area
            if _is_without_length(request):
                return area.failed(request, 411, "LENGTH_REQUIRED", WITHOUT_LENGTH)
            return answer(request, **path)

        running.area = area
        return running

    return decorate


def _is_without_length(request):
    # Django reads no such body: what it asks for would silently be the default.
    return "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get(
        "CONTENT_LENGTH"
    )
