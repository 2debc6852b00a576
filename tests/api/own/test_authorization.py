"""Every route of our own API x everybody who may knock. One that is not here fails."""

import pytest

from accounts.models import AuditEvent
from tests.api.calls import Api
from tests.api.own.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED
from tests.api.own.routes import OPEN_TO_MAIN, ROUTES
from tests.api.routes import KINDS
from tests.api.world import operations

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

WITH_THING = [key for key, route in ROUTES.items() if route.thing]

each_route = pytest.mark.parametrize(
    ("key", "route"), ROUTES.items(), ids=[" ".join(key) for key in ROUTES]
)


def test_every_route_is_declared_here():
    assert operations("/api/v1").keys() == ROUTES.keys()


@each_route
def test_route_answers_the_account_of_the_token(world, key, route):
    wanted = {kind: route.status(kind) for kind in KINDS}

    answered = {
        kind: world.call(
            Api.of(account), key, world.thing(account, route.thing), route=route
        )[0]
        for kind, account in world.accounts.items()
    }

    assert answered == wanted


@each_route
def test_route_is_closed_to_all_but_working_api_tokens(
    world, strangers, main, key, route
):
    pk, before = world.thing(main, route.thing), AuditEvent.objects.count()

    answers = {
        name: world.call(api, key, pk, route=route) for name, api in strangers.items()
    }

    assert answers == dict.fromkeys(strangers, UNAUTHENTICATED)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("key", WITH_THING, ids=" ".join)
def test_things_of_others_do_not_exist(world, key):
    """Not to a sibling or a child, or to another organisation."""
    route, missing = ROUTES[key], 2**31 - 1
    main = world.accounts["main"]
    before = AuditEvent.objects.count()

    for caller in [*world.accounts.values(), *world.others]:
        api = Api.of(caller)
        before += 1
        assert world.call(api, key, missing, route=route) == NOT_FOUND
        for owner, things in world.things.items():
            if caller.pk != owner and caller != main:
                pk = things[route.thing]
                assert world.call(api, key, pk, route=route) == NOT_FOUND

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("key", WITH_THING, ids=" ".join)
def test_main_account_reaches_its_children_as_far_as_they_are_accessible(world, key):
    route = ROUTES[key]
    api = Api.of(world.accounts["main"])
    opened, shut, foreign = (
        world.call(api, key, world.things[each.pk][route.thing], route=route)
        for each in world.others
    )

    assert opened[0] == route.status("main")
    assert foreign == NOT_FOUND
    assert shut == FORBIDDEN or (key in OPEN_TO_MAIN and shut[0] == opened[0])
