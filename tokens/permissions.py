"""The rights of a token, and the accounts that it reaches right now."""

import enum
from functools import partial

from django.db.models import Q
from django.utils import timezone

from accounts.clock import clock
from accounts.forms.pickers import in_order
from accounts.models import Account, AccountKind, Membership, Role
from accounts.models.accounts import APART, administered_through
from accounts.models.memberships import WORD_HOLDS
from accounts.permissions import Operation
from accounts.prepared import Prepared
from accounts.relations import Relation
from tokens.kinds import Kind
from tokens.least_privilege import ids_in
from tokens.networks import holds
from tokens.states import STOPPED_STATES, why_stopped_outside

MOST_NAMED = 100
READABLE_FROM_MAIN = (AccountKind.METRICS, AccountKind.TRACING)
# What is done to a token, by the words of its pages and of the API.
API = {
    "list": Operation.API_LIST,
    "view": Operation.API_VIEW,
    "reveal": Operation.API_REVEAL,
    "create": Operation.API_CREATE,
    "rename": Operation.API_RENAME,
    "note": Operation.API_NOTE,
    "enable": Operation.API_ENABLE,
    "disable": Operation.API_DISABLE,
    "delete": Operation.API_DELETE,
    "rotate": Operation.API_ROTATE,
    "expiry": Operation.API_EXPIRY,
    "restrict": Operation.API_RESTRICT,
    "narrow": Operation.API_NARROW,
}
SHIP = {
    "list": Operation.SHIP_LIST,
    "view": Operation.SHIP_VIEW,
    "reveal": Operation.SHIP_REVEAL,
    "create": Operation.SHIP_CREATE,
    "rename": Operation.SHIP_RENAME,
    "note": Operation.SHIP_NOTE,
    "enable": Operation.SHIP_ENABLE,
    "disable": Operation.SHIP_DISABLE,
    "delete": Operation.SHIP_DELETE,
    "rotate": Operation.SHIP_ROTATE,
    "expiry": Operation.SHIP_EXPIRY,
    "restrict": Operation.SHIP_RESTRICT,
    "narrow": Operation.SHIP_RESTRICT,
}
SHARED = {
    "list": Operation.SHARED_LIST,
    "view": Operation.SHARED_VIEW,
    "reveal": Operation.SHARED_REVEAL,
    "create": Operation.SHARED_CREATE,
    "rename": Operation.SHARED_RENAME,
    "note": Operation.SHARED_NOTE,
    "enable": Operation.SHARED_ENABLE,
    "disable": Operation.SHARED_DISABLE,
    "delete": Operation.SHARED_DELETE,
    "rotate": Operation.SHARED_ROTATE,
    "expiry": Operation.SHARED_EXPIRY,
    "restrict": Operation.SHARED_RESTRICT,
    "narrow": Operation.SHARED_RESTRICT,
    "filters": Operation.SHARED_FILTERS,
    "link": Operation.SHARED_LINK,
}
OPERATIONS = {
    Kind.API: API,
    Kind.LOGS: SHIP,
    Kind.METRICS: SHIP,
    Kind.TRACES: SHIP,
    Kind.SHARED: SHARED,
}


def operation(kind, verb):
    """Return the matrix row for a verb on a kind of token, such as SHIP_RENAME."""
    return OPERATIONS[kind][verb]


def visible_to_main_admin(main, user):
    """Return the accounts whose tokens a person sees from the main account's page."""
    accounts = main.organisation.accounts.not_deleted()
    if user.is_staff:
        return accounts
    return accounts.filter(pk__in=Account.objects.administered_by(user).values("pk"))


def in_view(account, user):
    """Return the accounts whose tokens a person sees from an account's own pages.

    From the main account's these are all that the person oversees.
    """
    if account.is_main:
        return visible_to_main_admin(account, user)
    return Account.objects.filter(pk=account.pk)


class Sight:
    """The tokens, and their accounts, that a person sees from an account's own pages.

    Where few accounts of the organisation are out of sight they are named, as `hidden`: all
    the other tokens can then be counted without a look at each.
    """

    def __init__(self, account, user):
        self._account, self._user = account, user
        self.hidden = _hidden_from(account, user) if account.is_main else None

    @property
    def accounts(self):
        """Return the accounts."""
        if self.hidden is None:
            return in_view(self._account, self._user)
        accounts = self._account.organisation.accounts.not_deleted()
        return accounts.exclude(pk__in=self.hidden) if self.hidden else accounts

    @property
    def first(self):
        """Return what reads so many of the accounts, or None where it takes a query."""
        if self.hidden is None:
            return None
        return partial(_first_but, self._account.organisation_id, self.hidden)

    @property
    def condition(self):
        """Return the condition of tokens of the organisation that are seen."""
        if self.hidden is None:
            return Q(account__in=self.accounts)
        return ~Q(account__in=self.hidden) if self.hidden else Q()


def _first_but(organisation_id, hidden, limit):
    return _SHOWN.rows(organisation_id, *hidden, limit, 0)


def _shown(organisation, *hidden):
    """Return the query for accounts as they are shown, but for some."""
    # One by one, since a list of them takes no places for values.
    seen = [~Q(pk=each) for each in hidden]
    accounts = Account.objects.filter(*seen, organisation=organisation)
    return in_order(accounts.not_deleted())


_SHOWN = Prepared(_shown, paged=True)


def _hidden_from(main, user):
    """Return the ids of accounts whose tokens a person does not see, unless they are many."""
    heard = timezone.now() - WORD_HOLDS
    person = main.organisation_id, user.pk, heard
    sees_all = user.is_staff or _is_admin(main) or _is_admin_of_all(*person)
    hidden = HIDDEN[user.is_staff, sees_all]
    found = hidden.rows(*person, MOST_NAMED + 1, 0)
    return [pk for [pk] in found] if len(found) <= MOST_NAMED else None


def _is_admin(main):
    """Whether who looks at a main account is known to be an admin of it."""
    return Relation.ADMIN in getattr(main, "relations", ())


def _is_admin_of_all(*person):
    return _ADMIN_OF_ALL.first(*person) is not None


def _own(user, heard):
    return Membership.objects.active().heard_since(heard).filter(user=user)


def _admin_of_all(organisation, user, heard):
    """Return the query for what makes a person an admin of a whole organisation."""
    admin = _own(user, heard).filter(role=Role.ADMIN, account__kind=AccountKind.MAIN)
    return admin.filter(account__organisation=organisation).values_list("pk")


_ADMIN_OF_ALL = Prepared(_admin_of_all)


def _others(seen, among):
    """Return a query for ids of accounts, given the condition of those that a person sees.

    `among` is a condition that all accounts have that are not seen.
    """

    def build(organisation, user, heard):
        accounts = Account.objects.filter(among, organisation=organisation)
        return accounts.exclude(seen(user, heard)).order_by().values_list("pk")

    return Prepared(build, paged=True)


def _administered(user, heard):
    return administered_through(_own(user, heard))


# By whether somebody is of the staff, and whether they oversee the whole organisation.
HIDDEN = {
    (True, True): _others(lambda *_: Q(deleted_at=None), among=APART),
    (False, True): _others(_administered, among=APART),
    (False, False): _others(_administered, among=Q()),
}


class Use(enum.Enum):
    """The uses of a token."""

    API = "call the HTTP API"
    SHIP_LOGS = "ship logs"
    SHIP_METRICS = "ship metrics"
    SHIP_TRACES = "ship traces"
    READ_SHARED = "read what is shared"
    ASK = "ask about tokens"
    REPORT = "report tokens that were found"


USES = {
    Kind.API: {Use.API},
    Kind.LOGS: {Use.SHIP_LOGS},
    Kind.METRICS: {Use.SHIP_METRICS},
    Kind.TRACES: {Use.SHIP_TRACES},
    Kind.SHARED: {Use.READ_SHARED},
    Kind.GATEWAY: {Use.ASK},
    Kind.SCANNER: {Use.REPORT},
}


# Why a token that works is refused to some callers, or for a while.
OTHER_NETWORK, TOO_MANY_CALLS = "other_network", "too_many_calls"
# What refused calls are told apart by, where why_stopped is finer or says it longer.
REASONS = {
    "token_deleted": "deleted",
    "token_disabled": "disabled",
    "token_paused": "paused",
    "token_expired": "expired",
    "plan_has_no_api_tokens": "no_api_on_plan",
}


def why_refused(row, uses):
    """Return why a StoredSecret is good for none of some uses, or an empty text."""
    stopped = why_stopped(row.token)
    if stopped:
        return REASONS.get(stopped, "account_stopped")
    if row.valid_until and row.valid_until <= clock.now():
        return "rotated"
    return "" if uses & USES[row.token.kind] else "wrong_kind"


def is_elsewhere(token, address):
    """Whether a token is kept to networks that an address is not in.

    `address` is in its one spelling; who has none is nowhere. Asked of each call, after
    `why_refused`, whatever else of that is remembered.
    """
    return bool(token.networks) and not holds(token.networks, address or "")


def why_stopped(token):
    """Return why a token does not work right now, or an empty text."""
    if token.state in STOPPED_STATES:
        return f"token_{token.state}"
    return why_stopped_outside(token)


def reach(token):
    """Return the accounts whose data an API token may read.

    Of the main account: itself, its searchable and accessible subs, its metrics and
    tracing accounts. Of any other: itself and the accounts that list it as authorized;
    a security account also what it scans. Never another organisation's, and of all
    these only those that the token is kept to.
    """
    account = token.account
    if account is None or USES[token.kind] != {Use.API}:
        return Account.objects.none()
    reached = Q(pk=account.pk) | REACHES[account.kind](account)
    if token.kept_to:
        reached &= Q(pk__in=ids_in(token.kept_to))
    return account.organisation.accounts.running().filter(reached).distinct()


def _from_main(_account):
    subs = Q(kind=AccountKind.SUB, searchable=True, accessible=True)
    return subs | Q(kind__in=READABLE_FROM_MAIN)


def _as_authorized(account):
    return Q(kind__in=READABLE_FROM_MAIN, authorized_accounts=account.pk)


def _as_scanner(account):
    return _as_authorized(account) | Q(pk__in=account.accounts_to_scan.values("pk"))


def _nowhere_else(_account):
    return Q(pk__in=[])


REACHES = {
    AccountKind.MAIN: _from_main,
    AccountKind.SUB: _as_authorized,
    AccountKind.SECURITY: _as_scanner,
    AccountKind.METRICS: _nowhere_else,
    AccountKind.TRACING: _nowhere_else,
}
