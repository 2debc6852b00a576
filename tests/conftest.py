import os
from functools import partial
from math import inf

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings
from playwright.sync_api import sync_playwright

from accounts import outbox
from accounts.clock import clock
from accounts.models import Role
from accounts.rate_limits import call_rates
from accounts.rate_limits.shared_counts import SharedCounts
from config import dotenv
from gateway.notifications import webhook_tests
from tests import template_database
from tests.browsers import keep_cookies
from tests.factories import (
    ChildFactory,
    FilterFactory,
    MainFactory,
    MembershipFactory,
    UserFactory,
)
from tests.installation import PROJECT, Installation
from tokens import usage_counters, verification
from tokens.without_mac import latest

keep_cookies()

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


PLAIN = {
    "STORAGES": {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    },
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}


@pytest.fixture(autouse=True, scope="session")
def _plain_settings():
    with override_settings(**PLAIN):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()
    # A test's rows are taken back, and its generations with them.
    verification._remembered.clear()
    clock.__init__()


@pytest.fixture(autouse=True)
def _nobody_called_yet(monkeypatch):
    """Forget the calls of earlier tests, whose tokens may have had the same ids."""
    monkeypatch.setattr(call_rates, "counts", SharedCounts())


@pytest.fixture(autouse=True)
def _nothing_listed(monkeypatch):
    """Let no test go by what another one's database was seen to hold."""
    monkeypatch.setattr(latest, "_told", (None, -inf))


@pytest.fixture(autouse=True)
def _mails_at_once(monkeypatch):
    """Send mails where they are kept, as a worker does a moment later."""
    monkeypatch.setattr(outbox, "when_committed", outbox.deliver_due)


@pytest.fixture(autouse=True)
def _webhooks_at_once(monkeypatch):
    """Test webhooks within the request, on a test's own connection."""
    monkeypatch.setattr(webhook_tests, "beside", AtOnce())


class AtOnce:
    def submit(self, run, *args):
        run(*args)


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_blocker):
    with template_database.instead_of_migrations():
        # The one of pytest-django, which this one stands before.
        request.getfixturevalue("django_db_setup")
    yield
    # Whoever is in a database keeps it from being dropped, and a thread that a test began
    # may still be on its way out.
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(END_OTHERS)


@pytest.fixture(scope="module")
def lasting_db(django_db_setup, django_db_blocker):
    """A database for a world that all tests of a module share.

    What each of them does besides is rolled back when it ends, as ever.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def playwright():
    """What starts browsers: there can be one in a process."""
    # Its loop runs in the tests' own thread, where they also ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as started:
        yield started


@pytest.fixture
def main(db):
    """The main account that the five people below relate to."""
    return MainFactory(name="Acme")


@pytest.fixture
def sub(main):
    return ChildFactory(main=main, name="Staging")


@pytest.fixture
def admin(main):
    """An admin of the main account."""
    user = UserFactory(email="admin@acme.example", full_name="Ada Admin")
    return MembershipFactory(account=main, user=user).user


@pytest.fixture
def member(main):
    """A plain user of the main account."""
    user = UserFactory(email="member@acme.example", full_name="Max Member")
    return MembershipFactory(account=main, user=user, role=Role.USER).user


@pytest.fixture
def sub_admin(sub):
    """An admin of the sub account only."""
    user = UserFactory(email="subadmin@acme.example", full_name="Sue Subadmin")
    return MembershipFactory(account=sub, user=user).user


@pytest.fixture
def outsider(db):
    """An admin of another organisation."""
    user = UserFactory(email="outsider@other.example", full_name="Oz Outsider")
    return MembershipFactory(account=MainFactory(name="Other"), user=user).user


@pytest.fixture
def staff(db):
    """Operator staff."""
    return UserFactory(email="staff@tollgate.example", is_staff=True)


@pytest.fixture
def as_admin(client, admin):
    """A browser in which that admin is logged in."""
    client.force_login(admin)
    return client


@pytest.fixture
def env(main):
    return FilterFactory(account=main, field="env", value="test")


@pytest.fixture
def team(main):
    return FilterFactory(account=main, field="team", value="payments")


@pytest.fixture
def recorder():
    """The recorder of uses, without what tests before this one left in it.

    Nor is anything left in the recorder of uses that were refused.
    """
    usage_counters.recorder.__init__(usage_counters.write_uses)
    usage_counters.refusals.__init__(usage_counters.write_refusals)
    return usage_counters.recorder


@pytest.fixture
def migrated_server():
    """A PostgreSQL of a test's own, with the portal's tables and nothing in them."""
    with template_database.separate_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An installation with nobody in it, to be copied: to migrate takes a while."""
    installation = Installation(tmp_path_factory.mktemp("migrated"))
    dotenv.create(installation.dotenv, PROJECT / ".env.example", demo=False)
    migrate = partial(installation.run, "manage.py", "migrate", "-v0")
    template_database.lay_down(installation.database, migrate)
    return installation
