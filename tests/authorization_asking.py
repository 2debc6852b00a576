"""Asking for each route as each of those in the world, and what the matrix expects."""

from http.cookies import SimpleCookie

from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import Organisation
from accounts.permissions import Operation, allows
from tests import authorization_routes as declared
from tokens.kinds import Kind
from tokens.permissions import operation

METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"}
OURS = ("accounts", "tokens", "sharing", "gateway", "leaks")
# What a view may answer that went through: a page, a form to fill in, a rule's refusal.
DENIED = {401, 403, 404, 405, 500}
THROUGH = {200, 201, 204, 301, 302, 406, 409, 412, 422}
DECLARED = {
    **declared.ACCOUNT,
    **declared.MAIN_ONLY,
    **declared.TOKEN,
    **declared.BY_KIND,
    **declared.STAFF,
    **declared.ONESELF,
}


def routes(patterns=None, namespace=""):
    for each in patterns or get_resolver().url_patterns:
        if isinstance(each, URLPattern):
            yield f"{namespace}:{each.name}" if namespace else each.name
        elif each.namespace in (None, *OURS):
            yield from routes(each.url_patterns, each.namespace or namespace)


ACCOUNT_ROUTES = [
    *declared.ACCOUNT,
    *declared.MAIN_ONLY,
    *declared.TOKEN,
    *declared.BY_KIND,
]


def ask(client, user, method, path):
    """Ask as a person, and leave nothing changed behind."""
    session = {settings.SESSION_COOKIE_NAME: user.session} if user else {}
    client.cookies = SimpleCookie(session)
    with transaction.atomic():
        response = client.generic(method, path)
        transaction.set_rollback(True)
    return response


def operations(name, token=None):
    if name in declared.TOKEN:
        _methods, verb = declared.TOKEN[name]
        return [Operation.ACCOUNT_VIEW, operation(token.kind, verb)]
    if name in declared.BY_KIND:
        return [Operation.ACCOUNT_VIEW, operation(Kind.API, "list")]
    _methods, asked = (declared.ACCOUNT | declared.MAIN_ONLY)[name]
    return [Operation(each) for each in asked]


def expected(relation, asked, account):
    """Return None for an answer that went through, else its status."""
    for each in asked:
        allowed = relation and allows({relation}, each, account)
        if allowed is None:
            return 404
        if not allowed:
            return 403
    return None


def methods(name):
    entry = DECLARED[name]
    return entry if isinstance(entry, frozenset) else entry[0]


def any_path(world, name):
    if name in declared.ONESELF:
        return reverse(name, args=declared.ADDRESSED.get(name))
    if name in declared.STAFF:
        return staff_path(world, name)
    return reverse(name, args=world.arguments(name, world.main)[0])


def staff_path(world, name):
    organisation = Organisation.objects.get(name="Main").pk
    ids = {
        "accounts:staff_organisation": organisation,
        "accounts:staff_provider": world.provider.pk,
        "accounts:account_restore": world.gone.pk,
        "tokens:whose_": world.things[world.main.pk]["tokens"][0].pk,
        "tokens:gateway_": world.gateway.pk,
        "tokens:scanner_": world.scanner.pk,
    }
    pk = next((pk for start, pk in ids.items() if name.startswith(start)), None)
    if pk is None or name in (
        "accounts:staff_organisations",
        "accounts:staff_organisation_add",
        "accounts:staff_providers",
        "accounts:staff_provider_add",
        "tokens:gateway_create",
        "tokens:scanner_create",
    ):
        return reverse(name)
    return reverse(name, args=[pk])
