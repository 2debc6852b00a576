"""Which organisation a person signs in for, and which one learns of it.

Anybody can be invited to an account by whoever knows their e-mail. What they do about
their login is for the organisation that they signed in for, and no other; one whose
invitation they have not accepted is told nothing, whatever else they belong to.
"""

from accounts.audit.trail import Actor, record
from accounts.ids import is_id
from accounts.models import Account, Membership
from accounts.web.navigation import page_at

LAST_ACCOUNT = "tollgate_account"


def first_account(request, user, address="/"):
    """Return the account that a person comes to, or None.

    The one that the address names; else the one that this browser opened last; else the
    first that they administer, or the first at all, of an organisation where they have
    been before as long as there is one.
    """
    accounts = Account.objects.enterable_by(user)
    _, named = page_at(address.partition("?")[0])
    last = request.COOKIES.get(LAST_ACCOUNT, "")
    wanted = [named, int(last) if is_id(last) else None]
    found = accounts.in_bulk([pk for pk in wanted if pk])
    for pk in filter(found.get, wanted):
        return found[pk]
    return _first(user, accounts)


def _first(user, accounts):
    memberships = Membership.objects.usable_by(user)
    known = memberships.entered()
    if not known.exists():
        # Whoever made the person known, and not who came later.
        known = memberships.order_by("pk")[:1]
    organisations = [each.account.organisation_id for each in known]
    accounts = accounts.filter(organisation__in=organisations).in_order()
    own = Account.objects.administered_by(user).values("pk")
    return accounts.filter(pk__in=own).first() or accounts.first()


def home_of(user):
    """Return the account whose trail has what a person does about their login.

    It is of the organisation that they came to last. Who never signed in belongs to the
    one that made them known, while they belong to one only.
    """
    memberships = user.memberships.accepted().main_first()
    last = memberships.entered().latest_first().first()
    if last or user.last_login:
        return last and last.account
    organisations = {each.account.organisation_id for each in memberships}
    return memberships[0].account if len(organisations) == 1 else None


def record_for_person(action, user, actor, **data):
    """Record what concerns a person's login where it belongs, else for nobody."""
    _record(action, user, actor, home_of(user), data)


def record_where_known(action, user, actor, **data):
    """Record what an organisation sees of a person, in each that they came to."""
    homes = {}
    for membership in user.memberships.entered().main_first():
        homes.setdefault(membership.account.organisation_id, membership.account)
    for account in homes.values() or [None]:
        _record(action, user, actor, account, data)


def _record(action, user, actor, account, data):
    if actor.user is None:
        actor = Actor(actor.label, ip=actor.ip, agent=actor.agent)
    record(action, by=actor, account=account, target=user.email, **data)
