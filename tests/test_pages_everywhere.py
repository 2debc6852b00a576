"""Every page and every form's answer, asked for on PostgreSQL by who may see it.

The databases do not understand the same queries: what one of them refuses is a 500. On
SQLite test_authorization.py asks for the same of everybody.
"""

import pytest

from accounts.relations import Relation
from tests import authorization_routes as declared
from tests.authorization_asking import DENIED, METHODS, any_path, ask, methods
from tests.authorization_world import World

# What calls a receiver gives back its connection, in the middle of this transaction.
ELSEWHERE = "gateway:webhook_test"
ANSWERED = METHODS - {"HEAD"}
ROUTES = {
    **declared.ACCOUNT,
    **declared.MAIN_ONLY,
    **declared.TOKEN,
    **declared.BY_KIND,
    **declared.STAFF,
    **declared.ONESELF,
}
# Who are let in with queries of their own, and one whose query finds nothing.
RELATIONS = (Relation.MEMBER, Relation.STAFF, None)
pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def lasting_world(lasting_db):
    return World()


def test_no_query_of_a_page_is_refused(client, lasting_world, db):
    """What differs between people is asked before any page: another one asks for each.

    An admin asks for all of them, and staff for their own.
    """
    world, wrong, through = lasting_world, [], set()
    people = {
        relation: user
        for user, account, relation in world.principals
        if account == world.main
    }
    for at, name in enumerate(sorted(ROUTES.keys() - {ELSEWHERE})):
        path, other = any_path(world, name), RELATIONS[at % len(RELATIONS)]
        owner = Relation.STAFF if name in declared.STAFF else Relation.ADMIN
        # What answers GET answers HEAD.
        asked = [(people[owner], method) for method in sorted(methods(name) & ANSWERED)]
        asked.append((people[other], asked[0][1]))
        answers = [
            ask(client, user, method, path).status_code for user, method in asked
        ]
        wrong += [(name, other, status) for status in answers if status >= 500]
        if not DENIED.issuperset(answers):
            through.add(name)

    assert wrong == []
    assert len(through) > 0.9 * len(ROUTES)
