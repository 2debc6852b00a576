"""Every route of both APIs x tokens that are kept to scopes or accounts."""

import json
import re

import pytest
from django.db import transaction

from accounts.permissions import SCOPE_OF
from accounts.scopes import SCOPES, covers
from config.api_wording import scopes
from tests.api.calls import Api
from tests.api.scopes import NEEDS, READS_BY_POST, ROUTES
from tests.api.world import operations
from tests.installation import PROJECT

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

SECRET = re.compile("tg[a-z]_[0-9A-Za-z]{49}")
SCOPED = {key: needed.split() for key, (needed, _) in NEEDS.items() if needed}


@pytest.fixture
def call(world):
    """Call a route about a thing of an account, and take back what it did."""

    def calling(api, key, account):
        route = ROUTES[key]
        with transaction.atomic():
            thing = world.thing(account, route.thing)
            answer = world.call(api, key, thing, route=route)
            transaction.set_rollback(True)
        return answer

    return calling


@pytest.fixture
def of_main(world):
    """Return calls of the main account with tokens that are kept to scopes, each once."""
    known = {}

    def of_main(scopes):
        if scopes not in known:
            known[scopes] = Api.of(world.accounts["main"], scopes=scopes)
        return known[scopes]

    return of_main


def lacking(*needed):
    """Return all scopes together that hold none of some."""
    return " ".join(s for s in SCOPES if not any(covers(s, each) for each in needed))


def test_every_route_is_declared_here():
    assert NEEDS.keys() == ROUTES.keys()


def test_every_route_asks_for_the_scope_that_is_declared():
    views = {key: each.view_func for key, each in operations("/").items()}
    asked = {
        key: {SCOPE_OF[each] for each in (*views[key].operations, *views[key].there)}
        for key in ROUTES
    }

    assert {key: set(needed) - asked[key] for key, needed in SCOPED.items()} == (
        dict.fromkeys(SCOPED, frozenset())
    )
    assert {key for key in ROUTES if asked[key] <= {"any", "-"}} == (
        ROUTES.keys() - SCOPED
    )


def test_what_changes_something_needs_a_scope_that_writes():
    reading = {key for key in ROUTES if key[0] == "GET" or key in READS_BY_POST}
    changing = {key: needed for key, needed in SCOPED.items() if key not in reading}

    assert changing.keys() == ROUTES.keys() - reading
    assert all(
        each.endswith(":write") for needed in changing.values() for each in needed
    )


def test_the_scope_of_a_route_is_enough(world, call, of_main):
    main = world.accounts["main"]

    answered = {
        (key, scope): call(of_main(scope), key, main)[0]
        for key, needed in SCOPED.items()
        for scope in needed
    }

    assert answered == {
        (key, scope): ROUTES[key].status("main") for key, scope in answered
    }


def test_all_other_scopes_are_not_enough(world, call, of_main):
    main = world.accounts["main"]

    answered = {
        key: call(of_main(lacking(*needed)), key, main)
        for key, needed in SCOPED.items()
    }

    for key, needed in SCOPED.items():
        status, body = answered[key]
        assert (key, status) == (key, 403)
        said = body.get("detail") or body["message"]
        start, _, named = said.rstrip(".").partition(" lacks the scope ")
        assert start.removeprefix("Insufficient privileges: ") == "This API token"
        assert set(needed) & set(re.split(", | or ", named))
        assert set(re.split(", | or ", named)) <= set(SCOPES)


def test_a_token_that_reads_changes_nothing_and_learns_no_secret(world, call, of_main):
    main, reader = world.accounts["main"], of_main("read")

    answered = {key: call(reader, key, main) for key in ROUTES}

    for key, (status, body) in answered.items():
        may = not SCOPED.get(key) or SCOPED[key][0].endswith(":read")
        assert (key, status) == (key, ROUTES[key].status("main") if may else 403)
        assert not SECRET.search(json.dumps(body))


def test_elsewhere_than_in_its_accounts_a_token_does_nothing(world, call):
    main, sub = world.accounts["main"], world.accounts["sub"]
    kept = Api.of(main, accounts=[sub.pk])

    answered = {key: call(kept, key, main)[0] for key in ROUTES}

    assert answered == {key: status for key, (_, status) in NEEDS.items()}


def test_in_its_accounts_a_token_does_what_the_main_account_s_do(world, call):
    main, sub = world.accounts["main"], world.accounts["sub"]
    kept, free = Api.of(main, accounts=[sub.pk]), Api.of(main)
    near = {
        key
        for key, route in ROUTES.items()
        if route.near and route.thing not in ("metrics", "tracing", "spare")
    }

    answered = {key: (call(kept, key, sub)[0], call(free, key, sub)[0]) for key in near}

    assert {key for key, (one, other) in answered.items() if one != other} == set()


def in_words(key):
    """Return what a route needs, as docs/api.md has it."""
    said = scopes(operations("/")[key].view_func)
    return " or ".join(f"`{each}`" for each in said) or "any token"


def test_the_paper_has_the_scope_of_each_route():
    paper = (PROJECT / "docs" / "api.md").read_text()
    wanted = [
        f"| `{method} {path.replace('int:', '').replace('pk}', 'id}')}` | {in_words(key)} |"
        for key in ROUTES
        for method, path in [key]
    ]

    table = [line for line in paper.splitlines() if re.match(r"\| `[A-Z]+ /", line)]

    assert sorted(table) == sorted(wanted)


def test_the_paper_and_the_document_say_what_the_walk_finds():
    views = {key: each.view_func for key, each in operations("/").items()}

    told = {key: set(scopes(views[key])) for key in ROUTES}

    assert {
        key for key, needed in SCOPED.items() if not {*needed} <= told[key]
    } == set()
    assert {key for key in ROUTES if not told[key]} == ROUTES.keys() - SCOPED
