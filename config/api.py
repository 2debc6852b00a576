from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from accounts.errors import RETRY_AFTER_SECONDS
from accounts.refusals import Unavailable
from tokens.api import router as tokens_router

api = NinjaAPI(title="Tollgate", version="1", docs_url=None, openapi_url=None)
api.add_router("", tokens_router)


def problem(status, message, **headers):
    """Answer in the shape that Logz.io's gateway uses."""
    body = {"code": status, "message": message}
    return JsonResponse(body, status=status, headers=headers)


@api.exception_handler(AuthenticationError)
def insufficient_privileges(request, exception):
    # Logz.io answers a missing, unknown or stopped token with this.
    return problem(403, "Insufficient privileges")


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
@api.exception_handler(Unavailable)
def unavailable(request, exception):
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem(503, "Try again in a moment", **headers)


def for_machines(view):
    """Leave the login to the API's own credential, and answer in JSON only."""

    @login_not_required
    @wraps(view)
    def answered(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return problem(405, "Method not allowed", Allow=response["Allow"])
        return response

    return answered


urls = api.urls
for pattern in urls[0]:
    pattern.callback = for_machines(pattern.callback)
