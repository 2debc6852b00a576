import pytest

from accounts.models import Role
from tests.factories import MembershipFactory, TokenFactory
from tests.tokens.all_pages import address
from tests.tokens.bulk_jobs import at
from tests.tokens.health import NOON
from tokens.bulk_worker import carry_on
from tokens.models import BulkJob, Token


@pytest.fixture
def tokens(main):
    return TokenFactory.create_batch(3, account=main)


@pytest.fixture
def prepare(client, admin, main):
    """Choose tokens in the list and return the job that was prepared."""

    def prepare(action, tokens=(), query="", **data):
        client.force_login(admin)
        data["pick"] = [token.pk for token in tokens]
        response = client.post(at(action, main) + query, data)
        assert response.status_code == 302, response.content
        return BulkJob.objects.latest("pk")

    return prepare


@pytest.fixture
def carry_out(client, prepare, main):
    """Prepare a job, start it and run it to its end."""

    def carry_out(action, tokens, **how):
        job = prepare(action, tokens)
        client.post(at("start", main, job.pk), how)
        carry_on()
        job.refresh_from_db()
        return job

    return carry_out


@pytest.fixture
def look(client, admin, main):
    """Return the names of the tokens that an admin's list shows, in its order."""

    def look(**query):
        client.force_login(admin)
        response = client.get(address(main, **query))
        assert response.status_code == 200
        return [token.name for token in response.context["page"]]

    return look


@pytest.fixture
def well(main, sub, admin, time_machine):
    """Leave nothing wrong with any token but what a test makes."""
    time_machine.move_to(NOON)
    Token.objects.update(created_by=admin.email)


@pytest.fixture
def leaver(sub):
    """A member of the sub account who will go."""
    return MembershipFactory(
        account=sub, user__email="leaver@acme.example", role=Role.USER
    )
