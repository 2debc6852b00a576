"""What a call is answered when it fails, and whose words say so."""

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.api.plumbing.areas import EVERYWHERE, PlainArea
from tests.api.calls import REQUEST_ID, coded
from tests.factories import TokenFactory
from tokens.api.logzio import log_tokens
from tokens.kinds import Kind
from tokens.models import Token

WHOAMI = "/v2/whoami"


def failing_with(error):
    def raising(*args, **kwargs):
        raise error

    return raising


@pytest.mark.parametrize(
    "error", [OperationalError("server closed"), InterfaceError("closed")]
)
def test_database_that_does_not_answer(api, monkeypatch, error):
    monkeypatch.setattr("tokens.api.plumbing.auth.examine", failing_with(error))

    response = api.response("GET", WHOAMI)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json() == {
        "errorCode": "whoami/UNAVAILABLE",
        "code": 503,
        "message": "The database does not answer. Nothing was changed; try again.",
        "requestId": REQUEST_ID,
        "parameters": {},
    }


def test_failure_of_ours_is_logged_with_the_id_of_the_call(api, monkeypatch, caplog):
    monkeypatch.setattr(
        "tokens.api.plumbing.auth.examine", failing_with(ZeroDivisionError())
    )

    response = api.response("GET", WHOAMI)

    assert response.status_code == 500
    assert response.json() == {
        "errorCode": "whoami/INTERNAL_ERROR",
        "code": 500,
        "message": "Something went wrong on our side.",
        "requestId": response["X-Request-Id"],
        "parameters": {},
    }
    (record,) = [each for each in caplog.records if each.name != "django.request"]
    assert response["X-Request-Id"] in record.getMessage()
    assert record.exc_info[0] is ZeroDivisionError


def test_failure_around_the_api_is_json_too(api, monkeypatch, caplog):
    monkeypatch.setattr(
        "accounts.api.plumbing.handler.get_resolver",
        failing_with(ZeroDivisionError()),
    )

    status, body = api.get(WHOAMI)

    assert (status, body["errorCode"]) == (500, "tollgate/INTERNAL_SERVER_ERROR")


def test_row_that_goes_meanwhile_is_not_found(main, api, monkeypatch):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    find = log_tokens._find

    def find_and_lose(request, pk):
        found = find(request, pk)
        Token.objects.filter(pk=pk).update(deleted_at=timezone.now())
        return found

    monkeypatch.setattr(log_tokens, "_find", find_and_lose)

    assert api.put(f"/v1/log-shipping/tokens/{token.pk}", {"name": "new"}) == coded(
        "log-shipping-token/NOT_FOUND",
        f"{token.name} is not there any more.",
        status=404,
    )


def test_failure_after_the_change_undoes_the_change(api, monkeypatch, caplog):
    monkeypatch.setattr(log_tokens, "_shown", failing_with(ZeroDivisionError()))

    status, body = api.post("/v1/log-shipping/tokens", {"name": "invoices"})

    assert (status, body["errorCode"]) == (500, "log-shipping-token/INTERNAL_ERROR")
    assert not Token.objects.filter(name="invoices").exists()


def test_failure_is_worded_by_the_area(api):
    answer = 413, {"message": "The body is too large."}

    assert api.post("/v1/shared-tokens", b" " * 3_000_000) == answer


def test_what_the_policy_forbids_is_worded_by_the_area(rf):
    request = rf.get("/v1/x")

    said = [area.forbidden(request, None) for area in (EVERYWHERE, PlainArea("x"))]

    assert [(each.status_code, each.content) for each in said] == [
        (403, b'{"code": 403, "message": "Insufficient privileges"}'),
        (403, b'{"message": "Insufficient privileges"}'),
    ]
