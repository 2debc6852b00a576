"""Every route of both APIs x tokens that are kept to networks: inside, and elsewhere."""

import pytest
from django.db import transaction

from accounts.models import AuditEvent
from tests.api.calls import Api
from tests.api.scopes import ROUTES

# The check is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

SENTENCE = "This token is kept to networks, and your address is in none of them."


def answers(world, networks):
    """Return what a token of the main account, kept to networks, is answered anywhere."""
    main = world.accounts["main"]
    api, answered = Api.of(main, networks=networks), {}
    for key, route in ROUTES.items():
        with transaction.atomic():
            thing = world.thing(main, route.thing)
            answered[key] = world.call(api, key, thing, route=route)
            transaction.set_rollback(True)
    return answered


def test_inside_every_route_answers_as_without_networks(world):
    answered = answers(world, ["127.0.0.0/8"])

    assert {key: status for key, (status, _) in answered.items()} == {
        key: route.status("main") for key, route in ROUTES.items()
    }


def test_elsewhere_no_route_answers_and_each_says_why(world, settings):
    settings.API_FAILURE_RATE = 10_000
    before = AuditEvent.objects.count()

    answered = answers(world, ["203.0.113.0/24"])

    said = {
        key: (status, body.get("detail") or body["message"])
        for key, (status, body) in answered.items()
    }
    assert said == dict.fromkeys(ROUTES, (403, SENTENCE))
    # That of the token alone.
    assert AuditEvent.objects.count() == before + 1
