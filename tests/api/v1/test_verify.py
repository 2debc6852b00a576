"""POST /api/v1/verify: what is this token that somebody has in hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.lifecycle import delete_account, suspend_account
from tests.api.calls import Api
from tests.api.v1.problems import invalid
from tests.api.v1.shown import token as shown
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import Secret

VERIFY = "/api/v1/verify"
UNKNOWN = {
    "known": False,
    "works": False,
    "reason": "unknown",
    "secret": None,
    "opens": [],
    "token": None,
}


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


def asked(api, text):
    status, body = api.post(VERIFY, {"token": text})

    assert status == 200
    return body


def summary(verdict):
    return verdict["works"], verdict["reason"], verdict["secret"]


def test_a_token_that_works(api, token):
    assert asked(api, token.secret_text) == {
        "known": True,
        "works": True,
        "reason": "",
        "secret": "current",
        "opens": ["ship_logs"],
        "token": shown(token),
    }


@pytest.mark.parametrize(
    ("kind", "opens"), [(Kind.API, ["api"]), (Kind.LOGS, ["ship_logs"])]
)
def test_what_a_token_opens(api, main, kind, opens):
    token = TokenFactory(account=main, kind=kind)

    assert asked(api, token.secret_text)["opens"] == opens


def test_what_a_shared_token_opens(api, main):
    verdict = asked(api, ShareFactory(account=main).secret_text)

    assert (verdict["opens"], verdict["token"]["kind"]) == (["read_shared"], "shared")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"disabled_at": timezone.now()}, "token_disabled"),
        ({"deleted_at": timezone.now()}, "token_deleted"),
        ({"expires_at": timezone.now()}, "token_expired"),
    ],
)
def test_a_token_that_is_stopped(api, token, columns, reason):
    Token.objects.filter(pk=token.pk).update(**columns)

    assert summary(asked(api, token.secret_text)) == (False, reason, "current")


def test_secrets_before_and_after_a_rotation(api, token):
    new = token.rotate(by=BY, overlap=timedelta(hours=1)).reveal()

    assert summary(asked(api, token.secret_text)) == (True, "", "overlapping")
    assert summary(asked(api, new)) == (True, "", "current")
    token.finish_rotation(by=BY)
    assert summary(asked(api, token.secret_text)) == (
        False,
        "secret_replaced",
        "replaced",
    )


def test_a_token_whose_account_is_suspended(api, sub):
    token = TokenFactory(account=sub)
    suspend_account(sub, by=BY)

    verdict = asked(api, token.secret_text)
    assert summary(verdict) == (False, "account_suspended", "current")


def test_tokens_of_others_are_unknown(api, main, sub_api):
    """Nor is one of a shut child, a deleted one, a gateway, or of nobody at all."""
    gone = ChildFactory(main=main)
    accounts = [MainFactory(), ChildFactory(main=main, accessible=False), gone]
    texts = [TokenFactory(account=account).secret_text for account in accounts]
    texts.append(TokenFactory(account=None, kind=Kind.GATEWAY).secret_text)
    delete_account(gone, by=BY)

    for text in [*texts, "nonsense", "", "x" * 5000, f"{texts[0][:-1]}?"]:
        assert asked(api, text) == UNKNOWN
    assert asked(sub_api, TokenFactory(account=main).secret_text) == UNKNOWN


def test_tokens_from_elsewhere_are_known_too(api, main):
    text = "6bLXmMA6FLibc7ySSqNcCfvbhtqT0rPS"
    Token.issue(
        account=main, kind=Kind.LOGS, name="Moved in", by=BY, secret=Secret(text)
    )

    assert asked(api, text)["token"]["name"] == "Moved in"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_token_comes_as_json_or_in_a_form(main, token, kind):
    caller = TokenFactory(account=main).secret_text
    body = {"json": f'{{"token": "{token.secret_text}"}}'}
    body["form"] = f"token={token.secret_text}"

    api = Api(caller)
    answers = {
        shape: api.client.post(
            VERIFY, text, content_type=kind, headers={"X-API-TOKEN": caller}
        ).status_code
        for shape, text in body.items()
    }

    assert answers == {"json": 200, "form": 200 if "form" in kind else 400}


def test_a_question_names_a_token(api):
    assert api.post(VERIFY, {}) == invalid(("token", "body", "must be given"))
    assert api.post(VERIFY) == invalid(("", "body", "must be given"))
