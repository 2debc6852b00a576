"""Errors of our own API: problem details, as RFC 9457 has them."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar, Literal

from django.http import JsonResponse
from ninja import Schema
from pydantic import Field

from accounts.api.examples import REQUEST_ID
from accounts.api.plumbing.areas import Area
from accounts.api.plumbing.error_bodies import place_of

MEDIA_TYPE = "application/problem+json"
# Where a field is, under the names that the Logz.io API has for it.
PLACES = {
    "request_body": "body",
    "query_param": "query",
    "path_param": "path",
    "header_param": "header",
}
# Refusals about a field whose value would do at another time, or in another account.
CONFLICTS = {"name_taken", "last_enabled_token"}
UNAUTHENTICATED = "Send an API token that works, in X-API-TOKEN or as a bearer token."
FORBIDDEN = "An API token of this account may not do that there."
NOT_FOUND = "There is no such thing, or none that this token may know of."
INVALID = "Something in the call is not as it must be."


class FieldProblem(Schema):
    field: str = Field(
        description="The field, with dots for what is inside.", examples=["name"]
    )
    where: Literal["body", "query", "path", "header"] = Field(
        description="Where the field is.", examples=["body"]
    )
    message: str = Field(
        description="What is wrong with it.", examples=["must be given"]
    )


class Problem(Schema):
    """What went wrong. Programs look at `status` and `code`; people read `detail`."""

    type: str = Field(
        "about:blank", examples=["about:blank"], description="Always the same."
    )
    title: str = Field(examples=["Conflict"], description="The status in words.")
    status: int = Field(examples=[409], description="The status once more.")
    detail: str = Field(
        examples=["There is already a token named Fluent Bit here."],
        description="What went wrong, for people.",
    )
    code: str = Field(
        examples=["name_taken"], description="What went wrong, for programs."
    )
    request_id: str = Field(
        description="The id of the call, as in X-Request-Id.", examples=[REQUEST_ID]
    )
    errors: list[FieldProblem] = Field([], description="What is wrong, field by field.")


@dataclass(frozen=True)
class ProblemArea(Area):
    """A part of our own API; `hints` say what to do instead of a forbidden operation."""

    # The part of the document that it stands in.
    part: ClassVar = "own"
    media_type: ClassVar = MEDIA_TYPE
    # Each route says for itself what it can end in.
    failures: ClassVar = {}

    hints: dict = field(default_factory=dict)

    def unauthenticated(self, request):
        response = answer(request, 401, "unauthenticated", UNAUTHENTICATED)
        response["WWW-Authenticate"] = 'Bearer realm="Tollgate"'
        return response

    def forbidden(self, request, error):
        if error.code:
            return answer(request, 403, error.code, f"{error.sentence}.")
        detail = self.hints.get(error.operation, FORBIDDEN)
        return answer(request, 403, "forbidden", detail)

    def barred(self, request, refusal):
        return answer(request, 403, refusal.code, refusal.message)

    def insecure(self, request, message):
        return answer(request, 403, "https_only", f"{message}.")

    def not_found(self, request, message):
        # The same words whatever was asked for: they tell nothing about it.
        return answer(request, 404, "not_found", NOT_FOUND)

    def unreadable(self, request, message):
        return answer(request, 400, "unreadable", f"{message}.")

    def invalid(self, request, problems):
        errors = [
            _error(each["name"], each["message"], PLACES[each["type"]])
            for each in sorted(problems, key=lambda each: each["name"])
        ]
        return answer(request, 422, "invalid", INVALID, errors)

    def refused(self, request, refusal):
        code, message, name = refusal.code, refusal.message, refusal.field
        if not name:
            return answer(request, refusal.status, code, message)
        status = refusal.status if code in CONFLICTS else 422
        error = _error(name, message, PLACES[place_of(name)])
        return answer(request, status, code, message, [error])

    def too_many(self, request, refusal):
        return answer(request, 429, refusal.code, refusal.message)

    def unavailable(self, request, refusal):
        return answer(request, 503, refusal.code, refusal.message)

    def failed(self, request, status, code, message):
        return answer(request, status, code.lower(), message)


PROBLEMS = ProblemArea("problems")


def answer(request, status, code, detail, errors=()):
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request.request_id,
        errors=errors,
    )
    return JsonResponse(problem.model_dump(), status=status, content_type=MEDIA_TYPE)


def _error(name, message, where):
    return {"field": name, "message": message, "where": where}
