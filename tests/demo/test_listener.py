"""What the demo's listener answers to what shippers send."""

from io import BytesIO

import pytest

from demo.listener import DemoListener
from tests.factories import TokenFactory
from tests.gateway.conftest import UNKNOWN, Asked
from tokens.kinds import Kind

# On PostgreSQL the gate asks over connections of its own, outside of a test's transaction.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def send(db):
    """Send something to an address; returns status, headers and body of the answer."""
    listener = DemoListener(Asked("").gate)

    def send(path, token="", *, method="POST", query=""):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        environ |= {"REMOTE_ADDR": "192.0.2.7", "wsgi.input": BytesIO(b"{}")}
        if token:
            environ["HTTP_X_API_TOKEN"] = token
        answered = []
        body = listener(environ, lambda *started: answered.extend(started))
        return int(answered[0][:3]), dict(answered[1]), b"".join(body)

    return send


@pytest.fixture
def secret(main):
    return TokenFactory(account=main, kind=Kind.LOGS).secret_text


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("/", 200, b"{}"), ("/loki/api/v1/push", 204, b""), ("/v1/logs", 200, b"")],
)
def test_what_is_sent_is_taken_as_its_clients_expect_it(
    send, secret, path, status, body
):
    answer, _, said = send(path, secret)

    assert (answer, said) == (status, body)


def test_a_token_in_the_address_is_one_too(send, secret):
    assert send("/", query=f"token={secret}&type=test")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"), [("/", 401), ("/v1/logs", 401), ("/api/v1/write", 401)]
)
def test_an_unknown_token_is_refused_as_the_gate_does(send, path, status):
    answer, headers, said = send(path, UNKNOWN)

    assert answer == status
    assert said.decode() == f"{headers['X-Tollgate-Says']}\n"


def test_a_token_of_another_kind_is_refused(send, secret):
    assert send("/v1/traces", secret)[0] == 403


def test_nothing_else_is_there(send, secret):
    assert send("/nothing", secret)[0] == 404
    status, headers, _ = send("/", secret, method="GET")
    assert (status, headers["Allow"]) == (405, "POST")
