import pytest
from django.urls import reverse

from tests.accounts.signing_in import PASSWORD
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def dana(main):
    """An admin who has a password."""
    user = UserFactory(email="dana@acme.example", password=PASSWORD)
    return MembershipFactory(account=main, user=user).user


@pytest.fixture
def organisation(main):
    return main.organisation


@pytest.fixture
def as_staff(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def new(main):
    return reverse("accounts:account_new", args=[main.pk])
