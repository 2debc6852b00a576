"""What holds for every call of our own API, whatever it asks for."""

import pytest
from django.db import OperationalError

from accounts.models import RecordedCall
from accounts.rate_limits import call_rates
from tests.api.calls import Api
from tests.api.v1.problems import NOT_FOUND, UNAUTHENTICATED, invalid, problem, refused
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token

WHOAMI = "/api/v1/whoami"
ACCOUNTS = "/api/v1/accounts"


def test_a_call_says_what_is_wrong_in_problem_json(api):
    response = api.response("GET", f"{ACCOUNTS}/2147483647")

    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()) == NOT_FOUND


ACCOUNT_NAMES = "limit, cursor, kind, name"


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (ACCOUNTS, ACCOUNT_NAMES),
        (
            "/api/v1/tokens",
            "limit, cursor, account, kind, state, scope, name, text, created_after, ",
        ),
        ("/api/v1/audit", "since, until, action, actor, token, account, after, limit"),
        ("/api/v1/accounts/{account}/filters", "limit, cursor"),
        ("/api/v1/tokens/{token}/usage", "unit, since, until"),
    ],
)
def test_a_list_refuses_what_it_does_not_know(main, api, path, known):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    path = path.format(account=main.pk, token=token.pk)

    status, body = api.get(f"{path}?acount=3&limits=5")

    assert (status, [each["field"] for each in body["errors"]]) == (
        422,
        ["acount", "limits"],
    )
    (first, second) = (each["message"] for each in body["errors"])
    assert first.startswith(f"is not known here; there are {known}")
    assert first == second


def test_what_is_wrong_besides_is_told_once_the_names_are_right(api):
    told = f"is not known here; there are {ACCOUNT_NAMES}"

    assert api.get(f"{ACCOUNTS}?account_id=3&limit=0") == invalid(
        ("account_id", "query", told)
    )
    assert api.get(f"{ACCOUNTS}?limit=0")[0] == 422
    assert Api(None).get(f"{ACCOUNTS}?account_id=3") == UNAUTHENTICATED


def test_without_a_token_the_scheme_is_named(db):
    response = Api(None).response("GET", WHOAMI)

    assert response["WWW-Authenticate"] == 'Bearer realm="Tollgate"'
    assert (response.status_code, response.json()) == UNAUTHENTICATED


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api//nope",
        "/api/v1",
        "/api/v1/nonsense",
        "/api/v1/accounts/x",
        "/api/v2/tokens",
        "/api/docs/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_paths_are_problems_too(api, method, path):
    response = api.response(method, path)

    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()) == problem(
        404, "not_found", "Not Found"
    )


def test_wrong_methods_are_problems_that_name_the_right_ones(api):
    response = api.response("PUT", WHOAMI)

    assert response["Allow"] == "GET, HEAD"
    assert (response.status_code, response.json()) == problem(
        405, "method_not_allowed", "Method Not Allowed"
    )


def test_plain_http_is_refused_where_https_is_on(api, settings):
    settings.HTTPS = True

    answer = problem(403, "https_only", "Call the API over https.")
    assert api.get(WHOAMI) == answer


def test_trailing_slash_is_as_good_as_none(api):
    assert api.get(f"{ACCOUNTS}/") == api.get(ACCOUNTS)


def test_what_is_asked_for_in_the_query_is_checked(api):
    assert api.get(f"{ACCOUNTS}?limit=0&kind=none") == invalid(
        (
            "kind.0",
            "query",
            "Input should be 'main', 'sub', 'metrics', 'tracing' or 'security'",
        ),
        ("limit", "query", "Input should be greater than or equal to 1"),
    )


def test_a_database_that_is_away_is_told_with_a_time_to_come_back(api, monkeypatch):
    def fail(*args):
        raise OperationalError("gone")

    monkeypatch.setattr("accounts.api.v1.account_changes._shown", fail)
    response = api.response("GET", ACCOUNTS)

    text = "The database does not answer. Nothing was changed; try again."
    assert response["Retry-After"] == "5"
    assert (response.status_code, response.json()) == problem(503, "unavailable", text)


def test_a_database_that_is_away_from_the_start_is_told_too(api, monkeypatch):
    def fail(*args):
        raise OperationalError("gone")

    monkeypatch.setattr("tokens.api.plumbing.auth.examine", fail)
    response = api.response("GET", WHOAMI)

    assert response.status_code == 503
    assert "RateLimit" not in response


def test_a_body_in_chunks_changes_nothing_as_nobody_reads_it(api, main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    chunked = {"Transfer-Encoding": "chunked"}

    answer = api.post(f"/api/v1/tokens/{token.pk}/rotate", **chunked)

    text = "Send the body with a Content-Length, not in chunks."
    assert answer == problem(411, "length_required", text)
    assert token.secrets.count() == 1


def test_lists_come_in_pages_that_link_to_the_next(api, main):
    children = [ChildFactory(main=main, name=f"Child {letter}") for letter in "abc"]

    first = api.response("GET", f"{ACCOUNTS}?limit=3&name=")
    link = first["Link"].removeprefix("<").removesuffix('>; rel="next"')
    second = api.response("GET", link)

    assert link == f"{ACCOUNTS}?limit=3&name=&cursor={first.json()['next']}"
    pages = first.json(), second.json()
    assert [each["id"] for page in pages for each in page["items"]] == [
        main.pk,
        *(child.pk for child in children),
    ]
    assert (second.json()["next"], "Link" in second) == (None, False)


def test_a_cursor_that_is_none_is_refused(api):
    text = "The cursor is not one of this list. Begin again without it."

    assert api.get(f"{ACCOUNTS}?cursor=abc") == refused(
        "cursor", "unreadable_cursor", text, status=422, where="query"
    )


def test_calls_of_a_token_are_counted_aloud_until_there_are_too_many(
    api, sub_api, settings, monkeypatch
):
    settings.API_RATE = 2
    monkeypatch.setattr(call_rates.time, "time", lambda: 1_000_000_030.5)

    answers = [api.response("GET", WHOAMI) for _ in range(3)]

    assert [each["RateLimit"] for each in answers] == [
        '"token";r=1;t=50',
        '"token";r=0;t=50',
        '"token";r=0;t=50',
    ]
    assert {each["RateLimit-Policy"] for each in answers} == {'"token";q=2;w=60'}
    text = "More than 2 calls in a minute. Try again in 50 seconds."
    last = answers[2]
    assert (last.status_code, last.json()) == problem(429, "too_many_calls", text)
    assert last["Retry-After"] == "50"
    assert sub_api.get(WHOAMI)[0] == 200


def test_failing_to_log_in_is_limited_by_address_and_holds_up_no_good_token(
    api, settings
):
    settings.API_FAILURE_RATE = 1
    stranger = Api("nonsense")

    first, second = (stranger.response("GET", WHOAMI) for _ in range(2))

    assert (first.status_code, second.status_code) == (401, 429)
    assert first["RateLimit-Policy"] == '"failures";q=1;w=60'
    assert second.json()["code"] == "too_many_calls"
    assert api.get(WHOAMI)[0] == 200


@pytest.mark.parametrize(
    "path", ["/v2/whoami", "/v1/log-shipping/tokens/1", "/v1/shared-tokens/filters"]
)
def test_clients_of_logz_io_have_a_limit_of_their_own(
    api, sub_api, settings, monkeypatch, path
):
    settings.API_RATE, settings.LOGZIO_API_RATE = 1, 2
    monkeypatch.setattr(call_rates.time, "time", lambda: 1_000_000_030.5)

    *allowed, refused = (api.response("GET", path) for _ in range(3))

    assert 429 not in {each.status_code for each in allowed}
    text = "More than 2 calls in a minute. Try again in 50 seconds."
    assert refused.json() == {"code": 429, "message": text}
    assert (refused.status_code, refused["Retry-After"]) == (429, "50")
    assert not any("RateLimit" in each for each in (*allowed, refused))
    assert sub_api.response("GET", path).status_code != 429
    assert api.get(WHOAMI)[0] == 200


def test_failures_at_both_parts_of_the_api_are_counted_together(settings):
    settings.API_FAILURE_RATE = 2
    stranger = Api("nonsense")

    answers = [stranger.response("GET", "/v2/whoami") for _ in range(3)]
    answers.append(stranger.response("GET", WHOAMI))

    assert [each.status_code for each in answers] == [403, 403, 429, 429]
    assert answers[2].json()["message"].startswith("More than 2 calls in a minute.")


def test_failures_of_one_line_of_ipv6_are_counted_together(client, db, settings):
    settings.API_FAILURE_RATE = 2
    lines = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]

    answers = [client.get(WHOAMI, REMOTE_ADDR=line).status_code for line in lines]

    assert answers == [401, 401, 429, 401]


def test_failures_of_nobody_knows_whom_are_not_counted_as_one(client, db, settings):
    settings.API_FAILURE_RATE, settings.TRUSTED_PROXIES = 1, 1
    hidden = {"HTTP_X_FORWARDED_FOR": "unknown"}

    answers = [client.get(WHOAMI, **hidden).status_code for _ in range(21)]

    assert answers == [401] * 20 + [429]


def test_an_error_never_follows_a_commit(api, main, monkeypatch):
    def fail(*args):
        raise ZeroDivisionError

    monkeypatch.setattr("sharing.api.v1.creation.shown_with", fail)
    path = f"{ACCOUNTS}/{main.pk}/tokens"
    headers = {"Idempotency-Key": "again"}

    answer = api.post(path, {"kind": "logs", "name": "new"}, **headers)

    text = "Something went wrong on our side."
    assert answer == problem(500, "internal_error", text)
    assert not Token.objects.filter(name="new").exists()
    assert not RecordedCall.objects.exists()
