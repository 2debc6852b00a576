import re
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from django.utils.decorators import sync_only_middleware

from accounts.api.plumbing.areas import EVERYWHERE
from accounts.api.plumbing.handler import Handler
from accounts.api.v1.problems import MEDIA_TYPE, PROBLEMS
from accounts.rule_violations import NOT_TAKEN
from accounts.web.errors import refused_early

# Samples of Logz.io leave out the version here and there.
UNVERSIONED = (
    "account-management",
    "api-tokens",
    "associated-accounts",
    "audit-trail",
    "authentication",
    "leaks",
    "log-shipping",
    "shared-tokens",
    "user-management",
    "whoami",
)
API_PATH = re.compile(
    rf"/(?:v[0-9]+|api|gateway/introspect|{'|'.join(UNVERSIONED)})(?:/|\Z)"
)
# These two are for people with a session as well; the first is data all the same.
DOCUMENT, DOCS_PAGE = "/api/openapi.json", "/api/docs"
JSON = ("application/json", MEDIA_TYPE)
SLASHES = re.compile(r"/{2,}")
HTTPS_ONLY = "Call the API over https"


@sync_only_middleware
def ApiMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Keep calls of the API apart: any spelling of a path in, JSON out, no redirect.

    They go to their Handler, past the middleware of pages.
    """
    handler = Handler(get_response)

    def middleware(request):
        path = SLASHES.sub("/", request.path_info).rstrip("/")
        is_data = API_PATH.match(path) is not None and path != DOCS_PAGE
        request.is_api = is_data and path != DOCUMENT
        if not is_data:
            return _page(request, get_response)
        request.path = request.path_info = path
        request.area = PROBLEMS if f"{path}/".startswith("/api/") else EVERYWHERE
        bare = request.method == "HEAD"
        if bare:
            request.method = "GET"
        if request.is_api:
            response = _called(request, handler)
        else:
            response = _in_json(request, get_response)
        return _without_body(response) if bare else response

    return middleware


def _page(request, get_response):
    refusal = request.META.get(NOT_TAKEN)
    return refused_early(request, refusal) if refusal else get_response(request)


def _without_body(response):
    response.close()
    bare = HttpResponse(status=response.status_code, headers=response.headers)
    if not response.streaming:
        bare["Content-Length"] = str(len(response.content))
    return bare


def _called(request, get_response):
    # Django would redirect to https, with the token already sent in the clear.
    if settings.HTTPS and not request.is_secure():
        response = request.area.insecure(request, HTTPS_ONLY)
    elif NOT_TAKEN in request.META:
        response = _not_taken(request, request.META[NOT_TAKEN])
    else:
        response = _in_json(request, get_response)
    response.cookies.clear()
    if getattr(request, "is_replayed", False):
        response["Idempotent-Replayed"] = "true"
    response.setdefault("Cache-Control", "no-store")
    return response


def _not_taken(request, refusal):
    code = refusal.code.upper()
    return request.area.failed(request, refusal.status, code, refusal.message)


def _in_json(request, get_response):
    response = get_response(request)
    if response.status_code >= 400 and not _is_json(response):
        _put_into_json(request, response)
    if response.headers.get("Allow", "").startswith("GET"):
        response["Allow"] = response["Allow"].replace("GET", "GET, HEAD")
    return response


def _is_json(response):
    return response.headers.get("Content-Type", "").startswith(JSON)


def _put_into_json(request, response):
    """Say in JSON what Django says in a page: a bad host, a wrong method, a failure."""
    status = HTTPStatus(response.status_code)
    said = request.area.failed(request, status.value, status.name, status.phrase)
    response.content = said.content
    response["Content-Type"] = said["Content-Type"]
    response["Content-Length"] = str(len(said.content))
