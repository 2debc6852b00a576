"""Questions of proxies and their answers, as they go over the wire."""

import pytest
import time_machine
from django.utils import timezone

from gateway.models import RefusedCall
from gateway.verify.gate import caller
from gateway.verify.signal import SIGNALS
from sharing.tickets import issue, lasts_until
from tests.factories import BY, ShareFactory, TokenFactory
from tests.gateway.conftest import UNKNOWN, Asked, basic
from tokens.kinds import Kind
from tokens.models import StoredSecret, TokenUsage
from tokens.secrets import make
from tokens.usage_counters import refusals

SHIPPING = {"logs", "metrics", "traces"}
MISSING = "Send a token in X-API-TOKEN or in Authorization"


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


def test_good_token_passes_with_its_account(ask, token):
    status, headers = ask("logs", token.secret_text)

    assert (status, headers["X-Scope-OrgID"]) == (204, str(token.account_id))


@pytest.mark.parametrize("suffix", ["", "/", "/loki/api/v1/push", "//x?y"])
def test_what_the_proxy_appends_to_the_signal_says_nothing(ask, token, suffix):
    assert ask.status(f"logs{suffix}", token.secret_text) == 204


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", UNKNOWN, pytest.param(make(Kind.LOGS).reveal(), id="unknown")],
)
@pytest.mark.parametrize("signal", SIGNALS)
def test_no_token_or_an_unknown_one_is_401(ask, signal, text):
    status, headers = ask(signal, text)

    assert status == 401
    basic = 'Basic realm="tollgate", ' if signal in SHIPPING else ""
    assert headers["WWW-Authenticate"] == basic + 'Bearer realm="tollgate"'
    says = "This token is not valid" if text else MISSING
    assert headers["X-Tollgate-Says"] == says


def test_token_of_another_kind_is_403(ask, token):
    status, headers = ask("metrics", token.secret_text)

    assert status == 403
    assert headers["X-Tollgate-Says"] == (
        "This token is of the wrong kind: this takes a metrics shipping token"
    )


def test_no_answer_is_for_a_proxy_to_keep(ask, token):
    answers = [ask(*asked) for asked in (("logs", token.secret_text), ("logs",))]
    answers += [ask("api", token.secret_text), Asked("nonsense")("logs")]

    assert [status for status, _ in answers] == [204, 401, 403, 503]
    assert {headers["Cache-Control"] for _, headers in answers} == {"no-store"}


def test_what_a_link_asks_is_judged(ask, main):
    shared = ShareFactory(account=main).secret_text
    answers = [
        ask.status("query-logsql", shared, HTTP_X_TOLLGATE_QUERY=query)
        for query in ("query=error", "query=*%7Cstream_context%20after%203")
    ]

    assert answers == [204, 403]


def test_503_asks_to_come_back_soon(db, recorder):
    status, headers = Asked("nonsense")("logs")

    assert (status, headers["X-Tollgate-Says"]) == (503, "Try again in a moment")
    assert int(headers["Retry-After"]) <= 5


def test_basic_authentication_of_grafana_agents(ask, token):
    credentials = basic(token.account_id, token.secret_text)

    assert ask.status("logs", HTTP_AUTHORIZATION=credentials) == 204


def test_client_names_no_account_and_no_filter(ask, main, token):
    other = TokenFactory().account_id

    _, headers = ask(
        "logs",
        token.secret_text,
        HTTP_X_SCOPE_ORGID=str(other),
        HTTP_ACCOUNTID=str(other),
        HTTP_X_TOLLGATE_ACCOUNT=str(other),
        QUERY_STRING=f"account={other}",
    )

    assert str(other) not in {*headers.values()} - {headers["X-Tollgate-Token"]}
    assert headers["X-Scope-OrgID"] == str(main.pk)


@pytest.mark.parametrize("credential", ["", "nonsense", UNKNOWN])
def test_who_is_no_gateway_gets_503_whatever_is_asked(recorder, token, credential):
    stranger = Asked(credential)

    assert stranger.status("logs", token.secret_text) == 503
    assert stranger.status("logs") == 503
    assert sum(stranger.gate.strangers.drain(at_once=True).values()) == 2


def test_other_tokens_are_no_gateway(recorder, token):
    assert Asked(token.secret_text).status("logs", token.secret_text) == 503


def test_two_gateway_tokens_work_while_they_overlap(recorder, gateway_token, token):
    new = gateway_token.rotate(by=BY, overlap=timezone.timedelta(hours=1)).reveal()

    for text in (gateway_token.secret_text, new):
        assert Asked(text).status("logs", token.secret_text) == 204


def test_a_signal_that_does_not_exist_is_503_and_told(ask, token):
    assert ask.status("nonsense", token.secret_text) == 503
    assert list(ask.gate.strangers.drain(at_once=True)) == [("other", "", "")]


def test_callers_of_the_socket_need_no_credential(recorder, token):
    asked = Asked(None, trusts_callers=True)

    assert asked.status("logs", token.secret_text) == 204


def test_uses_are_counted_with_their_caller(ask, token, recorder):
    who = {"HTTP_X_REAL_IP": "192.0.2.9", "HTTP_USER_AGENT": "vector/0.39"}
    for _ in range(3):
        ask("logs", token.secret_text, **who)

    recorder.flush()

    usage = TokenUsage.objects.get(token=token)
    assert (usage.calls, usage.address, usage.agent) == (3, "192.0.2.9", "vector/0.39")
    assert usage.stored_secret_id == token.secrets.get().pk


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("unknown", ""),
    ],
)
def test_callers_are_kept_in_one_spelling(ask, token, recorder, told, kept):
    ask("logs", token.secret_text, HTTP_X_REAL_IP=told)

    recorder.flush()

    assert TokenUsage.objects.get(token=token).address == kept


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"HTTP_X_REAL_IP": "192.0.2.9", "HTTP_X_FORWARDED_FOR": "a, b"}, "192.0.2.9"),
        ({"HTTP_X_FORWARDED_FOR": "198.51.100.7, 192.0.2.9"}, "192.0.2.9"),
        ({"HTTP_X_REAL_IP": "", "HTTP_X_FORWARDED_FOR": "2001:db8::9"}, "2001:db8::9"),
        ({}, ""),
    ],
)
def test_the_caller_is_whom_the_proxy_names(headers, address):
    assert caller(headers) == (address, "")


def test_uses_of_a_gateways_own_token_are_counted_once_with_the_proxy(
    ask, token, gateway_token, recorder
):
    client = {"HTTP_X_REAL_IP": "192.0.2.9", "HTTP_USER_AGENT": "vector/0.39"}
    for signal in ("logs", "logs", "metrics"):
        ask(signal, token.secret_text, REMOTE_ADDR="10.0.0.2", **client)

    recorder.flush()

    usage = TokenUsage.objects.get(token=gateway_token)
    assert (usage.calls, usage.address, usage.agent) == (3, "10.0.0.2", "")
    assert usage.stored_secret_id == gateway_token.secrets.get().pk
    gateway_token.refresh_from_db()
    assert gateway_token.last_used_at


def test_uses_that_are_refused_are_counted_apart(ask, token, recorder):
    ask("metrics", token.secret_text, HTTP_X_REAL_IP="192.0.2.9")
    ask("metrics", UNKNOWN)
    recorder.flush()
    refusals.flush()

    use = RefusedCall.objects.get()
    assert (use.refused_id, use.secret_id) == (token.pk, token.secrets.get().pk)
    assert (use.reason, use.signal) == ("wrong_kind", "metrics")
    assert (use.address, use.agent, use.calls) == ("192.0.2.9", "", 1)
    assert not TokenUsage.objects.filter(token=token).exists()


def test_a_main_token_without_anything_behind_the_signal_is_no_misuse(ask, main):
    assert ask.status("query-metrics", TokenFactory(account=main).secret_text) == 403
    refusals.flush()
    assert not RefusedCall.objects.exists()


class TestTickets:
    @pytest.fixture(autouse=True)
    def link(self, main):
        self.share = ShareFactory(account=main)
        self.row = self.share.token.secrets.get()
        self.cookie = f"a=b; tollgate_share={issue(self.row, lasts_until(self.row))}"

    def test_a_visitor_of_a_link_may_read_logs(self, ask):
        status, headers = ask("query-logs", HTTP_COOKIE=self.cookie)

        assert (status, headers["X-Tollgate-Kind"]) == (204, "shared")

    def test_a_ticket_is_good_for_logs_only(self, ask):
        assert ask.status("query-metrics", HTTP_COOKIE=self.cookie) == 401

    def test_of_two_tickets_neither_is_taken(self, ask):
        other = "tollgate_share=x"

        for cookies in (f"{self.cookie}; {other}", f"{other}; {self.cookie}"):
            assert ask.status("query-logs", HTTP_COOKIE=cookies) == 401

    def test_a_token_that_is_shown_goes_before_a_ticket(self, ask):
        assert ask.status("query-logs", "nonsense", HTTP_COOKIE=self.cookie) == 401

    def test_a_ticket_dies_with_its_token(self, ask):
        assert ask.status("query-logs", HTTP_COOKIE=self.cookie) == 204
        self.share.token.disable(by=BY)
        ask.look()

        assert ask.status("query-logs", HTTP_COOKIE=self.cookie) == 403

    def test_a_ticket_dies_with_its_secret(self, ask):
        self.share.token.rotate(by=BY)
        ask.look()

        assert ask.status("query-logs", HTTP_COOKIE=self.cookie) == 403

    def test_a_ticket_ends_by_itself(self, ask):
        over = timezone.now() + timezone.timedelta(hours=1)
        cookie = f"tollgate_share={issue(self.row, over)}"
        assert ask.status("query-logs", HTTP_COOKIE=cookie) == 204

        with time_machine.travel(over + timezone.timedelta(seconds=1)):
            status = ask.status("query-logs", HTTP_COOKIE=cookie)

        assert status == 401

    @pytest.mark.parametrize("text", ["x", "1:2:3", "1:2:3:4"])
    def test_a_ticket_that_nobody_signed_is_unknown(self, ask, text):
        assert ask.status("query-logs", HTTP_COOKIE=f"tollgate_share={text}") == 401

    def test_a_ticket_for_a_secret_that_is_gone_is_unknown(self, ask):
        until = lasts_until(self.row)
        self.row.pk = 2**31 - 1
        cookie = f"tollgate_share={issue(self.row, until)}"

        assert ask.status("query-logs", HTTP_COOKIE=cookie) == 401

    def test_a_ticket_is_not_for_whoever_got_the_secrets_number_since(self, ask):
        """As after a failover, when numbers are given out again."""
        StoredSecret.objects.filter(pk=self.row.pk).update(
            created_at=self.row.created_at + timezone.timedelta(seconds=1)
        )

        assert ask.status("query-logs", HTTP_COOKIE=self.cookie) == 401
