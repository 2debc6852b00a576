"""Calls to an address that a customer chose: only public ones, and never for long.

The address is checked at the moment of connecting, and that very address is connected
to: a name that means something else a moment later (DNS rebinding) gains nothing.
Redirects are not followed, and proxies of the environment are not asked.
"""

import ssl

import httpcore
from django.conf import settings

from accounts.connections import (
    FAILURES,
    HttpAnswer,
    calling,
    resolved,
    retry_after,
)
from gateway.notifications.public_addresses import is_public

# Standard Webhooks gives receivers 15 to 30 seconds.
SECONDS = 15.0
MOST_BYTES = 2000


def post(url, body, headers):
    """Send bytes to an address and return the HttpAnswer, whatever happens."""
    # Made anew: an operator may come to trust another certificate meanwhile.
    context = ssl.create_default_context()
    how = {"seconds": SECONDS, "find": addresses, "context": context}
    try:
        with calling("POST", url, headers, body, **how) as response:
            said = _beginning(response)
            return HttpAnswer(response.status, said, retry_after(response))
    except httpcore.TimeoutException:
        return HttpAnswer(0, f"No answer within {SECONDS:.0f} seconds")
    except FAILURES as error:
        return HttpAnswer(0, f"No answer: {_printable(str(error))[:200]}")


def _beginning(response):
    found = b""
    for part in response.iter_stream():
        found += part
        if len(found) >= MOST_BYTES:
            break
    return _printable(found[:MOST_BYTES].decode(errors="replace"))


def _printable(text):
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def addresses(host, port, seconds):
    """Return the addresses of a host; raises ConnectError when one is not public."""
    found = resolved(host, port, seconds)
    if settings.WEBHOOK_PRIVATE_ADDRESSES or all(map(is_public, found)):
        return found
    raise httpcore.ConnectError(f"{host} is not on the public internet")
