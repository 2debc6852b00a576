import re
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.lifecycle import suspend_account
from accounts.models import Organisation
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tests.tokens.all_pages import address
from tokens.endings import EndingsOfDay, next_days
from tokens.models import PlannedEnd, Token

# Days are written down before the tests begin, and stay what they are at midnight.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINK = re.compile(r'<section class="ending".*?</section>', re.DOTALL)


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON)


def ends(account, **after):
    return TokenFactory(account=account, expires_at=NOON + timedelta(**after))


def counted(tokens=None):
    days = next_days(Token.objects.all() if tokens is None else tokens)
    return {f"{day.date:%m-%d}": day.count for day in days if day.count}


def test_nothing_is_drawn_when_nothing_ends(client, admin, main):
    TokenFactory(account=main)
    ends(main, days=31)
    client.force_login(admin)

    html = client.get(address(main)).text

    assert next_days(Token.objects.all()) == []
    assert 'class="ending"' not in html


def test_from_today_to_the_day_that_thirty_days_end_in(main):
    ends(main, hours=1)
    ends(main, days=3)
    ends(main, days=3, hours=11)
    ends(main, days=30, hours=11)
    ends(main, days=30, hours=12)

    days = next_days(Token.objects.all())

    assert [days[0].date, days[-1].date] == [date(2026, 11, 23), date(2026, 12, 23)]
    assert counted() == {"11-23": 1, "11-26": 2, "12-23": 1}


def test_what_does_not_work_ends_no_more(main, sub):
    ends(main, days=1).disable(by=BY)
    ends(main, days=1).delete_softly(by=BY)
    past = ends(main, days=1)
    Token.objects.filter(pk=past.pk).update(expires_at=NOON - timedelta(hours=1))
    ends(sub, days=1)
    suspend_account(sub, by=BY, reason="over")

    assert counted(Token.objects.not_deleted()) == {}


def test_bars_are_as_high_as_the_day_is_full(main):
    for number, count in enumerate((1, 5, 10), start=1):
        for _ in range(count):
            ends(main, days=number)

    assert [day.level for day in next_days(Token.objects.all())[:4]] == [0, 1, 3, 5]


def test_weekends_are_marked(main):
    ends(main, days=1)

    days = next_days(Token.objects.all())

    assert [day.date.day for day in days[:14] if day.is_weekend] == [28, 29, 5, 6]


def test_days_are_those_of_the_viewer(client, admin, main):
    ends(main, hours=10, minutes=30)
    client.force_login(admin)
    client.cookies["tollgate_zone"] = "Asia/Tokyo"

    days = client.get(address(main)).context["ending"]

    assert [day.date.isoformat() for day in days if day.count] == ["2026-11-24"]


def test_a_day_leads_to_its_tokens(client, admin, main, sub, look):
    ends(main, days=2)
    wanted = ends(sub, days=3)
    ShareFactory(account=main, name="link", expires_at=NOON + timedelta(days=3))
    ends(main, days=3).disable(by=BY)
    client.force_login(admin)

    day = client.get(address(main, kind="logs")).context["ending"][3]
    response = client.get(address(main, **day.query))

    assert day.count == 2
    assert set(look(**day.query)) == {wanted.name, "link"}
    assert "Ends on 26 Nov 2026" in response.text
    drawn = LINK.search(response.text)[0]
    assert drawn.count("<a ") == 2
    assert drawn.count('aria-current="true"') == 1
    assert 'Thursday 26 November: 2 tokens end"' in drawn
    assert 'Wednesday 25 November: 1 token ends"' in drawn


def planned(account, cause="unused", ends=None, **after):
    token = TokenFactory(account=account, expires_at=ends and NOON + ends)
    moment = NOON + timedelta(**after)
    PlannedEnd.objects.create(token=token, cause=cause, ends_at=moment, planned_at=NOON)
    return token


@pytest.fixture
def asking(main):
    """The organisation has policies."""
    Organisation.objects.filter(pk=main.organisation_id).update(has_policies=True)


def test_what_a_policy_ends_is_counted_beside(client, admin, main, asking, look):
    ends(main, days=3)
    unused, late = planned(main, days=3), planned(main, days=5)
    planned(main, days=7, ends=timedelta(days=6))
    planned(main, days=31)
    planned(main, days=3).disable(by=BY)
    client.force_login(admin)

    response = client.get(address(main))

    days = {f"{day.date:%m-%d}": day for day in response.context["ending"]}
    assert {
        name: (day.expiring, day.planned) for name, day in days.items() if day.count
    } == {"11-26": (1, 1), "11-28": (0, 1), "11-29": (1, 0)}
    assert (days["11-26"].level, days["11-26"].planned_level) == (3, 3)
    drawn = LINK.search(response.text)[0]
    assert "Thursday 26 November: 1 token ends, 1 is disabled by a policy" in drawn
    assert "Saturday 28 November: 1 token is disabled by a policy" in drawn
    assert 'class="ending-key"' in drawn
    assert unused.name in look(**days["11-26"].query)
    assert look(**days["11-28"].query) == [late.name]
    listed = client.get(address(main, **days["11-28"].query)).text
    assert "Policy disables it" in listed


@pytest.mark.parametrize(
    ("expiring", "disabled", "words"),
    [
        (1, 0, "1 token ends"),
        (2, 0, "2 tokens end"),
        (0, 1, "1 token is disabled by a policy"),
        (0, 1200, "1,200 tokens are disabled by a policy"),
        (1, 2, "1 token ends, 2 are disabled by a policy"),
    ],
)
def test_a_day_says_how_many_end_and_why(expiring, disabled, words):
    assert EndingsOfDay(NOON.date(), expiring, disabled, 1, 1).words == words


def test_without_policies_none_is_asked_for(client, admin, main):
    ends(main, days=3)
    planned(main, days=3)
    client.force_login(admin)

    response = client.get(address(main))

    assert [day.count for day in response.context["ending"] if day.count] == [1]
    assert "ending-key" not in response.text
    assert "Policy disables it" not in response.text


def test_only_what_the_person_oversees_is_counted(client, admin, main):
    ends(ChildFactory(main=main, accessible=False), days=1)
    ends(MainFactory(), days=1)
    client.force_login(admin)

    assert client.get(address(main)).context["ending"] == []


def test_a_wrong_filter_leaves_the_strip(client, admin, main):
    ends(main, days=1)
    client.force_login(admin)

    response = client.get(address(main, kind="x", expires_from="2026-02-31"))

    assert response.status_code == 422
    assert 'class="ending"' in response.text


def test_who_types_waits_for_no_strip_and_who_comes_back_has_it(as_admin, main):
    ends(main, days=3)
    typed = {"HX-Request": "true"}
    restored = typed | {"HX-History-Restore-Request": "true"}

    drawn = [
        'class="ending"' in as_admin.get(address(main), headers=headers).text
        for headers in ({}, typed, restored)
    ]

    assert drawn == [True, False, True]
