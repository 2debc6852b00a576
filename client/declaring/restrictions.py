"""Restrictions of a token: networks, calls a minute, scopes; each in its one spelling."""

from ipaddress import collapse_addresses, ip_network

RESTRICTIONS = ("networks", "calls_per_minute")
NO_NETWORK = "is no address and no network, such as 203.0.113.0/24, or has bits beyond its length."
EVERY_ADDRESS = "is every address: leave networks out."
TWICE = "is there twice."


def network(text):
    """Return a network as the server has it; raises ValueError for what is none."""
    found = ip_network(text)
    mapped = found.version == 6 and found.network_address.ipv4_mapped
    if mapped and found.prefixlen >= 96:
        return ip_network((mapped, found.prefixlen - 96))
    return found


def why_wrong(text, others):
    """Return what is wrong with a network among others, or an empty text."""
    try:
        found = network(text)
    except ValueError:
        return NO_NETWORK
    if found.prefixlen == 0:
        return EVERY_ADDRESS
    return TWICE if found in map(_read, others) else ""


def _read(text):
    try:
        return network(text)
    except ValueError:
        return None


def meant(name, value):
    """Return a restriction so that two that mean the same are equal."""
    return {network(each) for each in value} if name == "networks" else value


def is_narrower(networks, others):
    """Whether all that is in some networks is in others; none are all addresses."""
    if not others:
        return True
    wide = [*map(network, others)]
    return bool(networks) and all(
        _is_in(each, [other for other in wide if other.version == each.version])
        for each in map(network, networks)
    )


def _is_in(inner, wide):
    # Two halves hold the whole.
    return any(inner.subnet_of(each) for each in collapse_addresses(wide))


def is_lower(most, other):
    """Whether a limit is no higher than another; None is any number."""
    return other is None or (most is not None and most <= other)


NARROWER = {"networks": is_narrower, "calls_per_minute": is_lower}


def scopes_meant(scopes):
    """Return scopes without those that others imply, as the server keeps them."""
    wanted = {*scopes}
    if "everything" in wanted:
        return {"everything"}
    return {each for each in wanted if not _is_implied(each, wanted)}


def is_less(scopes, others):
    """Whether a token with some scopes can do no more than one with others."""
    return "everything" in others or all(_is_held(each, others) for each in scopes)


def _is_held(scope, others):
    return scope in others or _is_implied(scope, others)


def _is_implied(scope, wanted):
    area, _, access = scope.partition(":")
    return access == "read" and ("read" in wanted or f"{area}:write" in wanted)
