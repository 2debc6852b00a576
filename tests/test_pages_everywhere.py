"""Every page and every form's answer, asked for on PostgreSQL by who may see it.

The databases do not understand the same queries: what one of them refuses is a 500. On
SQLite test_authorization.py asks for the same of everybody.
"""

import pytest

from accounts.relations import Relation
from tests import authorization_routes as declared
from tests.authorization_world import World
from tests.test_authorization import DENIED, METHODS, any_path, ask, methods

# What calls a receiver gives back its connection, in the middle of this transaction.
ELSEWHERE = "gateway:webhook_test"
ROUTES = {
    **declared.ACCOUNT,
    **declared.MAIN_ONLY,
    **declared.TOKEN,
    **declared.BY_KIND,
    **declared.STAFF,
    **declared.ONESELF,
}
# Who are let in with queries of their own, and one whose query finds nothing.
RELATIONS = {Relation.ADMIN, Relation.MEMBER, Relation.STAFF, None}
pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def lasting_world(lasting_db):
    return World()


def test_no_query_of_a_page_is_refused(client, lasting_world, db):
    world, wrong, through = lasting_world, [], set()
    people = [
        user
        for user, account, relation in world.principals
        if account == world.main and relation in RELATIONS
    ]
    for name in ROUTES.keys() - {ELSEWHERE}:
        path = any_path(world, name)
        for method in methods(name).intersection(METHODS):
            answers = [ask(client, user, method, path).status_code for user in people]
            wrong += [(name, method, status) for status in answers if status >= 500]
            if not DENIED.issuperset(answers):
                through.add(name)

    assert wrong == []
    assert len(through) > 0.9 * len(ROUTES)
