"""Every route of the API x everybody who may knock. A route that is not here fails."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from accounts.models import Account, AuditEvent, Organisation
from accounts.permissions import Relation, allows
from accounts.plans import Plan
from config.api import api as built
from tests.api.calls import FORBIDDEN, NOTHING, REQUEST_ID, Api
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.models import Token

KINDS = ("main", "sub", "metrics", "tracing", "security")
EVERYBODY = "200 200 200 200 200"
NO_TOKENS_THERE = "200 200 404 404 404"
NO_SHARES_THERE = "200 200 400 400 400"


@dataclass
class Route:
    """What the token of each kind of account gets in its own account.

    `thing` is what the path's id names: in an account that has none of its own, and
    for the routes of strangers, the id of another account's.
    """

    statuses: str
    body: object = NOTHING
    thing: str = ""
    unknown: int = 403

    def status(self, kind):
        return int(self.statuses.split()[KINDS.index(kind)])


LOGS = "/v1/log-shipping/tokens"
SHARED = "/v1/shared-tokens"
SEARCH = {"filter": {"enabled": True}}
SHARE = {"tokenName": "new", "filters": []}
FILTER = {"field": "new", "value": "new"}
# The id of a child is put in when there is one.
MINT = {"name": "new", "accountId": None}

ROUTES = {
    ("GET", "/v2/whoami"): Route(EVERYBODY),
    ("GET", "/v1/account-management/whoami"): Route(EVERYBODY),
    ("GET", "/v1/associated-accounts"): Route(EVERYBODY),
    ("POST", LOGS): Route("201 201 400 400 400", {"name": "new"}),
    ("GET", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, thing="log"),
    ("PUT", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, {"name": "new"}, "log"),
    ("DELETE", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, thing="log"),
    ("GET", f"{LOGS}/limits"): Route(EVERYBODY),
    ("POST", f"{LOGS}/search"): Route(EVERYBODY, SEARCH),
    ("GET", SHARED): Route(EVERYBODY),
    ("POST", SHARED): Route(NO_SHARES_THERE, SHARE),
    ("GET", f"{SHARED}/{{int:pk}}"): Route(NO_SHARES_THERE, thing="share"),
    ("PUT", f"{SHARED}/{{int:pk}}"): Route(NO_SHARES_THERE, {"filters": []}, "share"),
    ("DELETE", f"{SHARED}/{{int:pk}}"): Route("204 204 400 400 400", thing="share"),
    ("GET", f"{SHARED}/filters"): Route(EVERYBODY),
    ("POST", f"{SHARED}/filters"): Route(NO_SHARES_THERE, FILTER),
    ("GET", f"{SHARED}/filters/{{int:pk}}"): Route(NO_SHARES_THERE, thing="filter"),
    ("DELETE", f"{SHARED}/filters/{{int:pk}}"): Route(NO_SHARES_THERE, thing="filter"),
    ("POST", "/v1/api-tokens/sub-account"): Route(
        "200 403 403 403 403", MINT, unknown=401
    ),
}
WITH_THING = {key: route for key, route in ROUTES.items() if route.thing}

each_route = pytest.mark.parametrize(
    ("key", "route"), ROUTES.items(), ids=[" ".join(key) for key in ROUTES]
)


def operations():
    """Return the endpoints that exist, by method and path."""
    return {
        (method, path): operation
        for router in built._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


class World:
    """Accounts of every kind, each with one of everything that it can have."""

    def __init__(self, main):
        self.accounts = {"main": main} | {
            kind: ChildFactory(main=main, kind=kind) for kind in KINDS[1:]
        }
        self.others = [
            ChildFactory(main=main),
            ChildFactory(main=main, accessible=False, searchable=False),
            MainFactory(),
        ]
        owners = [self.accounts["main"], self.accounts["sub"], *self.others]
        self.things = {account.pk: self._one_of_each(account) for account in owners}

    def _one_of_each(self, account):
        narrowing = FilterFactory(account=account)
        return {
            "log": TokenFactory(account=account, kind=Kind.LOGS).pk,
            "share": ShareFactory(account=account, filters=[narrowing]).pk,
            "filter": narrowing.pk,
        }

    def thing(self, account, name):
        own = self.things.get(account.pk, self.things[self.accounts["main"].pk])
        return own.get(name)

    def call(self, api, key, pk=None):
        method, path = key
        body = ROUTES[key].body
        if body is MINT:
            body = MINT | {"accountId": self.others[0].pk}
        return api.call(method, path.replace("{int:pk}", str(pk)), body)


@pytest.fixture
def world(main):
    return World(main)


@pytest.fixture
def strangers(world, main, admin):
    """Callers without a credential that opens the API right now."""
    person = Api(None)
    person.client.force_login(admin)
    return {
        "nobody": Api(None),
        "nonsense": Api("nonsense"),
        "a foreign token": Api("c498fbc3-a3ac-4676-ad09-689854b5cbbd"),
        "a person": person,
        "a log token": Api.of(main, kind=Kind.LOGS),
        "a metrics token": Api(_rotated(world.accounts["metrics"])),
        "a tracing token": Api(_rotated(world.accounts["tracing"])),
        "a shared token": Api(ShareFactory(account=main).secret_text),
        "a gateway": Api.of(None, kind=Kind.GATEWAY),
        "a disabled token": Api(_stopped(main, "disabled_at")),
        "a deleted token": Api(_stopped(main, "deleted_at")),
        "an expired token": Api(_stopped(main, "expires_at")),
        "a suspended account": Api(_of_account(suspended_at=timezone.now())),
        "a suspended organisation": Api(_of_organisation(suspended_at=timezone.now())),
        "a plan without API": Api(_of_organisation(plan=Plan.COMMUNITY)),
    }


def _rotated(account):
    """Return the text of an account's single token, which nobody has seen."""
    return account.tokens.get().rotate(by=BY).reveal()


def _stopped(account, field):
    token = TokenFactory(account=account)
    Token.objects.filter(pk=token.pk).update(**{field: timezone.now()})
    return token.secret_text


def _of_account(**fields):
    token = TokenFactory(account=ChildFactory())
    Account.objects.filter(pk=token.account_id).update(**fields)
    return token.secret_text


def _of_organisation(**fields):
    token = TokenFactory()
    Organisation.objects.filter(pk=token.organisation_id).update(**fields)
    return token.secret_text


def test_every_route_is_declared_here():
    assert operations().keys() == ROUTES.keys()


@each_route
def test_route_asks_for_a_token_and_says_what_it_needs(key, route):
    operation = operations()[key]

    assert operation.auth_callbacks
    assert operation.view_func.operations


@each_route
def test_route_answers_the_account_of_the_token(world, key, route):
    wanted = {kind: route.status(kind) for kind in KINDS}

    answered = {
        kind: world.call(Api.of(account), key, world.thing(account, route.thing))[0]
        for kind, account in world.accounts.items()
    }

    assert answered == wanted


@each_route
def test_route_follows_the_policy(world, key, route):
    needed = operations()[key].view_func.operations

    for kind, account in world.accounts.items():
        allowed = all(allows({Relation.TOKEN}, each, account) for each in needed)
        assert allowed == (route.status(kind) != 403)


@each_route
def test_route_is_closed_to_all_but_working_api_tokens(
    world, strangers, main, key, route
):
    refused = route.unknown, {"message": "Insufficient privileges"}
    wanted = FORBIDDEN if route.unknown == 403 else refused
    pk, before = world.thing(main, route.thing), AuditEvent.objects.count()

    answers = {name: world.call(api, key, pk) for name, api in strangers.items()}

    assert answers == dict.fromkeys(strangers, wanted)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("key", WITH_THING, ids=" ".join)
def test_things_of_other_accounts_do_not_exist(world, key):
    """Not to the parent, a sibling or a child, open or shut, or another organisation."""
    name, missing = WITH_THING[key].thing, 2**31 - 1
    callers = [*world.accounts.values(), *world.others]
    before = AuditEvent.objects.count()

    for caller in callers:
        api = Api.of(caller)
        before += 1
        status, unknown = world.call(api, key, missing)
        for owner, things in world.things.items():
            if owner != caller.pk:
                told = world.call(api, key, things[name])
                assert told == (status, _about(unknown, missing, things[name]))

    assert AuditEvent.objects.count() == before


def _about(body, missing, pk):
    """Return the body of an answer about one id as it reads about another."""
    message = body["message"].replace(str(missing), str(pk))
    replaced = body | {"message": message}
    return replaced | ({"requestId": REQUEST_ID} if "requestId" in body else {})
