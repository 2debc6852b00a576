"""Accounts of every kind with one of everything, and callers whom the API keeps out."""

import re
from datetime import timedelta

from django.utils import timezone

from accounts.lifecycle import edit_account
from accounts.models import Account, Organisation, Role
from accounts.plans import Plan
from config.api import api as built
from sharing.models import Filter, SharedView
from tests.api.calls import Api
from tests.api.routes import KINDS, MINT, OWNER, THING
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    MembershipFactory,
    SharedViewFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tokens.kinds import SHIPPED_TO, Kind
from tokens.models import Token

INSIDE = {"{int:filter_pk}": Filter, "{int:view_pk}": SharedView}


def operations(start):
    """Return the endpoints whose path starts so, by method and path."""
    return {
        (method, path): operation
        for router in built._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
        if path.startswith(start)
    }


class World:
    """Accounts of every kind, each with one of everything that it can have."""

    def __init__(self):
        main = MainFactory(name="Acme", is_consumption=True, warm_tier=True)
        edit_account(main, by=BY, snap_search_retention_days=30)
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
        self.tracing = {
            each.organisation_id: each.pk
            for each in (
                self.accounts["tracing"],
                ChildFactory(main=self.others[2], kind="tracing"),
            )
        }
        # Accounts that nobody calls from, to be deleted.
        self.spare = {
            main.organisation_id: ChildFactory(main=main).pk
            for main in (self.accounts["main"], self.others[2])
        }
        owners = [self.accounts["main"], self.accounts["sub"], *self.others]
        self.things = {account.pk: self._one_of_each(account) for account in owners}
        callers = [*self.accounts.values(), *self.others]
        self.apis = {account.pk: Api.of(account) for account in callers}

    def _one_of_each(self, account):
        narrowing = FilterFactory(account=account)
        return {
            "log": TokenFactory(account=account, kind=Kind.LOGS).pk,
            "rotating": _rotating(account).pk,
            "deleted": _deleted(account).pk,
            "share": ShareFactory(account=account, filters=[narrowing]).pk,
            "filter": narrowing.pk,
            "view": SharedViewFactory(account=account).pk,
            "account": account.pk,
            "metrics": self.metrics[account.organisation_id],
            "tracing": self.tracing[account.organisation_id],
            "spare": self.spare[account.organisation_id],
            "person": MembershipFactory(account=account, role=Role.USER).user.pk,
        }

    def thing(self, account, name):
        own = self.things.get(account.pk, self.things[self.accounts["main"].pk])
        return own.get(name)

    def call(self, api, key, pk=None, *, route):
        """Call a route about a thing; return the status and the JSON of the answer."""
        method, path = key
        body = route.body
        if body is MINT:
            body = MINT | {"accountId": self.others[0].pk}
        if isinstance(body, dict):
            body = {name: pk if it is THING else it for name, it in body.items()}
        return api.call(method, self._path(path, pk), body)

    def _path(self, path, pk):
        for name, model in INSIDE.items():
            if name in path:
                # The path names the account of such a thing, too.
                owner = model.objects.filter(pk=pk).values_list("account", flat=True)
                path = path.replace("{int:pk}", str(owner.first() or 0))
        return re.sub(r"\{int:\w+\}", str(pk), path)


def strangers_to(world):
    main, person = world.accounts["main"], Api(None)
    person.client.force_login(MembershipFactory(account=main).user)
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


def _rotating(account):
    token = TokenFactory(account=account, kind=Kind.LOGS)
    token.rotate(by=BY, overlap=timedelta(hours=1))
    return token


def _deleted(account):
    token = TokenFactory(account=account, kind=Kind.LOGS)
    token.delete_softly(by=BY)
    return token


def _rotated(account):
    """Return the text of an account's single token, which nobody has seen."""
    token = account.tokens.get(kind=SHIPPED_TO[account.kind])
    return token.rotate(by=BY).reveal()


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
