"""How each part of the API words its errors."""

from dataclasses import dataclass, field
from functools import wraps

from ninja import Router

from accounts.api import answers


@dataclass(frozen=True)
class Area:
    """A part of the API whose error codes share a namespace.

    `codes` gives refusals of the product their names on the wire.
    """

    namespace: str
    codes: dict = field(default_factory=dict)

    def coded(self, request, status, code, message, **parameters):
        name = f"{self.namespace}/{code}"
        return answers.coded(request, status, name, message, **parameters)

    def unauthenticated(self, request):
        return answers.terse(403, answers.INSUFFICIENT)

    def forbidden(self, request, error):
        return answers.terse(403, answers.INSUFFICIENT)

    def insecure(self, request, message):
        return answers.terse(403, message)

    def not_found(self, request, message):
        return self.coded(request, 404, "NOT_FOUND", message)

    def invalid(self, request, problems):
        return answers.invalid(request, problems)

    def unreadable(self, request, message):
        """Answer a body that is no JSON."""
        return self.invalid(request, [answers.problem("", message)])

    def refused(self, request, refusal):
        """Answer what a business rule stands against."""
        code = self.codes.get(refusal.code)
        if refusal.field and not code:
            return self.invalid(
                request, [answers.problem(refusal.field, refusal.message)]
            )
        return self.coded(
            request,
            400,
            code or refusal.code.upper(),
            refusal.message,
            **refusal.parameters,
        )

    def unavailable(self, request, refusal):
        return self.failed(request, 503, "UNAVAILABLE", refusal.message)

    def failed(self, request, status, code, message):
        return self.coded(request, status, code, message)


class PlainArea(Area):
    """A part of the API whose errors are a message and nothing else."""

    def forbidden(self, request, error):
        return answers.message_only(403, answers.INSUFFICIENT)

    def not_found(self, request, message):
        return answers.message_only(404, message)

    def invalid(self, request, problems):
        told = (f"{each['name']} {each['message']}".strip() for each in problems)
        return answers.message_only(400, "; ".join(told))

    def refused(self, request, refusal):
        return answers.message_only(400, refusal.message)

    def failed(self, request, status, code, message):
        return answers.message_only(status, message)


EVERYWHERE = Area("tollgate")


def router_in(area):
    """Return a router whose errors are worded as in an area, also those of logging in."""
    router = Router(tags=[area.namespace], by_alias=True)
    router.add_decorator(_worded_by(area), mode="view")
    return router


def _worded_by(area):
    def decorate(run):
        @wraps(run)
        def running(request, *args, **kwargs):
            request.area = area
            return run(request, *args, **kwargs)

        return running

    return decorate
