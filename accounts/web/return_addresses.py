"""Addresses that a request brings along, to be led back to."""

from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme


def own_address(request, address, *, otherwise="/"):
    """Return an address if it is one of ours: nobody is led to another site."""
    hosts = {request.get_host()}
    return address if url_has_allowed_host_and_scheme(address, hosts) else otherwise


def page_before(request):
    return own_address(request, request.META.get("HTTP_REFERER", ""))


def page_behind(request):
    """Return the address of the page that a request belongs to.

    That is its own when it asks for a page. What a form or a script sends belongs to the
    page that it stands on.
    """
    if request.htmx and request.htmx.current_url_abs_path:
        return request.htmx.current_url_abs_path
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return urlsplit(page_before(request))._replace(scheme="", netloc="").geturl()
