import socket
import threading
from itertools import chain, repeat

import httpcore
import pytest

from gateway.notifications import http
from gateway.notifications.http import HttpAnswer, post
from tests.gateway.receivers import certify, over_tls, receiving, speaking


@pytest.fixture(autouse=True)
def _private(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True


@pytest.fixture
def resolve(monkeypatch):
    """Let a name mean some addresses; returns what was looked up."""
    asked, real = [], socket.getaddrinfo

    def resolve(name, *meanings):
        answers = iter(meanings)

        def answer(host, port, *args, **kwargs):
            if host != name:
                return real(host, port, *args, **kwargs)
            asked.append(host)
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, (address, port)) for address in next(answers)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return resolve


def test_a_receiver_gets_the_bytes_and_its_answer_comes_back():
    with receiving(status=202, body=b"thank\x00 you\n") as receiver:
        answer = post(receiver.url, b"hello", {"X-Event": "test"})

    path, headers, body = receiver.calls[0]
    assert (path, headers["X-Event"], body) == ("/hook", "test", b"hello")
    assert (answer, answer.is_fine) == (HttpAnswer(202, "thank  you"), True)
    assert str(answer) == "202 thank  you"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://[::1]:{}/"])
def test_private_addresses_are_refused_unless_they_are_allowed(settings, url):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False

    with receiving() as receiver:
        answer = post(url.format(receiver.server_port), b"", {})

    assert "is not on the public internet" in str(answer)
    assert receiver.calls == []


def test_one_private_address_among_public_ones_is_refused(settings, resolve):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    resolve("hook.example", ["8.8.8.8", "10.0.0.1"])

    answer = post("https://hook.example/", b"", {})

    assert answer == HttpAnswer(
        0, "No answer: hook.example is not on the public internet"
    )


def test_the_address_that_was_checked_is_the_one_that_is_called(
    settings, resolve, monkeypatch
):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    asked, called = resolve("hook.example", ["8.8.8.8"], ["127.0.0.1"]), []

    def connect(self, host, port, **options):
        called.append(host)
        raise httpcore.ConnectError("unplugged")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    answer = post("https://hook.example/", b"", {})

    assert (asked, called) == (["hook.example"], ["8.8.8.8"])
    assert answer == HttpAnswer(0, "No answer: unplugged")


def test_the_next_address_is_tried_when_one_does_not_answer(resolve):
    with receiving() as receiver:
        resolve("hook.example", ["127.0.0.2", "127.0.0.1"])
        answer = post(f"http://hook.example:{receiver.server_port}/", b"", {})

    assert answer.is_fine


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
def test_a_name_without_an_address_is_no_answer(host, monkeypatch):
    if host.endswith("invalid"):
        monkeypatch.setattr(socket, "getaddrinfo", _fail)

    assert "has no address" in str(post(f"https://{host}/", b"", {}))


def _fail(*args, **kwargs):
    raise socket.gaierror


def test_redirects_are_not_followed():
    with (
        receiving() as other,
        receiving(status=302, headers=[("Location", other.url)]) as receiver,
    ):
        answer = post(receiver.url, b"", {})

    assert (answer.status, answer.is_fine) == (302, False)
    assert other.calls == []


def test_only_the_beginning_of_an_answer_is_read():
    with receiving(body=b"x" * 5_000_000) as receiver:
        answer = post(receiver.url, b"", {})

    assert answer.text == "x" * http.MOST_BYTES


@pytest.mark.parametrize("words", [b"HTTP/1.1 200 OK\r\nX: y", b"H"])
def test_a_receiver_that_never_ends_is_left(monkeypatch, words):
    monkeypatch.setattr(http, "SECONDS", 0.4)

    with speaking(chain(words, repeat(words[-1])), pause=0.02) as url:
        answer = post(url, b"", {})

    assert answer == HttpAnswer(0, "No answer within 0 seconds")


def test_no_time_left_is_no_answer(monkeypatch):
    monkeypatch.setattr(http, "SECONDS", 0)

    assert post("https://hook.example/", b"", {}) == HttpAnswer(
        0, "No answer within 0 seconds"
    )


def test_what_is_no_http_is_no_answer():
    with speaking(b"220 mail.example ESMTP\r\n\r\n", pause=0) as url:
        answer = post(url, b"", {})

    assert str(answer).startswith("No answer: ")


def test_a_certificate_must_be_trusted(tmp_path, monkeypatch):
    file = certify(tmp_path)
    with receiving() as receiver:
        url = over_tls(receiver, file)
        stranger = post(url, b"", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        trusted = post(url, b"", {})

    assert "CERTIFICATE_VERIFY_FAILED" in stranger.text
    assert trusted == HttpAnswer(200, "thanks")


def test_a_name_server_that_says_nothing_is_left(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(http, "SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60))

    answer = post("https://hook.example/", b"", {})
    with pytest.raises(httpcore.ConnectTimeout, match="was not found in time"):
        http.addresses("hook.example", 443, 0.1)
    over.set()

    assert (answer.status, answer.text) == (0, "No answer within 0 seconds")
