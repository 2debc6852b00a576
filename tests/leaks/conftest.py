import json

import pytest
from django.core import mail

from leaks import follow_up
from leaks.models import set_policy
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind

PLACE = "https://git.example.com/acme/app/blob/main/.env#L3"


@pytest.fixture
def scanner(db):
    return TokenFactory(account=None, kind=Kind.SCANNER, name="gitleaks")


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def stopping(main):
    """The main account of an organisation that has found tokens stopped at once."""
    set_policy(main, stops=True, by=BY)
    return main


@pytest.fixture
def report(client, scanner):
    """Report texts as a scanner does, and have it followed up; returns the answer."""

    def report(*texts, place=PLACE):
        rows = [{"token": text, "url": place} for text in texts]
        answer = client.post(
            "/leaks",
            json.dumps(rows),
            content_type="application/json",
            headers={"X-API-TOKEN": scanner.secret_text},
        )
        follow_up.carry_on()
        return answer

    return report


@pytest.fixture
def mails(admin):
    """The mails to the admin of the main account and all others."""
    mail.outbox.clear()
    return mail.outbox
