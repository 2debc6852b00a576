"""Addresses of calendars, which nobody keeps, and a new index key."""

import pytest
from django.urls import reverse

from accounts import hooks
from accounts.audit.trail import Actor
from tokens.calendars import address
from tokens.models import CalendarFeed


@pytest.fixture
def path(client, admin, main):
    by = Actor(label=admin.email, user=admin)
    key = address(CalendarFeed.renew(main, by=by)).partition("key=")[2]
    client.force_login(admin)
    return reverse("tokens:calendar_feed", query={"key": key})


def rows(kid):
    return sum(counted("index", kid) for counted in hooks.key_rows)


def test_an_address_moves_to_the_new_key_when_it_is_fetched(client, path, put_first):
    assert client.get(path).status_code == 200
    put_first("index")
    before = rows(2)

    assert client.get(path).status_code == 200

    assert rows(2) == before + 1
    put_first("index", keep=False)
    assert client.get(path).status_code == 200


def test_one_that_was_not_fetched_is_said_to_have_stopped(
    client, main, path, put_first
):
    page = reverse("tokens:calendar", args=[main.pk])
    assert "Open" in client.get(page).text

    put_first("index", keep=False)

    assert client.get(path).status_code == 404
    assert "the operator has taken the key away" in client.get(page).text


def test_no_other_key_finds_calendars(path):
    assert [
        counted("enc", 1)
        for counted in hooks.key_rows
        if counted.__name__ == "count_calendars"
    ] == [0]
