from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core import signing

from sharing import tickets
from tests.factories import BY, ShareFactory
from tokens.models import StoredSecret, Token

NOW = datetime(2026, 11, 23, 14, 0, 0, 250_000, UTC)
LATER = NOW + timedelta(minutes=15)
ROW = StoredSecret(pk=77, created_at=NOW)
BORN = round(NOW.timestamp() * 1_000_000)


@pytest.fixture
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.mark.usefixtures("_now")
def test_a_ticket_names_the_secret_and_its_end_but_not_the_secret():
    ticket = tickets.issue(ROW, LATER, "Ab12Cd34")

    assert ticket.startswith(f"77:{BORN}:{int(LATER.timestamp())}:Ab12Cd34:")
    assert tickets.read(ticket) == (77, BORN, LATER.replace(microsecond=0))


@pytest.mark.usefixtures("_now")
def test_a_ticket_is_good_at_its_own_link_only():
    ticket = tickets.issue(ROW, LATER, "Ab12Cd34")

    assert tickets.read(ticket, page="Ab12Cd34") is not None
    assert tickets.read(ticket, page="Zz99Zz99") is None


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize("until", [NOW, NOW - timedelta(seconds=1)])
def test_a_ticket_ends(until):
    assert tickets.read(tickets.issue(ROW, until)) is None


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    "forged",
    [
        "",
        "77",
        "77:99999999999:",
        "77:99999999999:\ud800:" + "A" * 43,
        "77:99999999999::" + "A" * 43,
        tickets.issue(ROW, LATER).replace("77", "78", 1),
        signing.Signer(salt="another").sign(f"77:{BORN}:{int(LATER.timestamp())}:"),
        # As they were before they told the birth.
        signing.Signer(salt="tollgate.share").sign(f"77:{int(LATER.timestamp())}:"),
    ],
)
def test_what_was_not_issued_here_is_no_ticket(forged):
    assert tickets.read(forged) is None


@pytest.mark.usefixtures("_now")
def test_tickets_outlive_a_change_of_the_key_that_is_announced(settings):
    ticket = tickets.issue(ROW, LATER)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, fifty characters or more, as Django asks"

    assert tickets.read(ticket) is not None


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    ("expires_in", "old_for", "lasts"),
    [
        (None, None, settings.SHARE_TICKET_MINUTES),
        (60, None, settings.SHARE_TICKET_MINUTES),
        (5, None, 5),
        (None, 3, 3),
        (5, 3, 3),
    ],
)
def test_no_ticket_outlives_its_link(db, expires_in, old_for, lasts):
    expires_at = expires_in and NOW + timedelta(minutes=expires_in)
    token = ShareFactory().token
    Token.objects.filter(pk=token.pk).update(expires_at=expires_at)
    if old_for:
        token.rotate(by=BY, overlap=timedelta(minutes=old_for))
    row = StoredSecret.objects.filter(token=token).earliest("pk")

    assert tickets.lasts_until(row) == NOW + timedelta(minutes=lasts)
