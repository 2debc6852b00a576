"""Where scanners report: GitHub with its signature, any other with a token of its own."""

from typing import ClassVar

from django.http import JsonResponse
from ninja import Schema
from ninja.security import APIKeyHeader
from pydantic import Field

from accounts.api.examples import LOG_TOKEN
from accounts.api.plumbing import error_bodies
from accounts.api.plumbing.areas import PlainArea, router_in
from accounts.api.plumbing.error_bodies import ErrorMessage, ShortError
from accounts.rate_limits import call_rates
from accounts.web.addresses import client_address
from leaks import github
from leaks.findings import MOST_BYTES, MOST_FINDINGS, TooMuch, read_findings
from leaks.reporting import Reporter, keep
from tokens.permissions import Use
from tokens.request_headers import token_in
from tokens.usage_counters import note_use
from tokens.verification import verify

UNKNOWN = (
    "Send the token of a scanner in X-API-TOKEN, or let GitHub sign the report. "
    "Operators make such tokens in the staff console."
)
PLACE = "https://github.com/acme/app/blob/9f3c1d/.env#L3"
BODY = {
    "type": "array",
    "maxItems": MOST_FINDINGS,
    "items": {
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {
                "type": "string",
                "description": "The whole text that was found.",
                "examples": [LOG_TOKEN],
            },
            "url": {
                "type": "string",
                "description": "Where it was found. The admins are told; secrets in it are masked.",
                "examples": [PLACE],
            },
            "type": {
                "type": "string",
                "description": "What the scanner calls such tokens.",
                "examples": ["tollgate_token"],
            },
        },
    },
}


class Received(Schema):
    """The same whatever is known of the findings."""

    received: int = Field(description="How many findings arrived.", examples=[1])


class LeaksArea(PlainArea):
    part: ClassVar = "scanners"
    failures: ClassVar = {
        **dict.fromkeys((400, 401, 411, 413, 500, 503), (ErrorMessage,)),
        429: (ShortError,),
    }

    def unauthenticated(self, request):
        response = error_bodies.message_only(401, UNKNOWN)
        response["WWW-Authenticate"] = 'Bearer realm="tollgate"'
        return response

    def refused(self, request, refusal):
        return error_bodies.message_only(refusal.status, refusal.message)


class Scanner(APIKeyHeader):
    """A scanner by its own token, in `X-API-TOKEN` or `Authorization`; GitHub by its signature.

    `request.auth` is its name.
    """

    param_name = "X-API-TOKEN"

    def authenticate(self, request, key):
        try:
            return _github(request) or _scanner(request)
        except github.WrongSignature:
            call_rates.spend_failure(request)
            raise


def _github(request):
    if not github.is_signed(request):
        return None
    request.report = _body(request)
    github.check_signature(request, request.report)
    return github.NAME


def _scanner(request):
    token = verify(token_in(request.META), Use.REPORT, client_address(request))
    if token is None:
        call_rates.spend_failure(request)
        return None
    call_rates.spend_call(request, call_rates.TOKEN, token.pk)
    note_use(request, token)
    request.report = _body(request)
    return token.name


router = router_in(LeaksArea("leaks"))


@router.post(
    "/leaks",
    auth=Scanner(),
    response=Received,
    summary="Report tokens that were found",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": BODY}}}},
)
def report(request):
    """Takes up to 10,000 findings of a scanner, in the form of GitHub's partners.

    Nothing in the answer tells which of them are tokens. GitHub alone is told, as its
    program asks, in a list with the hash of each.
    """
    findings = read_findings(request.report)
    known = keep(findings, Reporter.of(request, request.auth))
    if request.auth is github.NAME:
        return JsonResponse(github.feedback(findings, known), safe=False)
    return Received(received=len(findings))


def _body(request):
    # Not `request.body`, which takes no more than a form may have.
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooMuch("A report has at most 16 MB.")
    return body
