"""Every page and every form's answer, asked for once by each who may see it.

The databases do not understand the same queries: what one of them refuses is a 500.
"""

import pytest

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


@pytest.fixture(scope="module")
def lasting_world(lasting_db):
    return World()


def test_no_query_of_a_page_is_refused(client, lasting_world, db):
    world, wrong, through = lasting_world, [], set()
    people = {user.pk: user for user, *_ in world.principals}.values()
    for name in ROUTES.keys() - {ELSEWHERE}:
        path = any_path(world, name)
        for method in methods(name).intersection(METHODS):
            answers = [ask(client, user, method, path).status_code for user in people]
            wrong += [(name, method, status) for status in answers if status >= 500]
            if not DENIED.issuperset(answers):
                through.add(name)

    assert wrong == []
    assert len(through) > 0.9 * len(ROUTES)
