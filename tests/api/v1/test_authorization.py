"""Every route of our own API x everybody who may knock. One that is not here fails."""

import pytest
from django.db import transaction

from accounts.models import AuditEvent
from tests.api.calls import Api
from tests.api.routes import KINDS
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED
from tests.api.v1.routes import OPEN_TO_MAIN, ROUTES
from tests.api.world import operations
from tests.factories import ChildFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

NEAR = ("tracing", "metrics")
ABOUT_THINGS = {key: route for key, route in ROUTES.items() if route.thing}
MISSING = 2**31 - 1


@pytest.fixture
def call(world):
    """Call a route and take back what it did; one world is enough for all of them."""

    def calling(api, key, pk):
        with transaction.atomic():
            answer = world.call(api, key, pk, route=ROUTES[key])
            transaction.set_rollback(True)
        return answer

    return calling


def test_every_route_is_declared_here():
    assert operations("/api/v1").keys() == ROUTES.keys()


def test_routes_answer_the_account_of_the_token(world, call):
    apis = {account: Api.of(account) for account in world.accounts.values()}

    answered = {
        key: [
            call(api, key, world.thing(account, route.thing))[0]
            for account, api in apis.items()
        ]
        for key, route in ROUTES.items()
    }

    assert answered == {
        key: [route.status(kind) for kind in KINDS] for key, route in ROUTES.items()
    }


def test_routes_are_closed_to_all_but_working_api_tokens(
    world, strangers, call, main, settings
):
    settings.API_FAILURE_RATE = len(ROUTES) * len(strangers)
    before = AuditEvent.objects.count()

    answers = {
        (key, name): call(api, key, world.thing(main, route.thing))
        for key, route in ROUTES.items()
        for name, api in strangers.items()
    }

    assert answers == dict.fromkeys(answers, UNAUTHENTICATED)
    assert AuditEvent.objects.count() == before


def test_things_of_others_do_not_exist(world, call):
    """Not to a parent, a sibling or a child, or to another organisation."""
    callers = [*world.accounts.values(), *world.others]
    apis = {caller.pk: Api.of(caller) for caller in callers}
    main, before = world.accounts["main"].pk, AuditEvent.objects.count()

    answers = {
        (key, caller, owner): call(api, key, world.things[owner][route.thing])
        for key, route in ABOUT_THINGS.items()
        for caller, api in apis.items()
        for owner in world.things.keys() - {caller}
        if caller != main
    }
    missing = [call(apis[each], key, MISSING) for key in ABOUT_THINGS for each in apis]

    assert answers == dict.fromkeys(answers, NOT_FOUND)
    assert missing == [NOT_FOUND] * len(missing)
    assert AuditEvent.objects.count() == before


def test_main_account_reaches_its_children_as_far_as_they_are_accessible(world, call):
    api = Api.of(world.accounts["main"])

    for key, route in ABOUT_THINGS.items():
        opened, shut, foreign = (
            call(api, key, world.things[each.pk][route.thing]) for each in world.others
        )

        assert (key, opened[0]) == (key, route.status("main"))
        assert (key, foreign) == (key, NOT_FOUND)
        if key in OPEN_TO_MAIN:
            assert shut[0] == opened[0]
        else:
            assert (key, shut) == (key, FORBIDDEN)


# What the main account's token gets, by kind: in its own account or an open child.
ACTIONS = {
    ("GET", ""): {
        "api": 200,
        "logs": 200,
        "metrics": 200,
        "traces": 200,
        "shared": 200,
    },
    ("POST", "/reveal"): {"logs": 200, "metrics": 200, "traces": 200, "shared": 200},
    ("POST", "/rotate"): {"logs": 201, "metrics": 201, "traces": 201, "shared": 201},
    ("PATCH", ""): {"logs": 200, "metrics": 409, "traces": 409, "shared": 200},
    ("POST", "/disable"): {"logs": 200, "metrics": 409, "traces": 409, "shared": 200},
    ("DELETE", ""): {"logs": 204, "metrics": 409, "traces": 409, "shared": 204},
}


@pytest.fixture
def kinds(main, sub):
    """A token of each kind within the main account's reach."""
    tracing, metrics = (ChildFactory(main=main, kind=each) for each in NEAR)
    return {
        "api": TokenFactory(account=sub),
        "logs": TokenFactory(account=main, kind=Kind.LOGS),
        "metrics": metrics.tokens.get(),
        "traces": tracing.tokens.get(),
        "shared": ShareFactory(account=sub).token,
    }


@pytest.mark.parametrize("action", ACTIONS, ids=" ".join)
def test_what_is_done_with_tokens_of_each_kind(api, kinds, action):
    method, tail = action
    body = {"name": "new"} if method == "PATCH" else {}

    answers = {
        kind: api.call(method, f"/api/v1/tokens/{token.pk}{tail}", body)[0]
        for kind, token in kinds.items()
    }

    assert answers == {"api": 403} | ACTIONS[action]
