"""Networks that a token may be kept to: read as people write them, and asked of an address."""

from functools import lru_cache
from ipaddress import collapse_addresses, ip_address, ip_network

from accounts.rule_violations import RuleViolation

MOST_NETWORKS = 50
# One of IPv6 has at most 43 characters, and a mask of IPv4 may be written out.
LONGEST_NETWORK = 50
# IPv4 inside of IPv6 (RFC 4291, 2.5.5.2) is IPv4, as in each address that is compared.
MAPPED = ip_network("::ffff:0:0/96")
KEPT = 16_384


def read_networks(lines):
    """Return networks as a token holds them: each in its one spelling, with spaces between.

    A line may have several, with commas or spaces between. Raises RuleViolation for the
    first that is none, is every address, has bits beyond its length, or is there twice.
    """
    found = {}
    for number, line in enumerate(lines, 1):
        for text in line.replace(",", " ").split():
            network = _read(text, number)
            if network in found:
                raise _wrong(number, f"{network} is in line {found[network]} already.")
            found[network] = number
    if len(found) > MOST_NETWORKS:
        raise RuleViolation(
            "too_many_networks",
            f"A token is kept to up to {MOST_NETWORKS} networks. These are {len(found)}.",
            field="networks",
        )
    return " ".join(map(str, found))


def _read(text, number):
    network = _network(text)
    if network is None:
        # It is not repeated: it may be anything that was pasted, and a token at worst.
        words = "This is no address and no network, such as 203.0.113.0/24."
        raise _wrong(number, words)
    if network.prefixlen == 0:
        raise _wrong(number, _every(network))
    _check_bits(text, network, number)
    return _unmapped(network, number)


def _network(text):
    # An interface of one machine says nothing about where a caller is.
    if len(text) > LONGEST_NETWORK or "%" in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _every(network):
    return (
        f"{network} is every address of IPv{network.version}. "
        "Without networks a token can be used from anywhere."
    )


def _check_bits(text, network, number):
    address = text.partition("/")[0]
    if ip_address(address) != network.network_address:
        raise _wrong(
            number,
            f"{address} has bits beyond /{network.prefixlen}. "
            f"Write {network} for the network, or {address} for the one address.",
        )


def _unmapped(network, number):
    if network.version == 4 or not network.subnet_of(MAPPED):
        return network
    if network == MAPPED:
        raise _wrong(number, _every(ip_network("0.0.0.0/0")))
    address = network.network_address.ipv4_mapped
    return ip_network((address, network.prefixlen - MAPPED.prefixlen))


def _wrong(number, words):
    return RuleViolation("networks_wrong", f"Line {number}: {words}", field="networks")


@lru_cache(KEPT)
def holds(networks, address):
    """Whether an address, in its one spelling, is in one of a token's networks.

    An address that nobody could read, which is an empty text, is in none.
    """
    if not address:
        return False
    address = ip_address(address)
    return any(address in network for network in _parsed(networks))


@lru_cache(KEPT)
def _parsed(networks):
    return tuple(map(ip_network, networks.split()))


def first_outside(networks, others):
    """Return the first of some networks that is not within others, or None.

    Both are as tokens hold them; no `others` are all addresses. Two halves hold the whole.
    """
    wide = _joined(others)
    return next((each for each in _parsed(networks) if not _is_in(each, wide)), None)


def _joined(networks):
    found = _parsed(networks)
    return [
        joined
        for version in (4, 6)
        for joined in collapse_addresses(
            each for each in found if each.version == version
        )
    ]


def _is_in(network, wide):
    same = [each for each in wide if each.version == network.version]
    return not wide or any(network.subnet_of(each) for each in same)
