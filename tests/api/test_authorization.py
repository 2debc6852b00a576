"""Every route of the API x everybody who may knock. A route that is not here fails."""

import pytest

from accounts.models import AuditEvent
from accounts.permissions import allows
from accounts.relations import Relation
from tests.api.calls import FORBIDDEN, REQUEST_ID
from tests.api.routes import KINDS, ROUTES
from tests.api.world import operations

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

WITH_THING = [key for key, route in ROUTES.items() if route.thing]

each_route = pytest.mark.parametrize(
    ("key", "route"), ROUTES.items(), ids=[" ".join(key) for key in ROUTES]
)


def test_every_route_is_declared_here():
    assert operations("/v").keys() == ROUTES.keys()


@each_route
def test_route_asks_for_a_token_and_says_what_it_needs(key, route):
    operation = operations("/v")[key]

    assert operation.auth_callbacks
    view = operation.view_func
    assert [*view.operations, *view.there]


@each_route
def test_route_answers_the_account_of_the_token(world, key, route):
    wanted = {kind: route.status(kind) for kind in KINDS}

    answered = {
        kind: world.call(
            world.apis[account.pk],
            key,
            world.thing(account, route.thing),
            route=route,
        )[0]
        for kind, account in world.accounts.items()
    }

    assert answered == wanted


@each_route
def test_route_follows_the_policy(world, key, route):
    needed = operations("/v")[key].view_func.operations

    for kind, account in world.accounts.items():
        allowed = all(allows({Relation.TOKEN}, each, account) for each in needed)
        assert allowed == (route.status(kind) != 403)


@each_route
def test_route_is_closed_to_all_but_working_api_tokens(world, strangers, key, route):
    refused = route.unknown, {"message": "Insufficient privileges"}
    wanted = FORBIDDEN if route.unknown == 403 else refused
    before = AuditEvent.objects.count()
    pk = world.thing(world.accounts["main"], route.thing)

    answers = {
        name: world.call(api, key, pk, route=route) for name, api in strangers.items()
    }

    assert answers == dict.fromkeys(strangers, wanted)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("key", WITH_THING, ids=" ".join)
def test_things_of_other_accounts_do_not_exist(world, key):
    """Not to a sibling or a child, open or shut, or another organisation.

    Nor to the parent, unless the route says that it reaches them.
    """
    route, missing = ROUTES[key], 2**31 - 1
    callers = [*world.accounts.values(), *world.others]
    before = AuditEvent.objects.count()

    for caller in callers:
        api = world.apis[caller.pk]
        status, unknown = world.call(api, key, missing, route=route)
        for owner, things in world.things.items():
            if owner != caller.pk and not _is_reached(route, caller, owner):
                pk = things[route.thing]
                told = world.call(api, key, pk, route=route)
                assert told == (status, _about(unknown, missing, pk))

    assert AuditEvent.objects.count() == before


def _is_reached(route, caller, owner):
    return (
        route.near
        and caller.is_main
        and caller.organisation.accounts.filter(pk=owner).exists()
    )


def _about(body, missing, pk):
    """Return the body of an answer about one id as it reads about another."""
    if body is None:
        return None
    message = body["message"].replace(str(missing), str(pk))
    replaced = body | {"message": message}
    return replaced | ({"requestId": REQUEST_ID} if "requestId" in body else {})
