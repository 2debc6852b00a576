from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.lifecycle import delete_account, edit_account
from accounts.rate_limits.call_rates import MOST_FETCHES, MOST_GUESSES
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tests.tokens.calendars import subscribe
from tokens.calendars import MOST_EVENTS, address
from tokens.models import CalendarFeed, PlannedEnd, Token
from tokens.secrets import make_for_calendar

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.APP_URL = "https://tollgate.example/"


def ends(account, days=3, **fields):
    return TokenFactory(
        account=account, expires_at=NOON + timedelta(days=days), **fields
    )


def events(response):
    """Return the events of a calendar as dicts of their lines."""
    assert response.status_code == 200
    lines = response.content.decode().replace("\r\n ", "").splitlines()
    found = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1][name] = value
    return found


def summaries(client, path):
    return [event["SUMMARY"] for event in events(client.get(path))]


def test_a_calendar_has_the_ends_of_tokens(client, admin, main):
    token = ends(main, name="Terraform, prod")
    path = subscribe(admin, main)

    response = client.get(path)

    page = reverse("tokens:page", args=[main.pk, token.pk])
    link = f"https://tollgate.example{page}"
    assert events(response) == [
        {
            "UID": f"{token.pk}-20261123T120000000000@token.tollgate",
            "DTSTAMP": "20261123T120000Z",
            "SEQUENCE": "1",
            "DTSTART": "20261126T120000Z",
            "SUMMARY": r"Terraform\, prod of Acme ends",
            "DESCRIPTION": f"API token. Set its expiry: {link}",
            "URL": link,
            "TRANSP": "TRANSPARENT",
            "END": "VCALENDAR",
        }
    ]
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert response.content.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")


def test_no_secret_is_in_it(client, admin, main):
    token = ends(main)

    body = client.get(subscribe(admin, main)).content.decode()

    assert token.secret_text not in body
    assert token.masked not in body


def test_an_event_stays_itself_when_its_token_changes(client, admin, main):
    token = ends(main)
    path = subscribe(admin, main)
    before = events(client.get(path))[0]
    token.rename("Renamed", by=BY)
    token.set_expiry(NOON + timedelta(days=9), by=BY)

    after = events(client.get(path))[0]

    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == ("1", "3")
    assert after["DTSTART"] == "20261202T120000Z"
    assert after["SUMMARY"] == "Renamed of Acme ends"


def test_what_ends_and_what_does_not(client, admin, main):
    TokenFactory(account=main, name="for ever")
    ends(main, name="off").disable(by=BY)
    ends(main, name="gone").delete_softly(by=BY)
    ShareFactory(account=main, name="link", expires_at=NOON + timedelta(days=7))
    for name, days in (("yesterday", -1), ("long ago", -31)):
        past = ends(main, name=name)
        Token.objects.filter(pk=past.pk).update(expires_at=NOON + timedelta(days=days))

    assert summaries(client, subscribe(admin, main)) == [
        "yesterday of Acme ends",
        "link of Acme ends",
    ]


def test_what_a_policy_disables_is_told_apart(client, admin, main):
    unused = TokenFactory(account=main, name="unused")
    outside = ends(main, name="outside", days=30)
    late = ends(main, name="late", days=5)
    for token, cause, days in (
        (unused, "unused", 20),
        (outside, "outside", 3),
        (late, "outside", 6),
    ):
        PlannedEnd.objects.create(
            token=token,
            cause=cause,
            ends_at=NOON + timedelta(days=days),
            planned_at=NOON,
            announced_at=NOON + timedelta(hours=1) if cause == "outside" else None,
        )

    found = events(client.get(subscribe(admin, main)))

    assert [(each["SUMMARY"], each["DTSTART"]) for each in found] == [
        ("outside of Acme is disabled by a policy", "20261126T120000Z"),
        ("late of Acme ends", "20261128T120000Z"),
        ("unused of Acme is disabled by a policy", "20261213T120000Z"),
        ("outside of Acme ends", "20261223T120000Z"),
    ]
    first, _, third, fourth = found
    assert "API token. It does not keep to the policy. See what" in first["DESCRIPTION"]
    assert "Nobody has used it for long. Use it to keep it" in third["DESCRIPTION"]
    assert first["UID"] == fourth["UID"].replace("@", "-policy@")
    assert first["DTSTAMP"] == "20261123T130000Z"
    assert third["DTSTAMP"] == "20261123T120000Z"


def test_an_organisation_or_one_account(client, admin, sub_admin, main, sub):
    ends(main, name="here", days=1)
    ends(sub, name="there", days=2)
    ends(ChildFactory(main=main, accessible=False), name="shut")
    ends(MainFactory(), name="foreign")

    everything = summaries(client, subscribe(admin, main))

    assert everything == ["here of Acme ends", "there of Staging ends"]
    assert summaries(client, subscribe(admin, sub)) == ["there of Staging ends"]
    assert summaries(client, subscribe(sub_admin, sub)) == ["there of Staging ends"]


def test_a_calendar_has_its_length(client, admin, main, monkeypatch):
    monkeypatch.setattr("tokens.calendars.MOST_EVENTS", 1)
    ends(main, days=2)
    ends(main, days=1, name="first")

    assert MOST_EVENTS == 1000
    assert summaries(client, subscribe(admin, main)) == ["first of Acme ends"]


LOSSES = {
    "removed": lambda person, account: person.memberships.all().delete(),
    "suspended": lambda person, account: person.memberships.update(suspended_at=NOON),
    "no admin": lambda person, account: person.memberships.update(role="user"),
    "shut out": lambda person, account: type(person).objects.update(is_active=False),
    "account deleted": lambda person, account: delete_account(account, by=BY),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_it_ends_with_the_account(client, sub_admin, sub, loss):
    ends(sub)
    path = subscribe(sub_admin, sub)
    assert summaries(client, path)

    LOSSES[loss](sub_admin, sub)

    assert client.get(path).status_code == 404


def test_it_ends_when_a_child_is_shut(client, admin, sub):
    path = subscribe(admin, sub)

    edit_account(sub, by=BY, accessible=False)

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "\0", "tgc_x", "tga_" + "0" * 49, "é" * 9])
def test_what_no_address_has_costs_no_query(client, db, key, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(reverse("tokens:calendar_feed", query={"key": key}))

    assert response.status_code == 404
    assert "no-store" in response["Cache-Control"]


def test_the_secret_of_a_token_opens_no_calendar(client, main):
    token = TokenFactory(account=main)

    path = reverse("tokens:calendar_feed", query={"key": token.secret_text})

    assert client.get(path).status_code == 404


def test_a_changed_character_is_noticed_without_a_query(
    client, admin, main, django_assert_num_queries
):
    path = subscribe(admin, main)
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")

    with django_assert_num_queries(0):
        assert client.get(wrong).status_code == 404


def test_guesses_are_slowed_down(client, admin, main):
    path = subscribe(admin, main)
    wrong = address(make_for_calendar()).removeprefix("https://tollgate.example")
    answers = [client.get(wrong).status_code for _ in range(MOST_GUESSES)]

    slowed = client.get(path)

    assert set(answers) == {404}
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) <= 60


def test_good_ones_are_counted_by_themselves(client, admin, sub_admin, main, sub):
    path, other = subscribe(admin, main), subscribe(sub_admin, sub)
    answers = [client.get(path).status_code for _ in range(MOST_FETCHES + 20)]

    assert answers.count(200) == MOST_FETCHES
    assert answers[-1] == 429
    assert client.get(other).status_code == 200


def test_a_fetch_is_noted_once_an_hour(client, admin, main, time_machine):
    path = subscribe(admin, main)
    feed = CalendarFeed.objects.get()
    client.get(path)
    time_machine.move_to(NOON + timedelta(minutes=59), tick=False)
    client.get(path)
    feed.refresh_from_db()
    assert feed.fetched_at == NOON

    time_machine.move_to(NOON + timedelta(minutes=61), tick=False)
    client.get(path)

    feed.refresh_from_db()
    assert feed.fetched_at == NOON + timedelta(minutes=61)


def test_nobody_finds_the_address_in_the_database(admin, main):
    secret = subscribe(admin, main).partition("key=")[2].encode()

    assert secret not in bytes(CalendarFeed.objects.get().lookup)


def test_a_feed_says_whose_it_is(sub_admin, sub):
    subscribe(sub_admin, sub)

    assert str(CalendarFeed.objects.get()) == (
        "calendar of subadmin@acme.example for Staging"
    )
