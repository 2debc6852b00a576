"""Where a request comes from, as proxies tell it."""

import pytest
import time_machine

from accounts.web import addresses
from accounts.web.addresses import client_address, read_address
from accounts.web.logs import Seldom


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:5678", "192.0.2.1"),
        ("[192.0.2.1]:80", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[fe80::1%eth0]:443", "fe80::1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("[::ffff:102:304]:9", "1.2.3.4"),
        ("::1", "::1"),
        ("", None),
        ("unknown", None),
        ("_hidden:80", None),
        ("192.0.2.1:port", None),
        ("192.0.2.1:123456", None),
        ("[2001:db8::1", None),
        ("2001:db8::1]:80", None),
        ("[]", None),
        ("192.0.2.01", None),
        ("192.0.2.1\x00", None),
        ("192.0.2.1" + " " * 100, None),
    ],
)
def test_an_address_has_one_spelling(text, address):
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, None, "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (5, "1.1.1.1, 203.0.113.9", "1.1.1.1"),
        (1, "1.1.1.1, 203.0.113.9:5678", "203.0.113.9"),
        (1, "unknown", None),
        (1, "203.0.113.9, unknown", None),
    ],
)
def test_the_address_is_what_trusted_proxies_say(
    rf, settings, proxies, forwarded, seen
):
    settings.TRUSTED_PROXIES = proxies
    meta = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}

    assert client_address(rf.get("/", REMOTE_ADDR="192.0.2.7", **meta)) == seen


def test_a_caller_without_an_address_is_told_of_once_a_minute(
    rf, settings, caplog, monkeypatch
):
    settings.TRUSTED_PROXIES = 1
    monkeypatch.setattr(addresses, "unreadable", Seldom(addresses.logger))

    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        for seconds in (0, 59, 1):
            clock.shift(seconds)
            client_address(rf.get("/", HTTP_X_FORWARDED_FOR=f"un\nknown-{seconds}"))

    assert [record.getMessage() for record in caplog.records] == [
        "A proxy names its caller 'un\\nknown-0', which is no address.",
        "A proxy names its caller 'un\\nknown-1', which is no address.",
    ]


@pytest.mark.parametrize("address", ["", "unix:", "::ffff:192.0.2.7"])
def test_what_connects_without_a_proxy_may_have_no_address(rf, address):
    request = rf.get("/", REMOTE_ADDR=address)

    assert client_address(request) == ("192.0.2.7" if "192" in address else None)
