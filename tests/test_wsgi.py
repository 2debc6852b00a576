import subprocess
import sys
import threading
from contextlib import closing
from math import inf
from wsgiref.util import setup_testing_defaults

from accounts.deadline import CHANGING_SECONDS, READING_SECONDS, request_deadline
from accounts.metrics import FOLDER
from accounts.rule_violations import NOT_TAKEN, NotTaken
from config import gateway, wsgi
from config.asgi_requests import ARRIVED_AT
from gateway.verify.gate import Gate

# What is said to somebody who is not known as a gateway.
UNKNOWN = ["503 Service Unavailable"], b"Try again in a moment\n"


def ask(path, application=wsgi.application, **headers):
    environ = {"PATH_INFO": path, **headers}
    setup_testing_defaults(environ)
    started = []
    body = application(environ, lambda status, headers: started.append(status))
    return started, b"".join(body)


def test_a_question_that_was_not_taken_is_not_asked(monkeypatch):
    monkeypatch.setattr(wsgi, "begin", lambda: None)
    monkeypatch.setattr(wsgi, "portal", lambda environ, start_response: [b"a page"])
    refusal = {NOT_TAKEN: NotTaken(400, "Two of them.")}

    assert ask("/gateway/verify/logs", **refusal)[1] == b"a page"


def test_a_request_has_its_time_from_when_it_arrived(monkeypatch):
    def answer(environ, start_response):
        ends.append(request_deadline.ends_at)
        return [b""]

    ends = []
    monkeypatch.setattr(wsgi, "django_application", answer)
    monkeypatch.setattr(wsgi.time, "monotonic", lambda: 1000.0)
    for method in ("GET", "POST"):
        for arrived in ({}, {ARRIVED_AT: 990.0}):
            wsgi.portal({"REQUEST_METHOD": method} | arrived, None)

    assert ends == [
        1000 + READING_SECONDS,
        990 + READING_SECONDS,
        1000 + CHANGING_SECONDS,
        990 + CHANGING_SECONDS,
    ]
    assert request_deadline.ends_at == inf


def test_the_first_visitor_does_not_wait_for_the_pages_to_be_read():
    code = "import config.wsgi, sys; print('tokens.views.listing' in sys.modules)"
    command = sys.executable, "-c", code

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout == "True\n"


def test_the_server_gets_answers(db, monkeypatch):
    begun = []
    monkeypatch.setattr(wsgi, "_begun", threading.Lock())
    monkeypatch.setattr(
        wsgi.background, "start", lambda gate, **kw: begun.append((gate, kw))
    )

    wsgi.begin()
    assert ask("/livez") == (["200 OK"], b"ok\n")
    assert ask("/gateway/verify/logs") == UNKNOWN
    assert begun == [(wsgi.gate, {"takes_jobs": True, "reporter": None})]


def test_listener_of_the_gate_has_no_pages(db, monkeypatch):
    begun = []
    monkeypatch.setattr(
        gateway.background, "start", lambda gate, **kw: begun.append(gate)
    )
    apart = gateway.Apart(Gate(), "gateway")

    for path in ("verify/logs", "generations", "uses"):
        assert ask(f"/gateway/{path}", apart) == UNKNOWN
    assert ask("/livez", apart) == (["404 Not Found"], b"Only gateways ask here\n")
    assert begun == [apart.gate]


def test_an_agent_that_cannot_be_read_is_not_nobody(db, monkeypatch):
    monkeypatch.setattr(gateway.background, "start", lambda gate, **kw: None)
    apart = gateway.Apart(Gate(), "gateway")

    for agent in ({}, {"HTTP_USER_AGENT": ""}, {"HTTP_USER_AGENT": "curl/8"}):
        ask("/gateway/verify/logs", apart, **agent)

    told = {agent for _, _, agent in apart.gate.strangers.drain(at_once=True)}
    assert told == {"", "unreadable", "curl/8"}


def test_only_one_of_those_who_ask_first_begins(db, monkeypatch):
    begun = []
    monkeypatch.setattr(
        gateway.background, "start", lambda gate, **kw: begun.append(gate)
    )
    apart = gateway.Apart(Gate(), "gateway")
    # As another thread does that came at the same moment.
    apart._begun.acquire()

    assert ask("/gateway/verify/logs", apart) == UNKNOWN
    assert begun == []


def test_answers_are_timed_where_somebody_asks_for_that(db, monkeypatch, tmp_path):
    begun = []
    monkeypatch.setattr(
        gateway.background, "start", lambda gate, **kw: begun.append(kw)
    )
    monkeypatch.setenv(FOLDER, str(tmp_path))
    apart = gateway.Apart(Gate(), "gateway")

    assert ask("/gateway/verify/logs", apart) == UNKNOWN

    [told] = begun
    with closing(told["reporter"]) as reporter:
        reporter.write()
    [report] = tmp_path.glob("*.json")
    assert '"tollgate_question_duration_seconds", ["logs", "503"]' in report.read_text()
