"""What the walk over all routes walks through: accounts, all they hold, and people."""

import time

from django.test import Client

from accounts.identity.providers import add_provider
from accounts.lifecycle import delete_account
from accounts.models import Role
from accounts.relations import Relation
from accounts.web.middleware import SEEN
from gateway.models import Webhook
from tests import authorization_routes as declared
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
from tests.gateway.uses import refuse
from tokens.kinds import Kind

BULK_JOBS = {f"tokens:bulk_{verb}" for verb in ("job", "start", "stop", "undo")}
# What else than the account a route names.
NEEDS = {
    "deleted": {"tokens:restore", "gateway:revive", "gateway:dismiss"},
    "share": {
        f"sharing:{name}"
        for name in ("edit", "edit_preview", "see_as_visitor", "link", "code")
    },
    "view": {f"sharing:view_{verb}" for verb in ("edit", "delete", "up", "down")},
    "filter": {"sharing:filter_edit", "sharing:filter_delete"},
    "member": {
        f"accounts:user_{verb}"
        for verb in (
            *("role", "suspend", "unsuspend", "remove"),
            *("invite", "reset", "reset_factors", "sign_out"),
        )
    },
    "group": {"accounts:group_remove", "accounts:group_confirm"},
    "job": BULK_JOBS,
}


class World:
    """One organisation with an open and a shut child, a stranger, and all that is in them."""

    def __init__(self):
        self.main = MainFactory(name="Main")
        self.open = ChildFactory(main=self.main, name="Open")
        self.shut = ChildFactory(main=self.main, name="Shut", accessible=False)
        self.other = MainFactory(name="Other")
        self.accounts = [self.main, self.open, self.shut]
        self.things = {account.pk: self.fill(account) for account in self.accounts}
        self.gateway = TokenFactory(account=None, kind=Kind.GATEWAY)
        self.scanner = TokenFactory(account=None, kind=Kind.SCANNER)
        # Nobody listens there, and nobody waits for it.
        self.provider = add_provider(
            organisation=None,
            by=BY,
            domains=[],
            slug="sso",
            name="SSO",
            issuer="http://127.0.0.1:9",
            client_id="tollgate",
            secret="x",
        )
        self.gone = ChildFactory(main=self.main, name="Gone")
        delete_account(self.gone, by=BY)
        self.principals = self.everybody()
        # What is no account's is answered to each of them once.
        each = {user.pk: (user, relation) for user, _, relation in self.principals}
        self.people = [*each.values()]

    def fill(self, account):
        tokens = [
            TokenFactory(account=account, kind=kind) for kind in (Kind.API, Kind.LOGS)
        ]
        share = ShareFactory(account=account)
        deleted = TokenFactory(account=account)
        deleted.delete_softly(by=BY)
        refuse(deleted)
        Webhook.add(account, "https://192.0.2.1/", by=BY)
        member = MembershipFactory(account=account, role=Role.USER)
        return {
            "tokens": [*tokens, share.token],
            "deleted": deleted.pk,
            "share": share.token.pk,
            "filter": FilterFactory(account=account).pk,
            "view": SharedViewFactory(account=account).pk,
            "member": member.pk,
            "group": account.group_roles.create(group="platform").pk,
            "job": 1,
        }

    def everybody(self):
        """Return (who, account, relation), one for each column of the matrix and more."""
        own_admin, own_member = (
            self.person(self.open),
            self.person(self.open, Role.USER),
        )
        main_admin, main_member = (
            self.person(self.main),
            self.person(self.main, Role.USER),
        )
        read_only = self.person(self.open, Role.READ_ONLY)
        stranger = self.person(self.other)
        staff = signed_in(UserFactory(is_staff=True))
        return [
            (own_member, self.open, Relation.MEMBER),
            (read_only, self.open, Relation.MEMBER),
            (own_admin, self.open, Relation.ADMIN),
            (main_admin, self.main, Relation.ADMIN),
            (main_member, self.main, Relation.MEMBER),
            (main_admin, self.open, Relation.MAIN_ADMIN),
            (main_admin, self.shut, Relation.MAIN_ADMIN_SHUT),
            (main_member, self.open, Relation.MAIN_MEMBER),
            (main_member, self.shut, Relation.MAIN_MEMBER_SHUT),
            (staff, self.main, Relation.STAFF),
            (staff, self.open, Relation.STAFF),
            (own_admin, self.main, None),
            (own_admin, self.shut, None),
            (stranger, self.open, None),
            (stranger, self.main, None),
        ]

    def person(self, account, role=Role.ADMIN):
        return signed_in(MembershipFactory(account=account, role=role).user)

    def arguments(self, name, account):
        """Return the lists of arguments that a route can be asked with in an account."""
        things = self.things[account.pk]
        if name in declared.TOKEN and name != "tokens:restore":
            return [[account.pk, token.pk] for token in things["tokens"]]
        thing = next((key for key, names in NEEDS.items() if name in names), None)
        return [[account.pk, things[thing]] if thing else [account.pk]]

    def token(self, account, arguments):
        """Return the token that arguments name, if they name one."""
        return account.tokens.filter(pk=arguments[-1]).first()


def signed_in(user):
    """Give a person a session, as a browser has it; `user.session` is its cookie.

    Its use is noted for the hour to come. A walk takes back what a request did, so each
    would note it again.
    """
    client = Client()
    client.force_login(user)
    session = client.session
    session[SEEN] = int(time.time()) + 3600
    session.save()
    user.session = session.cookie
    return user
