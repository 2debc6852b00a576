"""Requests on their way to WSGI, as ASGI tells of them."""

import asyncio

import pytest

from accounts.rule_violations import NOT_TAKEN, NotTaken
from config import asgi_requests
from config.asgi_requests import Arriving

SCOPE = {
    "method": "POST",
    "raw_path": b"/caf%C3%A9",
    "query_string": b"a=%20",
    "http_version": "1.1",
    "scheme": "http",
    "client": ("192.0.2.7", "50000"),
    "server": ("127.0.0.1", "8000"),
    "headers": [],
}


def echo(environ, start_response):
    refusal = environ.get(NOT_TAKEN)
    if refusal:
        start_response(f"{refusal.status} Refused", [])
        return [refusal.message.encode(), environ["wsgi.input"].read()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


def moment(environ, start_response):
    start_response("200 OK", [])
    return [repr(environ[asgi_requests.ARRIVED_AT]).encode()]


def test_it_is_noted_when_a_request_has_arrived(monkeypatch):
    monkeypatch.setattr(asgi_requests.time, "monotonic", lambda: 7.25)

    assert ask(message(b""), application=moment) == (200, b"7.25")


class Files:
    """An application whose answer is long and comes in parts."""

    streaming, closed = True, False

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return self

    def __iter__(self):
        return iter([b"a" * 50_000] * 3)

    def close(self):
        self.closed = True


def message(body, *, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def ask(*messages, headers=(), application=echo):
    """Return the status and the body of the answer to a request."""
    start, *parts = sent(*messages, headers=headers, application=application)
    return start["status"], b"".join(part["body"] for part in parts)


def sent(*messages, headers=(), application=echo, path=SCOPE["raw_path"]):
    """Return the messages of the answer to a request."""
    scope = SCOPE | {"headers": list(headers), "raw_path": path}
    told, sent = iter(messages), []

    async def receive():
        for each in told:
            return each
        return await asyncio.Event().wait()

    async def send(each):
        sent.append(each)

    asyncio.run(Arriving(application, 1)(scope, receive, send))
    return sent


def environ(*headers):
    return asgi_requests.environ_of(SCOPE | {"headers": headers})


def test_a_request_is_told_as_wsgi_wants_it():
    told = environ((b"user-agent", b"J\xc3\xbcrgen"), (b"content-type", b"text/plain"))

    assert told == asgi_requests.OF_ALL | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/caf\xc3\xa9",
        "QUERY_STRING": "a=%20",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "http",
        "HTTP_USER_AGENT": "J\xc3\xbcrgen",
        "CONTENT_TYPE": "text/plain",
    }


def test_a_header_with_an_underscore_is_nobodys_twin():
    told = environ((b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"::1"))

    assert told["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_headers_of_one_name_are_one_list():
    cookies, hops = (b"cookie", b"a=1"), (b"x-forwarded-for", b"192.0.2.1")
    told = environ(cookies, hops, (b"cookie", b"b=2"), (b"x-forwarded-for", b"::1"))

    assert told["HTTP_COOKIE"] == "a=1; b=2"
    assert told["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,::1"


def test_what_there_can_be_one_of_is_not_chosen_from():
    twice = [(b"x-api-token", b"one"), (b"x-api-token", b"other")]

    assert ask(headers=twice) == (400, b"A request has one header X-Api-Token.")


def test_a_body_is_handed_over_whole():
    chunked = [(b"transfer-encoding", b"chunked")]

    assert ask() == (200, b"")
    assert ask(message(b"abc"), headers=[(b"content-length", b"3")]) == (200, b"abc")
    assert ask(message(b"ab", more=True), message(b"c"), headers=chunked) == (
        200,
        b"abc",
    )


def test_a_body_that_is_too_long_is_not_waited_for():
    length = str(asgi_requests.MAX_BODY + 1).encode()
    half = message(bytes(asgi_requests.MAX_BODY // 2 + 1), more=True)

    assert ask(headers=[(b"content-length", length)]) == (413, TOO_LARGE)
    assert ask(half, half, headers=[(b"transfer-encoding", b"chunked")]) == (
        413,
        TOO_LARGE,
    )


@pytest.mark.parametrize("path", [b"/leaks", b"/leaks/"])
def test_reports_of_scanners_may_be_longer(path):
    length = (b"content-length", str(asgi_requests.MAX_BODY + 1).encode())

    start, _ = sent(message(b"abc"), headers=[length], path=path)

    assert start["status"] == 200


def test_no_other_request_comes_behind_one_that_was_not_taken():
    length = (b"content-length", str(asgi_requests.MAX_BODY + 1).encode())

    assert sent(headers=[length])[0]["headers"] == [(b"Connection", b"close")]
    assert sent()[0]["headers"] == [(b"Content-Type", b"text/plain")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/tokens", {"status": 413, "code": "body_too_large"}),
        ("/v1/log-shipping/tokens", {"errorCode": "tollgate/BODY_TOO_LARGE"}),
        ("/gateway/introspect", {"errorCode": "tollgate/BODY_TOO_LARGE"}),
    ],
)
def test_a_call_that_was_not_taken_is_told_in_json(client, path, said):
    response = client.post(path, **{NOT_TAKEN: NotTaken(413, "Too much.")})

    assert response.status_code == 413
    assert said.items() <= response.json().items()
    assert "Too much." in response.text
    assert response["X-Request-Id"] in response.text


@pytest.mark.parametrize("path", ["/login/", "/gateway/verify/logs"])
def test_a_form_that_was_not_taken_is_told_on_a_page(client, path):
    extra = {NOT_TAKEN: NotTaken(408, "Too slow.")}

    page = client.post(path, **extra)
    notice = client.post(path, headers={"hx-request": "true"}, **extra)

    assert (page.status_code, notice.status_code) == (408, 408)
    assert "<p>Too slow.</p>" in page.text
    assert page["X-Request-Id"] in page.text
    assert "Too slow." in notice.text
    assert notice["HX-Retarget"] == "#notice"


@pytest.mark.parametrize("patience", ["BODY_SECONDS", "SILENT_SECONDS"])
def test_a_body_that_does_not_come_is_refused(monkeypatch, patience):
    monkeypatch.setattr(asgi_requests, patience, 0.01)

    answer = ask(message(b"a", more=True), headers=[(b"content-length", b"3")])

    assert answer == (408, b"The request did not arrive in time.")


def test_half_a_body_is_none():
    gone = {"type": "http.disconnect"}

    answer = ask(message(b"a", more=True), gone, headers=[(b"content-length", b"3")])

    assert answer == (400, b"The request ended before it was whole.")


def test_a_long_answer_is_made_before_it_is_sent():
    files = Files()

    assert ask(application=files) == (200, b"a" * 150_000)
    assert files.closed


def test_what_fails_is_left_to_the_server():
    def broken(environ, start_response):
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        ask(application=broken)


TOO_LARGE = b"A request takes at most 2.5 MB."
