"""Guests stay at a link, for as long as their ticket is good."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sharing import tickets
from tests.factories import BY, ShareFactory
from tests.sharing.shut_links import deleted, expired, paused, rotated
from tests.sharing.visitors import at, has_ticket, look, page_of, renew, show

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("spoil", [paused, expired, deleted, rotated])
def test_a_ticket_dies_with_what_it_is_for(client, share, spoil):
    show(client, share)
    spoil(share)
    page = page_of(share) if spoil is not rotated else share.secret_text[4:12]

    renewed = client.post(at("renew", page), headers={"Accept": "application/json"})

    assert renewed.status_code == 404
    assert not has_ticket(renewed)
    assert "Logs of" not in client.get(at("visitor", page)).text


def test_the_old_link_is_good_while_secrets_overlap(client, share):
    page = page_of(share)
    share.token.rotate(by=BY, overlap=HOUR)

    response = show(client, share, page=page)

    assert response.json()["left"] == pytest.approx(3600, abs=60)


def test_staying_gives_a_fresh_ticket_and_says_what_is_shown(
    client, share, fixed_time, time_machine
):
    shown = show(client, share)
    time_machine.move_to(fixed_time + timedelta(minutes=14))

    response = renew(client, share)

    assert response.status_code == 200
    assert response.json()["shows"] == shown.json()["shows"]
    ticket = tickets.read(response.cookies[tickets.TICKET_COOKIE].value)
    assert ticket.until > timezone.now() + timedelta(minutes=14)


def test_without_the_script_staying_leads_back_to_the_page(client, share):
    show(client, share)

    response = client.post(at("renew", page_of(share)))

    assert response.url == at("visitor", page_of(share))
    assert has_ticket(response)


def test_nobody_stays_without_a_ticket(client, share):
    assert renew(client, share).status_code == 404


def test_nobody_stays_longer_than_the_ticket(client, share, fixed_time, time_machine):
    show(client, share)
    time_machine.move_to(fixed_time + timedelta(minutes=15))

    assert renew(client, share).status_code == 404


def test_one_browser_is_the_visitor_of_one_link(client, main, share):
    other = ShareFactory(account=main)
    show(client, share)
    show(client, other)

    response = renew(client, share)

    assert response.status_code == 409
    assert response.json()["detail"].startswith("Another link was opened")
    assert "Logs of" not in look(client, share).text
    assert "Logs of" in look(client, other).text


def test_of_two_tickets_neither_is_taken(client, share):
    show(client, share)
    good = f"{tickets.TICKET_COOKIE}={client.cookies[tickets.TICKET_COOKIE].value}"
    visitor = type(client)()
    for cookies in (
        f"{good}; {tickets.TICKET_COOKIE}=x",
        f"{tickets.TICKET_COOKIE}=x; {good}",
    ):
        page = visitor.get(at("visitor", page_of(share)), HTTP_COOKIE=cookies)
        renewed = visitor.post(at("renew", page_of(share)), HTTP_COOKIE=cookies)

        assert "Logs of" not in page.text
        assert "Your browser sent two cookies for links" in page.text
        assert page.cookies[tickets.TICKET_COOKIE].value == ""
        assert (renewed.status_code, has_ticket(renewed)) == (404, False)
