"""What a route asks the policy is what the document says that it needs."""

import pytest
from django.db import transaction

from accounts import permissions
from tests.api.routes import ROUTES
from tests.api.v1.routes import ROUTES as OWN_ROUTES
from tests.api.world import operations

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

ALL = ROUTES | OWN_ROUTES


class Noting(dict):
    """The policy, which notes what it was asked."""

    def __init__(self, policy):
        super().__init__(policy)
        self.asked = set()

    def __getitem__(self, operation):
        self.asked.add(operation)
        return super().__getitem__(operation)


@pytest.fixture
def asked(world, monkeypatch):
    """Return what the policy is asked when main and a child call a route."""

    def asked(key):
        route, policy = ALL[key], Noting(permissions.POLICY)
        monkeypatch.setattr(permissions, "POLICY", policy)
        for account in (world.accounts["main"], world.accounts["sub"]):
            thing = world.thing(account, route.thing)
            with transaction.atomic():
                world.call(world.apis[account.pk], key, thing, route=route)
                transaction.set_rollback(True)
        return policy.asked

    return asked


def test_routes_ask_for_nothing_that_the_document_leaves_out(asked):
    views = {key: each.view_func for key, each in operations("/").items()}

    silent = {
        key: asked(key) - {*views[key].operations, *views[key].there} for key in ALL
    }

    assert {key: names for key, names in silent.items() if names} == {}
