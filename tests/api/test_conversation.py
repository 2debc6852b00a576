"""How the API talks, whatever is asked: tokens, slashes, methods, bodies, failures."""

from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from accounts.api.plumbing.areas import WITHOUT_LENGTH
from accounts.api.plumbing.middleware import API_PATH
from accounts.lifecycle import edit_organisation
from accounts.plans import Plan
from tests.api.calls import FORBIDDEN, REQUEST_ID, Api, coded
from tests.factories import BY, TokenFactory, organisation_of
from tokens.kinds import Kind
from tokens.models import Token

WHOAMI = "/v2/whoami"
CHUNKED = {"Transfer-Encoding": "chunked"}


def test_token_is_taken_from_two_headers(main):
    text = TokenFactory(account=main).secret_text
    answer = 200, {"accountName": "Acme", "accountId": main.pk}

    assert Api(None, **{"X-API-TOKEN": text}).get(WHOAMI) == answer
    assert Api(None, **{"x-api-token": text}).get(WHOAMI) == answer
    assert Api(None, Authorization=f"Bearer {text}").get(WHOAMI) == answer
    assert Api(None, Authorization=f"bearer {text}").get(WHOAMI) == answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-TOKEN": ""},
        {"X-API-TOKEN": "tga_"},
        {"X-API-TOKEN": "00000000-0000000-000000-0000000"},
        {"X-API-TOKEN": "c498fbc3-a3ac-4676-ad09-689854b5cbbd"},
        {"X-API-TOKEN": "tga_\x00é" * 2000},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
    ],
)
def test_unknown_token_is_forbidden(db, headers):
    assert Api(None, **headers).get(WHOAMI) == FORBIDDEN


@pytest.mark.parametrize("kind", [Kind.LOGS, Kind.SHARED])
def test_other_kinds_of_token_are_forbidden(main, kind):
    expires_at = timezone.now() + timedelta(days=1)

    assert Api.of(main, kind=kind, expires_at=expires_at).get(WHOAMI) == FORBIDDEN


def test_session_of_a_person_is_forbidden(main, admin):
    api = Api(None)
    api.client.force_login(admin)

    assert api.get(WHOAMI) == FORBIDDEN


def test_no_page_is_where_calls_pass_by_the_middleware_of_pages():
    """It would be without a login and without its guard against forged forms."""
    of_calls, *others = get_resolver().url_patterns
    routes = list(addresses(others))

    assert len(routes) > 100
    reached = [route for route in routes if API_PATH.match(f"/{route}".rstrip("/"))]
    assert reached == ["api/openapi.json", "api/docs"]
    assert all(route.callback.csrf_exempt for route in of_calls.url_patterns)


def addresses(patterns, before=""):
    for each in patterns:
        address = f"{before}{each.pattern}"
        inner = getattr(each, "url_patterns", None)
        yield from [address] if inner is None else addresses(inner, address)


def test_calls_pass_by_what_only_pages_need(main):
    response = Api.of(main).response("GET", WHOAMI)

    request = response.wsgi_request
    assert not any(hasattr(request, part) for part in ("session", "htmx", "_messages"))
    policy = "default-src 'none'; frame-ancestors 'none'"
    assert response["Content-Security-Policy"] == policy


@pytest.mark.parametrize(
    "stop",
    [
        {"disabled_at": timezone.now()},
        {"deleted_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_stopped_token_is_forbidden(main, api, stop):
    Token.objects.filter(account=main, kind=Kind.API).update(**stop)

    assert api.get(WHOAMI) == FORBIDDEN


def test_token_of_a_suspended_account_is_forbidden(sub, sub_api):
    type(sub).objects.filter(pk=sub.pk).update(suspended_at=timezone.now())

    assert sub_api.get(WHOAMI) == FORBIDDEN


def test_token_is_forbidden_while_the_plan_has_no_api(main, api):
    organisation = organisation_of(main)

    edit_organisation(organisation, by=BY, plan=Plan.COMMUNITY)
    assert api.get(WHOAMI) == FORBIDDEN

    edit_organisation(organisation, by=BY, plan=Plan.PRO)
    assert api.get(WHOAMI)[0] == 200


def test_use_of_the_token_is_noted(main, api, recorder):
    api.get(WHOAMI, **{"User-Agent": "terraform"})
    recorder.flush()

    token = Token.objects.get(account=main, kind=Kind.API)
    assert token.last_used_at is not None
    assert (token.last_used_address, token.last_used_agent) == (
        "127.0.0.1",
        "terraform",
    )


@pytest.mark.parametrize("path", ["/v2/whoami/", "/%2Fv2/whoami", "/%2F/v2//whoami//"])
def test_slashes_do_not_matter(api, path):
    assert api.get(path) == api.get(WHOAMI)


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v2/", "/v1/nowhere", "/v1/a%00b", "/v1/a%0Ab", "/v1/%ff"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "TRACE", "BREW"])
def test_unknown_path(db, method, path):
    answer = coded("tollgate/NOT_FOUND", "Not Found", status=404)

    assert Api(None).call(method, path) == answer


@pytest.mark.parametrize(
    "path", ["/v1x", "/apix", "/api.json", "/api/docs", "/api/docs/"]
)
def test_paths_that_only_look_like_the_api_are_pages(client, admin, path):
    client.force_login(admin)

    assert client.get(path).headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "TRACE", "BREW"])
def test_wrong_method(api, method):
    response = api.response(method, WHOAMI)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert response.json() == {
        "errorCode": "tollgate/METHOD_NOT_ALLOWED",
        "code": 405,
        "message": "Method Not Allowed",
        "requestId": REQUEST_ID,
        "parameters": {},
    }


@pytest.mark.parametrize(
    "path", [WHOAMI, "/v1/shared-tokens/0", "/v1/nothing", "/api/v1/accounts"]
)
def test_head_is_get_without_a_body(api, path):
    whole, bare = api.response("GET", path), api.response("HEAD", path)
    varying = {"X-Request-Id", "RateLimit", "Content-Length"}

    assert (bare.status_code, bare.content) == (whole.status_code, b"")
    assert {name: it for name, it in bare.headers.items() if name not in varying} == {
        name: it for name, it in whole.headers.items() if name not in varying
    }
    assert int(bare["Content-Length"]) == len(whole.content)


def test_head_of_a_stream_reads_nothing_of_it(api):
    response = api.response("HEAD", "/api/v1/audit")

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"] == "application/x-ndjson"
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/account-management/whoami",
        "/account-management/time-based-accounts/",
        "/log-shipping/tokens",
        "/user-management",
        "/whoami",
        "/v3/whoami",
        "/v10/anything/else",
    ],
)
def test_paths_of_samples_that_do_not_exist_are_told_in_json(api, path):
    assert api.get(path) == (
        404,
        {
            "errorCode": "tollgate/NOT_FOUND",
            "code": 404,
            "message": "Not Found",
            "requestId": REQUEST_ID,
            "parameters": {},
        },
    )


@pytest.mark.parametrize("path", [WHOAMI, "/api/v1/tokens"])
def test_a_call_by_a_name_that_is_not_allowed_is_told_so(api, path):
    said = "This address leads to Tollgate, but is not among its ALLOWED_HOSTS"

    status, body = api.get(path, Host="elsewhere.example")

    assert status == 400
    assert said in (body.get("message"), body.get("detail"))


def test_plain_http_is_refused_where_https_is_configured(api, settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True

    assert api.get(WHOAMI) == (403, {"code": 403, "message": "Call the API over https"})


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (
            "/v1/log-shipping/tokens/search",
            coded("log-shipping-token/LENGTH_REQUIRED", WITHOUT_LENGTH, status=411),
        ),
        ("/v1/shared-tokens", (411, {"message": WITHOUT_LENGTH})),
    ],
)
def test_a_body_in_chunks_is_refused(api, path, answer):
    assert api.post(path, **CHUNKED) == answer


def test_a_body_in_chunks_is_read_when_a_server_has_told_its_length(api):
    assert api.post("/v1/log-shipping/tokens", {"name": "new"}, **CHUNKED)[0] == 201
