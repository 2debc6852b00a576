"""Questions of proxies and their answers, as they go over the wire."""

import threading
import time

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from gateway import gate as gate_module
from gateway.finding import BY_TEXT, Way
from gateway.watching import Sight
from sharing.tickets import issue, lasts_until
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.gateway.conftest import UNKNOWN, Asked, basic
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage
from tokens.secrets import make, recognise


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
def test_no_token_or_an_unknown_one_is_401(ask, text):
    status, headers = ask("logs", text)

    assert status == 401
    assert headers["WWW-Authenticate"] == 'Bearer realm="tollgate"'


def test_token_of_another_kind_is_403(ask, token):
    assert ask.status("metrics", token.secret_text) == 403


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
    assert list(ask.gate.strangers.drain(at_once=True)) == [("nonsense", "", "")]


def test_callers_of_the_socket_need_no_credential(recorder, token):
    asked = Asked(None, trusts_callers=True)

    assert asked.status("logs", token.secret_text) == 204


def test_a_change_holds_from_the_next_look_on(ask, token):
    assert ask.status("logs", token.secret_text) == 204

    TokenFactory(account=token.account, kind=Kind.LOGS)
    token.disable(by=BY)
    ask.look()
    assert ask.status("logs", token.secret_text) == 403

    token.enable(by=BY)
    ask.look()
    assert ask.status("logs", token.secret_text) == 204


def test_a_token_that_is_made_after_it_was_asked_about_is_found(ask, main):
    secret = make(Kind.LOGS)
    assert ask.status("logs", secret.reveal()) == 401

    Token.issue(account=main, kind=Kind.LOGS, name="moved in", by=BY, secret=secret)
    ask.look()

    assert ask.status("logs", secret.reveal()) == 204


def test_a_change_while_an_answer_is_being_made_is_not_missed(
    ask, token, sub, monkeypatch
):
    """The token is disabled after it was read and before the answer is remembered."""
    TokenFactory(account=token.account, kind=Kind.LOGS)
    decide = gate_module.decide

    def slowly(*args):
        decision = decide(*args)
        token.disable(by=BY)
        ask.look()
        return decision

    ask.status("query-logs", TokenFactory(account=sub).secret_text)
    monkeypatch.setattr(gate_module, "decide", slowly)
    assert ask.status("logs", token.secret_text) == 204
    monkeypatch.setattr(gate_module, "decide", decide)

    assert ask.status("logs", token.secret_text) == 403


def test_sub_that_is_not_searchable_any_more_disappears(ask, main):
    sub = ChildFactory(main=main)
    token = TokenFactory(account=main)
    assert (
        ask("query-logs", token.secret_text)[1]["X-Scope-OrgID"]
        == f"{main.pk}|{sub.pk}"
    )

    sub.searchable = False
    sub.save(update_fields=["searchable"])
    token.rename("Another", by=BY)  # Any change of the organisation counts.
    ask.look()

    assert ask("query-logs", token.secret_text)[1]["X-Scope-OrgID"] == str(main.pk)


@pytest.mark.parametrize(
    ("asks", "first", "again"),
    [
        pytest.param("logs", 2, 0, id="known"),
        pytest.param("unknown", 1, 0, id="unknown"),
        pytest.param("malformed", 0, 0, id="malformed"),
    ],
)
def test_how_often_the_database_is_asked(
    ask, token, django_assert_num_queries, asks, first, again
):
    texts = {"unknown": make(Kind.LOGS).reveal(), "malformed": UNKNOWN}
    text = texts.get(asks, token.secret_text)
    ask.status("logs", make(Kind.LOGS).reveal())  # Now the gateway itself is known.

    with QueryLog() as log:
        ask.status("logs", text)
        once = len(log.statements)
        ask.status("logs", text)

    assert (once, len(log.statements) - once) == (first, again)


class QueryLog:
    """What reaches the database, past the ORM too."""

    def __init__(self):
        self.statements = []

    def __enter__(self):
        raw = self.raw = connection.connection
        if connection.vendor == "sqlite":
            raw.set_trace_callback(self._note)
        else:
            self._execute, raw.execute = raw.execute, self._executing
            self._wrapping = connection.execute_wrapper(self._wrap)
            self._wrapping.__enter__()
        return self

    def _note(self, statement):
        if statement.startswith("SELECT"):
            self.statements.append(statement)

    def _executing(self, statement, *args):
        self._note(statement)
        return self._execute(statement, *args)

    def _wrap(self, execute, sql, *args):
        self._note(sql)
        return execute(sql, *args)

    def __exit__(self, *args):
        if connection.vendor == "sqlite":
            self.raw.set_trace_callback(None)
        else:
            self._wrapping.__exit__(*args)
            del self.raw.execute


class TestWithoutTheDatabase:
    """From the moment on that the watcher does not reach it."""

    @pytest.fixture(autouse=True)
    def away(self, ask, token, settings, monkeypatch):
        settings.GATEWAY_GRACE_SECONDS = 30
        self.ask, self.token = ask, token
        assert ask.status("logs", token.secret_text) == 204
        assert ask.status("logs", UNKNOWN) == 401
        self.stay_away(5)
        monkeypatch.setattr(ask.gate, "_ask", _never)

    def stay_away(self, seconds):
        sight = self.ask.gate.watcher.sight
        at = time.monotonic() - seconds
        self.ask.gate.watcher.sight = Sight(sight.numbers, sight.total, at, failed=True)

    def test_known_tokens_go_on(self):
        assert self.ask.status("logs", self.token.secret_text) == 204

    def test_what_is_malformed_or_missing_is_still_told(self):
        assert self.ask.status("logs", "nonsense") == 401
        assert self.ask.status("logs") == 401

    def test_what_is_not_known_has_to_be_asked_again(self):
        assert self.ask.status("logs", make(Kind.LOGS).reveal()) == 503
        assert self.ask.status("metrics", self.token.secret_text) == 503
        assert self.ask.gate.strangers.drain(at_once=True) == {}

    def test_after_the_grace_nothing_is_known(self):
        self.stay_away(30.1)

        assert self.ask.status("logs", self.token.secret_text) == 503
        assert self.ask.gate.strangers.drain(at_once=True) == {}


def _never(*args):
    raise AssertionError("the database was asked")


def test_a_database_that_fails_while_it_is_asked_is_asked_once_more(
    ask, token, monkeypatch
):
    ask.status("logs")
    failures = iter([OperationalError("gone")])

    def failing(secret):
        for failure in failures:
            raise failure
        return BY_TEXT.find(secret)

    monkeypatch.setattr(gate_module, "BY_TEXT", Way(recognise, failing))
    monkeypatch.setattr(connection, "close", lambda: None)

    assert ask.status("logs", token.secret_text) == 204


def test_a_database_that_goes_on_failing_is_503(ask, token, monkeypatch):
    ask.status("logs", UNKNOWN)

    def failing(secret):
        raise OperationalError("gone")

    monkeypatch.setattr(gate_module, "BY_TEXT", Way(recognise, failing))
    monkeypatch.setattr(connection, "close", lambda: None)

    assert ask.status("logs", token.secret_text) == 503


def test_an_old_sight_is_not_believed_while_the_database_answers(ask, token):
    ask.status("logs", token.secret_text)
    TokenFactory(account=token.account, kind=Kind.LOGS)
    token.disable(by=BY)
    sight = ask.gate.watcher.sight
    late = time.monotonic() - 1.0
    ask.gate.watcher.sight = Sight(sight.numbers, sight.total, late)

    assert ask.status("logs", token.secret_text) == 403


def test_uses_are_counted_with_their_caller(ask, token, recorder):
    who = {"HTTP_X_REAL_IP": "192.0.2.9", "HTTP_USER_AGENT": "vector/0.39"}
    for _ in range(3):
        ask("logs", token.secret_text, **who)

    recorder.flush()

    usage = TokenUsage.objects.get(token=token)
    assert (usage.calls, usage.address, usage.agent) == (3, "192.0.2.9", "vector/0.39")
    assert usage.stored_secret_id == token.secrets.get().pk


def test_uses_that_are_refused_are_counted_apart(ask, token, recorder):
    ask("metrics", token.secret_text, HTTP_X_REAL_IP="192.0.2.9")
    ask("metrics", UNKNOWN)
    recorder.flush()

    assert ask.gate.refused.drain(at_once=True) == {
        (token.pk, token.secrets.get().pk, "wrong_kind", "metrics", "192.0.2.9", ""): 1
    }
    assert not TokenUsage.objects.filter(token=token).exists()


def test_a_main_token_without_anything_behind_the_door_is_no_misuse(ask, main):
    assert ask.status("query-metrics", TokenFactory(account=main).secret_text) == 403
    assert ask.gate.refused.drain(at_once=True) == {}


class TestTickets:
    @pytest.fixture(autouse=True)
    def link(self, main):
        self.share = ShareFactory(account=main)
        self.row = self.share.token.secrets.get()
        self.cookie = f"a=b; tollgate_share={issue(self.row.pk, lasts_until(self.row))}"

    def test_a_visitor_of_a_link_may_read_logs(self, ask):
        status, headers = ask("query-logs", HTTP_COOKIE=self.cookie)

        assert (status, headers["X-Tollgate-Kind"]) == (204, "shared")

    def test_a_ticket_is_good_for_logs_only(self, ask):
        assert ask.status("query-metrics", HTTP_COOKIE=self.cookie) == 401

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
        over = timezone.now() + timezone.timedelta(seconds=1)
        cookie = f"tollgate_share={issue(self.row.pk, over)}"
        ask.status("query-logs", HTTP_COOKIE=cookie)

        while timezone.now() <= over:
            threading.Event().wait(0.05)

        assert ask.status("query-logs", HTTP_COOKIE=cookie) == 401

    @pytest.mark.parametrize("text", ["x", "1:2:3", "1:2:3:4"])
    def test_a_ticket_that_nobody_signed_is_unknown(self, ask, text):
        assert ask.status("query-logs", HTTP_COOKIE=f"tollgate_share={text}") == 401

    def test_a_ticket_for_a_secret_that_is_gone_is_unknown(self, ask):
        cookie = f"tollgate_share={issue(2**31 - 1, lasts_until(self.row))}"

        assert ask.status("query-logs", HTTP_COOKIE=cookie) == 401
