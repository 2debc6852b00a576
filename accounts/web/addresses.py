"""Where a request comes from, through the proxies that settings trust."""

import ipaddress
import logging
import re
from functools import lru_cache

from django.conf import settings

from accounts.web.logs import Seldom

# How proxies write an address with a port: Azure's both ways, others as in a URL.
FORMS = (
    re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?"),
    re.compile(r"([0-9.]+):[0-9]{1,5}"),
)
# An IPv6 address that ends in an IPv4 one has 45 characters; the rest is for its dress.
LONGEST = 80
# What a column that must hold an address says when there is none: `::` is nobody's.
UNSPECIFIED_ADDRESS = "::"
SUBSCRIBER = 64

logger = logging.getLogger(__name__)
unreadable = Seldom(logger)


def read_address(text):
    """Return an address in its one spelling, or None for what is none.

    Port, brackets and zone go, and IPv4 inside of IPv6 is IPv4 (RFC 4291, 2.5.5.2).
    """
    return _read(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _read(text):
    text = text.strip()
    for form in FORMS:
        if found := form.fullmatch(text):
            text = found[1]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_address(request):
    """Return the caller's IP address, or None when nobody can tell it."""
    told = ""
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        told = hops[-min(settings.TRUSTED_PROXIES, len(hops))].strip()
    if not told:
        return read_address(request.META.get("REMOTE_ADDR", ""))
    address = read_address(told)
    if address is None:
        unreadable.warn("A proxy names its caller %r, which is no address.", told[:100])
    return address


def client_network(request):
    """Return what a caller is counted by, or None when nobody can tell its address.

    One line has 2 to the power of 64 addresses of IPv6, and one of IPv4.
    """
    address = client_address(request)
    if address is None or ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{SUBSCRIBER}", strict=False))
