"""Webhooks against names that change their meaning, and answers that lead elsewhere."""

import ipaddress
import socket
from contextlib import contextmanager

import httpcore
import pytest

from gateway.notifications.http import HttpAnswer, post
from tests.gateway.names import look_up, serving_names
from tests.gateway.receivers import receiving

PUBLIC = "2606:2800:220:1::1", "93.184.215.14"
FORBIDDEN = "No answer: hook.example is not on the public internet"


@pytest.fixture
def resolving(monkeypatch):
    """Have names under .example resolved by a name server of our own."""
    real = socket.getaddrinfo

    @contextmanager
    def resolving(**meanings):
        with serving_names(**meanings) as server, monkeypatch.context() as patch:

            def resolve(host, port, *args, **kwargs):
                if host.endswith(".example"):
                    return look_up(server, host, port)
                return real(host, port, *args, **kwargs)

            patch.setattr(socket, "getaddrinfo", resolve)
            yield server

    return resolving


@pytest.fixture
def internet(monkeypatch):
    """Put a receiver at every public address; other addresses are what they are."""
    real, reached = httpcore.SyncBackend.connect_tcp, []
    with receiving() as receiver:

        def connect(self, host, port, **options):
            reached.append(host)
            if ipaddress.ip_address(host).is_global:
                host, port = receiver.server_address
            return real(self, host, port, **options)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
        receiver.reached = reached
        yield receiver


def test_a_name_that_changes_its_meaning_reaches_nobody_inside(resolving, internet):
    meanings = [[PUBLIC[1]], ["127.0.0.1"]]
    with receiving() as victim, resolving(hook=meanings) as names:
        url = f"http://hook.example:{victim.server_port}/"
        answers = [str(post(url, b"hello", {})) for _ in range(3)]

    assert answers == ["200 thanks", FORBIDDEN, FORBIDDEN]
    assert internet.reached == [PUBLIC[1]]
    # Each call asks once (for both kinds of address), and connects to what it was told.
    assert names.asked == ["hook.example"] * 6
    assert [headers["Host"] for _, headers, _ in internet.calls] == [url.split("/")[2]]
    assert victim.calls == []


@pytest.mark.parametrize("address", PUBLIC)
def test_both_kinds_of_addresses_are_called(resolving, internet, address):
    with resolving(hook=[[address]]):
        answer = post("http://hook.example/", b"", {})

    assert answer == HttpAnswer(200, "thanks")
    assert internet.reached == [address]


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_one_address_inside_spoils_the_public_ones(resolving, internet, inside):
    with resolving(hook=[[*PUBLIC, inside]]):
        answer = post("http://hook.example/", b"", {})

    assert str(answer) == FORBIDDEN
    assert internet.reached == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "inside.example"])
def test_a_redirect_leads_nowhere(resolving, internet, status, host):
    meanings = {"hook": [[PUBLIC[1]]], "inside": [["127.0.0.1"]]}
    with receiving() as victim, resolving(**meanings) as names:
        place = f"http://{host}:{victim.server_port}/"
        internet.answer = (status, b"over there", [("Location", place)])
        answer = post("http://hook.example/", b"", {})

    assert answer == HttpAnswer(status, "over there")
    assert set(names.asked) == {"hook.example"}
    assert victim.calls == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
    ],
)
def test_no_way_to_write_this_machine_reaches_it(internet, host):
    with receiving() as victim:
        answer = post(f"http://{host}:{victim.server_port}/", b"", {})

    assert "is not on the public internet" in answer.text
    assert (internet.reached, victim.calls) == ([], [])
