"""The page of a calendar's address: it is made, shown once, renewed and revoked."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent
from accounts.rule_violations import Gone
from tests.tokens.calendars import at, subscribe
from tokens.models import CalendarFeed

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.APP_URL = "https://tollgate.example/"


@pytest.fixture
def as_sub_admin(client, sub_admin):
    client.force_login(sub_admin)
    return client


def path_in(response):
    """Return the path of the address that a page shows."""
    html = response.text
    start = html.index("/calendar/tokens.ics?key=")
    return html[start : html.index('"', start)]


def actions():
    feeds = AuditEvent.objects.filter(action__startswith="calendar_")
    return list(feeds.order_by("pk").values_list("action", flat=True))


def test_an_address_is_shown_once(as_sub_admin, sub):
    assert "Make an address" in as_sub_admin.get(at("", sub)).text

    made = as_sub_admin.post(at("_make", sub))
    after = as_sub_admin.get(at("", sub)).text

    assert "no-store" in made["Cache-Control"]
    assert as_sub_admin.get(path_in(made)).status_code == 200
    assert "tokens.ics" not in after
    assert "Make an address" not in after
    assert "Last fetched" in after
    assert actions() == [Action.CALENDAR_MADE]
    event = AuditEvent.objects.get(action=Action.CALENDAR_MADE)
    assert (event.account, event.target, event.data) == (sub, "Staging", {})


def test_a_new_address_stops_the_one_before(as_sub_admin, sub):
    before = path_in(as_sub_admin.post(at("_make", sub)))

    asked = as_sub_admin.get(at("_renew", sub)).text
    after = path_in(as_sub_admin.post(at("_renew", sub)))

    assert "until they are given the new one" in asked
    assert as_sub_admin.get(before).status_code == 404
    assert as_sub_admin.get(after).status_code == 200
    assert actions() == [Action.CALENDAR_MADE, Action.CALENDAR_RENEWED]


def test_a_revoked_address_opens_nothing(as_sub_admin, sub):
    path = path_in(as_sub_admin.post(at("_make", sub)))

    asked = as_sub_admin.get(at("_revoke", sub)).text
    done = as_sub_admin.post(at("_revoke", sub), follow=True).text

    assert "Revoke the calendar address?" in asked
    assert "opens nothing any more" in done
    assert "Make an address" in done
    assert as_sub_admin.get(path).status_code == 404
    assert actions() == [Action.CALENDAR_MADE, Action.CALENDAR_REVOKED]


@pytest.mark.parametrize("name", ["_renew", "_revoke"])
def test_what_was_revoked_in_another_tab_is_not_there(as_sub_admin, sub, name):
    for ask in (as_sub_admin.get, as_sub_admin.post):
        response = ask(at(name, sub), follow=True)

        assert "Make an address" in response.text
    assert actions() == []


def test_two_who_revoke_at_once(sub_admin, sub):
    subscribe(sub_admin, sub)
    feed = CalendarFeed.objects.get()
    by = Actor(label=sub_admin.email, user=sub_admin)
    CalendarFeed.objects.get().revoke(by=by)

    with pytest.raises(Gone):
        feed.revoke(by=by)

    assert actions() == [Action.CALENDAR_MADE, Action.CALENDAR_REVOKED]


def test_an_address_is_a_persons_own(as_sub_admin, admin, sub):
    others = subscribe(admin, sub)

    assert "Make an address" in as_sub_admin.get(at("", sub)).text
    as_sub_admin.post(at("_make", sub))
    as_sub_admin.post(at("_revoke", sub))

    assert as_sub_admin.get(others).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("staff", 403), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
def test_the_page_answers_each_person(client, request, main, sub, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.get(at("", main)).status_code == status


def test_where_it_is_found(client, admin, staff, main, sub):
    links = {page: f'href="{at("", main)}"' for page in ("all", "health")}
    client.force_login(admin)
    assert all(
        link in client.get(reverse(f"tokens:{page}", args=[main.pk])).text
        for page, link in links.items()
    )
    client.force_login(staff)
    assert not any(
        link in client.get(reverse(f"tokens:{page}", args=[main.pk])).text
        for page, link in links.items()
    )
