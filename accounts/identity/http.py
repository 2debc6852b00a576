"""Calls to a provider: short, without redirects, and to nowhere but where it may be.

Providers are set up by operators and often stand in a private network, so private
addresses are fine. Without TLS only this machine is called, and never a link-local
address, where clouds hand out the credentials of machines.
"""

import ipaddress
import json
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import httpcore
from django.conf import settings

from accounts.connections import FAILURES, calling, resolved
from accounts.identity.problems import Away

SECONDS = 5.0
MOST_BYTES = 512 * 1024
LOOPBACK_NAMES = {"localhost", "ip6-localhost"}


def is_acceptable(url):
    """Whether a provider may have an address: HTTPS, or on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not url.isascii():
        return False
    if parts.scheme == "http":
        return settings.DEBUG or _is_loopback_name(host)
    return parts.scheme == "https"


def _is_loopback_name(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def get_json(url, headers=None):
    """Return the object at an address; raises Away."""
    status, found = _call("GET", url, headers or {}, None)
    if status != HTTPStatus.OK:
        raise Away(f"It answered {status} at {url}.")
    return found


def post_form(url, fields, headers=None):
    """Send a form and return status and object; raises Away."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return _call("POST", url, headers, urlencode(fields).encode())


def _call(method, url, headers, body):
    if not is_acceptable(url):
        raise Away(f"{url} is not an address with HTTPS.")
    headers = {"Accept": "application/json", "User-Agent": "Tollgate", **headers}
    try:
        status, content = _exchange(method, url, headers, body)
    except httpcore.TimeoutException:
        raise Away(f"No answer from {url} within {SECONDS:.0f} seconds.") from None
    except FAILURES as error:
        raise Away(f"No answer from {url}: {str(error)[:200]}.") from None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Away(f"It answered {status} at {url}.")
    return status, _object(url, status, content)


def _exchange(method, url, headers, body):
    find = _addresses(urlsplit(url).scheme)
    with calling(method, url, headers, body, seconds=SECONDS, find=find) as response:
        return response.status, _read(response)


def _addresses(scheme):
    def find(host, port, seconds):
        found = resolved(host, port, seconds)
        for text in found:
            address = ipaddress.ip_address(text.partition("%")[0])
            if not _may_be_called(address, scheme):
                raise httpcore.ConnectError(f"{host} has an address that is not called")
        return found

    return find


def _may_be_called(address, scheme):
    address = getattr(address, "ipv4_mapped", None) or address
    if scheme == "http" and not settings.DEBUG:
        return address.is_loopback
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _read(response):
    found = b""
    for part in response.iter_stream():
        found += part
        if len(found) > MOST_BYTES:
            raise httpcore.RemoteProtocolError("the answer is too long")
    return found


def _object(url, status, content):
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Away(f"It answered {status} at {url}, and no JSON object.")
    return found
