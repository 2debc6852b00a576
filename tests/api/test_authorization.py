"""Every route of the API x everybody who may knock. A route that is not here fails."""

import pytest
from django.utils import timezone

from accounts.models import Account, AuditEvent, Organisation, Role
from accounts.permissions import Relation, allows
from accounts.plans import Plan
from config.api import api as built
from tests.api.calls import FORBIDDEN, REQUEST_ID, Api
from tests.api.routes import KINDS, MINT, OWNER, ROUTES, THING
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tokens.kinds import Kind
from tokens.models import Token

# The policy is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

WITH_THING = [key for key, route in ROUTES.items() if route.thing]

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
        MembershipFactory(account=main, user=UserFactory(email=OWNER))
        self.metrics = {
            each.organisation_id: each.pk
            for each in (
                self.accounts["metrics"],
                ChildFactory(main=self.others[2], kind="metrics"),
            )
        }
        owners = [self.accounts["main"], self.accounts["sub"], *self.others]
        self.things = {account.pk: self._one_of_each(account) for account in owners}

    def _one_of_each(self, account):
        narrowing = FilterFactory(account=account)
        return {
            "log": TokenFactory(account=account, kind=Kind.LOGS).pk,
            "share": ShareFactory(account=account, filters=[narrowing]).pk,
            "filter": narrowing.pk,
            "account": account.pk,
            "metrics": self.metrics[account.organisation_id],
            "person": MembershipFactory(account=account, role=Role.USER).user.pk,
        }

    def thing(self, account, name):
        own = self.things.get(account.pk, self.things[self.accounts["main"].pk])
        return own.get(name)

    def call(self, api, key, pk=None):
        method, path = key
        body = ROUTES[key].body
        if body is MINT:
            body = MINT | {"accountId": self.others[0].pk}
        if isinstance(body, dict):
            body = {name: pk if it is THING else it for name, it in body.items()}
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
    """Not to a sibling or a child, open or shut, or another organisation.

    Nor to the parent, unless the route says that it reaches them.
    """
    route, missing = ROUTES[key], 2**31 - 1
    callers = [*world.accounts.values(), *world.others]
    before = AuditEvent.objects.count()

    for caller in callers:
        api = Api.of(caller)
        before += 1
        status, unknown = world.call(api, key, missing)
        for owner, things in world.things.items():
            if owner != caller.pk and not _is_reached(route, caller, owner):
                pk = things[route.thing]
                told = world.call(api, key, pk)
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
