"""Schemathesis, as every kind of caller, finds nothing that the document does not say.

`make fuzz EXAMPLES=200` asks for much more of it than `make test` does.
"""

import logging
import os

import pytest

from tests.api import fuzzing
from tests.api.routes import OWNER
from tests.api.world import operations

# The document is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
CALLERS = (
    *("main", "sub", "metrics", "tracing", "security"),
    *("nobody", "a log token"),
)
HEADERS = {"a gateway": "X-Tollgate-Gateway"}
INTROSPECTION = "/gateway/introspect"
# What main's token cannot do with the things that the examples name.
NOT_DONE = {
    ("POST", INTROSPECTION),
    ("POST", "/leaks"),
    ("POST", "/api/v1/tokens/{int:pk}/restore"),
    # Nobody signs in by a provider.
    ("POST", "/v1/authentication/groups"),
    # The address in the example is somebody else's.
    ("PUT", "/v1/user-management/{int:pk}"),
}
quick = pytest.mark.skipif(EXAMPLES > 0, reason="make fuzz does more")
thorough = pytest.mark.skipif(EXAMPLES == 0, reason="only make fuzz has the time")


@pytest.fixture
def find(monkeypatch, settings, caplog, world, strangers):
    """Return what somebody finds wrong with some paths."""
    caplog.set_level(logging.CRITICAL, "django.request")
    settings.API_RATE = settings.LOGZIO_API_RATE = settings.API_FAILURE_RATE = 10**9
    fuzzing.send_in_process(monkeypatch)
    known = {pk for things in world.things.values() for pk in things.values()}

    def find(who, paths, phases, examples=1):
        account = world.accounts.get(who)
        api = world.apis[account.pk] if account else strangers[who]
        headers = {HEADERS.get(who, name): text for name, text in api.headers.items()}
        how = fuzzing.settings(
            headers,
            phases,
            sorted(known),
            **{"max-examples": examples, "deterministic": EXAMPLES == 0},
        )
        described = fuzzing.document(paths, real_for(world, account))
        with fuzzing.application() as app:
            found = fuzzing.found(app, described, how)
        find.done = app.done
        return found

    return find


def real_for(world, account):
    """Return what really is there in place of what stands in the examples."""
    children, owner = world.accounts, account or world.accounts["main"]
    return {
        1042: children["sub"].pk,
        1043: world.others[0].pk,
        1044: children["metrics"].pk,
        1045: children["tracing"].pk,
        77: world.thing(owner, "log"),
        78: world.thing(owner, "share"),
        7: world.thing(children["sub"], "person"),
        5: world.thing(owner, "filter"),
        6: world.thing(children["sub"], "filter"),
        9: world.thing(children["sub"], "view"),
        "dana@acme.example": OWNER,
    }


@quick
def test_examples_of_the_document_work(find):
    assert find("main", fuzzing.paths(), ["examples"]) == []
    assert operations("/").keys() - find.done == NOT_DONE


@quick
@pytest.mark.parametrize("who", CALLERS)
def test_nobody_finds_a_border_that_is_wrong(find, who):
    """All callers together go over every path once."""
    some = fuzzing.paths()[CALLERS.index(who) :: len(CALLERS)]

    assert find(who, some, ["coverage"]) == []


@quick
def test_gateway_finds_nothing_wrong(find):
    assert find("a gateway", [INTROSPECTION], ["coverage", "fuzzing"], 5) == []


@thorough
@pytest.mark.parametrize("who", [*CALLERS, "a gateway"])
def test_nobody_finds_anything_wrong(find, who):
    assert find(who, fuzzing.paths(), fuzzing.PHASES, EXAMPLES) == []
