"""Addresses that a request brings along, to be led back to."""

from django.utils.http import url_has_allowed_host_and_scheme


def own_address(request, address, *, otherwise="/"):
    """Return an address if it is one of ours: nobody is led to another site."""
    hosts = {request.get_host()}
    return address if url_has_allowed_host_and_scheme(address, hosts) else otherwise
