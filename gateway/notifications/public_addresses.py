"""Which addresses are on the public internet, by IANA's registries.

https://www.iana.org/assignments/iana-ipv6-special-registry and …/iana-ipv4-…, where
Python's own answer differs from version to version.
"""

import ipaddress

# All that was ever given out to be reached from anywhere.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
SPECIAL = [
    ipaddress.ip_network(each)
    for each in (
        # Of protocols, Teredo, benchmarks and ORCHIDs among them: the few of these
        # that are reached from anywhere are anycast to routers and relays.
        "2001::/23",
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, with any IPv4 address inside
        "2620:4f:8000::/48",  # AS112, where questions about private addresses end
        "3fff::/20",  # documentation
    )
]
# What stands for an IPv4 address, and is as public as that: mapped ones (RFC 4291) and
# those that a network of IPv6 only is told instead by DNS64 (RFC 6052).
WRAPPING = [ipaddress.ip_network(each) for each in ("::ffff:0:0/96", "64:ff9b::/96")]
# Not outside either: protocols, one's own router among them (RFC 7723), AS112, relays
# of 6to4, which is no more (RFC 7526), and where Azure's machines reach their host.
SPECIAL_IPV4 = [
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "168.63.129.16/32",
    )
]


def is_public(text):
    """Whether an address, or the IPv4 address that it stands for, is on the internet."""
    address = ipaddress.ip_address(text)
    if any(address in network for network in WRAPPING):
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.version == 4:
        return _is_public_ipv4(address)
    special = any(address in network for network in SPECIAL)
    return address in GLOBAL_UNICAST and not special


def _is_public_ipv4(address):
    special = any(address in network for network in SPECIAL_IPV4)
    return address.is_global and not address.is_multicast and not special
