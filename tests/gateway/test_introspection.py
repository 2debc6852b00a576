"""RFC 7662, as its clients speak it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory, TokenFactory
from tests.gateway.conftest import UNKNOWN
from tokens.kinds import Kind
from tokens.models import TokenUsage

INACTIVE = 200, {"active": False}


class Introspecting:
    def __init__(self, **headers):
        self.headers = headers
        self.client = Client(raise_request_exception=False)

    def __call__(self, token=None, address=None, **headers):
        form = {} if token is None else {"token": token, "token_type_hint": "any"}
        form |= {} if address is None else {"client_address": address}
        response = self.client.post(
            "/gateway/introspect",
            urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers=self.headers | headers,
        )
        return response.status_code, response.json()


@pytest.fixture
def introspect(gateway_token):
    return Introspecting(**{"X-Tollgate-Gateway": gateway_token.secret_text})


def test_the_gateways_token_counts_as_used(introspect, gateway_token, recorder):
    introspect("nonsense", **{"User-Agent": "oathkeeper"})

    recorder.flush()

    usage = TokenUsage.objects.get(token=gateway_token)
    assert (usage.calls, usage.address, usage.agent) == (1, "127.0.0.1", "oathkeeper")


def iat(token):
    return int(token.created_at.timestamp())


def test_api_token_names_what_it_opens_and_the_accounts_behind(introspect, main, sub):
    metrics = ChildFactory(main=main, kind="metrics")
    token = TokenFactory(account=main)

    assert introspect(token.secret_text) == (
        200,
        {
            "active": True,
            "scope": "api query-logs query-logsql query-metrics",
            "token_type": "api",
            "client_id": str(main.pk),
            "sub": str(token.pk),
            "aud": [str(main.pk), str(sub.pk), str(metrics.pk)],
            "iss": settings.APP_URL,
            "iat": iat(token),
        },
    )


def test_shared_token_names_its_filters_and_its_end(introspect, main):
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    filters = [FilterFactory(account=main, field="env", value=v) for v in ("a", "b")]
    share = ShareFactory(account=main, filters=filters, operator="OR", expires_at=ends)

    status, answer = introspect(share.secret_text)

    assert (status, answer["scope"], answer["exp"]) == (
        200,
        "query-logs query-logsql",
        int(ends.timestamp()),
    )
    alternatives = sorted(answer["filters"], key=str)
    assert alternatives == [
        [{"field": "env", "value": "a"}],
        [{"field": "env", "value": "b"}],
    ]


def test_a_secret_that_only_overlaps_ends_before_its_token(introspect, main):
    token = TokenFactory(account=main)
    token.rotate(by=BY, overlap=timedelta(hours=1))

    _, answer = introspect(token.secret_text)

    left = answer["exp"] - timezone.now().timestamp()
    assert 3500 < left <= 3600


def test_a_gateway_may_ask_about_gateways(introspect, gateway_token):
    assert introspect(gateway_token.secret_text)[1] == {
        "active": True,
        "scope": "ask",
        "token_type": "gateway",
        "client_id": "gateway",
        "sub": str(gateway_token.pk),
        "aud": [],
        "iss": settings.APP_URL,
        "iat": iat(gateway_token),
    }


def test_nothing_is_told_of_what_does_not_work(introspect, main):
    token = TokenFactory(account=main)
    token.disable(by=BY)

    assert introspect(token.secret_text) == INACTIVE
    assert introspect(UNKNOWN) == INACTIVE
    assert introspect(TokenFactory(account=main, kind=Kind.API).masked) == INACTIVE
    assert introspect("nonsense\x00") == (
        400,
        {
            "error": "invalid_request",
            "error_description": "Send the token as a form field `token`.",
        },
    )


@pytest.mark.parametrize("written", ["Bearer {}", "bearer  {}"])
def test_bearer_works_too(gateway_token, main, written):
    bearer = Introspecting(Authorization=written.format(gateway_token.secret_text))

    assert bearer(TokenFactory(account=main).secret_text)[1]["active"] is True


@pytest.mark.parametrize(
    "kind", [None, *(kind for kind in Kind if kind != Kind.GATEWAY)]
)
def test_only_gateways_may_ask(main, kind):
    texts = {
        None: "",
        Kind.SHARED: lambda: ShareFactory(account=main).secret_text,
        Kind.METRICS: lambda: _single(main, "metrics"),
        Kind.TRACES: lambda: _single(main, "tracing"),
        Kind.SCANNER: lambda: TokenFactory(account=None, kind=kind).secret_text,
    }
    text = texts.get(kind, lambda: TokenFactory(account=main, kind=kind).secret_text)
    stranger = Introspecting(**{"X-Tollgate-Gateway": text() if text else ""})

    assert stranger("x") == (
        401,
        {"error": "invalid_client", "error_description": "Only gateways may ask."},
    )


def _single(main, kind):
    account = ChildFactory(main=main, kind=kind)
    return account.tokens.get().rotate(by=BY).reveal()


def test_a_question_without_a_token_is_refused(introspect):
    assert introspect()[0] == 400


def test_without_the_database_there_is_no_answer(introspect, main, monkeypatch):
    from gateway.api import introspection  # noqa: PLC0415 -- to patch it

    def gone(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(introspection, "decide", gone)

    assert introspect(TokenFactory(account=main).secret_text) == (
        503,
        {
            "error": "unavailable",
            "error_description": "The database does not answer. "
            "Nothing was changed; try again.",
        },
    )


def test_a_token_that_is_kept_to_networks_is_active_there(introspect, main):
    token = TokenFactory(account=main, networks=["10.0.0.0/8"], calls_per_minute=60)
    asked = ("10.1.2.3", "::ffff:10.1.2.3", "11.0.0.1", "nonsense", "", None)

    answers = [introspect(token.secret_text, address=address) for address in asked]

    assert [told["active"] for _, told in answers] == [True] * 2 + [False] * 4
    assert answers[0][1]["networks"] == ["10.0.0.0/8"]
    assert answers[0][1]["calls_per_minute"] == 60


def test_a_gateway_that_is_kept_to_networks_asks_from_there(main, settings):
    settings.TRUSTED_PROXIES = 1
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY, networks=["10.0.0.0/8"])
    introspect = Introspecting(**{"X-Tollgate-Gateway": gateway.secret_text})
    asked = ("10.0.0.1", "11.0.0.1")

    answers = [introspect(UNKNOWN, X_Forwarded_For=address) for address in asked]

    assert [status for status, _ in answers] == [200, 401]
