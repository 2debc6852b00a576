from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.lifecycle import (
    delete_account,
    edit_organisation,
    suspend_account,
    suspend_organisation,
)
from accounts.plans import Plan
from accounts.rule_violations import Unavailable
from tests.factories import BY, TokenFactory
from tests.tokens.test_secrets import KNOWN
from tokens.api.plumbing import auth
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.django_db
PATHS = ["/v2/whoami", "/v2/whoami/", "/v1/account-management/whoami"]
REFUSED = {"code": 403, "message": "Insufficient privileges"}


@pytest.fixture
def token(sub):
    return TokenFactory(account=sub)


def ask(client, text, path="/v2/whoami"):
    return client.get(path, headers={"X-API-TOKEN": text})


@pytest.mark.parametrize("path", PATHS[:2])
def test_token_says_whose_it_is(client, sub, token, path):
    response = ask(client, token.secret_text, path)

    assert response.status_code == 200
    assert response.json() == {"accountName": "Staging", "accountId": sub.pk}


def test_old_address_says_the_name_only(client, token):
    assert ask(client, token.secret_text, PATHS[2]).json() == {"accountName": "Staging"}


STOPS = {
    "disabled": lambda token: token.disable(by=BY),
    "deleted": lambda token: token.delete_softly(by=BY),
    "rotated": lambda token: token.rotate(by=BY),
    "expired": lambda token: Token.objects.update(expires_at=timezone.now()),
    "account suspended": lambda token: suspend_account(token.account, by=BY),
    "account deleted": lambda token: delete_account(token.account, by=BY),
    "organisation suspended": lambda token: suspend_organisation(
        token.account.organisation, by=BY
    ),
    "plan": lambda token: edit_organisation(
        token.account.organisation, by=BY, plan=Plan.COMMUNITY
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stop", STOPS)
def test_stopped_token_is_refused_from_the_next_request_on(client, token, stop, path):
    STOPS[stop](token)

    response = ask(client, token.secret_text, path)

    assert (response.status_code, response.json()) == (403, REFUSED)


def test_plan_in_trial_answers(client, token):
    tomorrow = timezone.now() + timedelta(days=1)
    edit_organisation(
        token.account.organisation,
        by=BY,
        plan=Plan.COMMUNITY,
        trial_ends_at=tomorrow,
    )

    assert ask(client, token.secret_text).status_code == 200


@pytest.mark.parametrize("kind", [Kind.LOGS, Kind.GATEWAY])
def test_other_kinds_are_refused(client, main, kind):
    account = None if kind == Kind.GATEWAY else main
    token = TokenFactory(account=account, kind=kind)

    assert ask(client, token.secret_text).json() == REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nonsense",
        KNOWN,
        "' OR '1'='1",
        "é" * 20,
        "\x01" * 20,
        "a" * 10000,
        "../../etc/passwd",
        "%00%00%00%00%00%00%00%00%00",
        "<script>alert(1)</script>",
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_unknown_token_is_refused_in_json(client, text, path):
    response = ask(client, text, path)

    assert (response.status_code, response.json()) == (403, REFUSED)
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", PATHS)
def test_missing_token_is_refused_in_json(client, path):
    assert client.get(path).json() == REFUSED


def test_session_opens_no_api(client, admin):
    client.force_login(admin)

    assert client.get("/v2/whoami").json() == REFUSED


def test_token_belongs_into_its_header(client, token):
    text = token.secret_text

    assert client.get(f"/v2/whoami?X-API-TOKEN={text}").json() == REFUSED


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "NONSENSE"]
)
@pytest.mark.parametrize("path", PATHS)
def test_only_get_is_allowed(client, token, method, path):
    response = client.generic(
        method, path, "{]", headers={"X-API-TOKEN": token.secret_text}
    )

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json()["errorCode"] == "tollgate/METHOD_NOT_ALLOWED"


def test_use_is_noted_with_its_caller(client, token, recorder):
    client.get(
        "/v2/whoami",
        headers={"X-API-TOKEN": token.secret_text, "User-Agent": "terraform/1.9"},
        REMOTE_ADDR="192.0.2.44",
    )
    recorder.flush()

    token.refresh_from_db()
    assert (token.last_used_address, token.last_used_agent) == (
        "192.0.2.44",
        "terraform/1.9",
    )


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (
            OperationalError("gone"),
            "The database does not answer. Nothing was changed; try again.",
        ),
        (Unavailable("busy", "Busy."), "Busy."),
    ],
)
def test_trouble_is_told_in_json(client, token, monkeypatch, trouble, message):
    def fail(*args):
        raise trouble

    monkeypatch.setattr(auth, "examine", fail)

    response = ask(client, token.secret_text)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["message"] == message
