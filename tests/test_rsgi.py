"""Questions of gateways as they come over RSGI, and the event loop that they come in."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from django.db import connection

from config import gateway
from config.rsgi import Asked, Loop, Question
from tests.factories import TokenFactory
from tests.gateway.conftest import Asked as AskedInTests
from tokens.kinds import Kind
from tokens.models import TokenUsage


class Headers(dict):
    """Headers as granian tells of them: a name, and the values that can be read."""

    def get_all(self, name):
        return self.get(name, [])


class Protocol:
    """Keeps the answer that is given."""

    def response_empty(self, status, headers):
        self.given = status, b""

    def response_bytes(self, status, headers, body):
        self.given = status, body


def question(path="/gateway/verify/logs", client="192.0.2.7:50000", **headers):
    told = {name.replace("_", "-"): values for name, values in headers.items()}
    return SimpleNamespace(path=path, client=client, headers=Headers(told))


def ask(application, scope):
    protocol = Protocol()
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(application.__rsgi__(scope, protocol))
    return protocol.given


def test_a_question_reads_as_an_environ():
    asked = Question(question(x_api_token=["tgl_x"], x_real_ip=["2001:db8::1"]))

    assert asked["PATH_INFO"] == "/gateway/verify/logs"
    assert asked.get("REMOTE_ADDR") == "192.0.2.7"
    assert asked.get("HTTP_X_API_TOKEN", "") == "tgl_x"
    assert asked.get("HTTP_COOKIE", "") == ""
    assert asked.get("HTTP_X_TOLLGATE_QUERY") is None
    with pytest.raises(KeyError):
        asked["HTTP_X_API_TOKEN"]


def test_headers_of_one_name_are_one_list():
    twice = ["a=1", "b=2"]
    asked = Question(question(x_forwarded_for=twice, cookie=twice))

    assert asked.get("HTTP_X_FORWARDED_FOR") == "a=1,b=2"
    assert asked.get("HTTP_COOKIE") == "a=1; b=2"


def test_what_cannot_be_read_is_there_all_the_same():
    asked = Question(question(x_tollgate_query=[], user_agent=[]))

    assert asked.get("HTTP_X_TOLLGATE_QUERY") == ""
    assert asked.get("HTTP_USER_AGENT") == "unreadable"


@pytest.fixture
def token(transactional_db, main):
    return TokenFactory(account=main, kind=Kind.LOGS)


@pytest.fixture
def apart(token, recorder, monkeypatch):
    asked_in = []

    def asking(look_up, *question):
        asked_in.append(threading.current_thread())
        try:
            return look_up(connection, *question)
        finally:
            connection.close()

    gateway_token = TokenFactory(account=None, kind=Kind.GATEWAY)
    gate = AskedInTests(gateway_token.secret_text).gate
    gate._asker = asking
    apart = gateway.Apart(gate)
    apart.asked_in = asked_in
    apart.headers = {"x_tollgate_gateway": [gateway_token.secret_text]}
    apart.begun = []
    monkeypatch.setattr(gateway.background, "start", apart.begun.append)
    return apart


def test_the_gate_watches_as_soon_as_its_worker_begins(apart):
    Asked(apart, 1).__rsgi_init__(None)

    assert apart.begun == [apart.gate]


def test_there_are_no_pages_where_gateways_ask(apart):
    assert ask(Asked(apart, 1), question("/livez")) == (
        404,
        b"Only gateways ask here\n",
    )


def test_who_has_to_wait_is_in_nobodys_way(apart, token):
    told = apart.headers | {"x_api_token": [token.secret_text]}
    answers = [ask(Asked(apart, 1), question(**told)) for _ in range(2)]

    assert answers == [(204, b"")] * 2
    # For the gateway and for the token, and for neither again.
    assert len(apart.asked_in) == 2
    assert threading.current_thread() not in apart.asked_in


def test_a_use_is_counted_once_though_it_was_begun_twice(apart, token, recorder):
    told = apart.headers | {"x_api_token": [token.secret_text]}
    ask(Asked(apart, 1), question(**told))
    ask(Asked(apart, 1), question(**told))

    recorder.flush()

    assert [usage.calls for usage in TokenUsage.objects.all()] == [2, 2]


def test_a_loop_takes_what_comes_while_it_is_busy():
    taken, loop = [], Loop()

    def take(number):
        taken.append(number)
        if number == 0:
            # From another thread, and from the loop's own.
            other = threading.Thread(target=loop.call_soon_threadsafe, args=(take, 1))
            other.start()
            other.join()
            loop.call_soon_threadsafe(take, 2)
            loop.call_soon_threadsafe(loop.stop)

    loop.call_soon_threadsafe(take, 0)
    loop.run_forever()
    loop.close()

    assert taken == [0, 1, 2]
