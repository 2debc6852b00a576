"""What the counted calls say: by day, by caller, and during a rotation."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from tests.factories import BY, TokenFactory
from tokens.models import TokenUsage
from tokens.rotation_progress import Progress, Rotation
from tokens.templatetags.usage import calls_by_day, sparkline
from tokens.usage import CALLERS_SHOWN, callers, with_days

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 18, 14, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def called(token, moment, calls, address="192.0.2.1", agent="curl/8", secret=0):
    return TokenUsage.objects.create(
        token=token,
        hour=moment.replace(minute=0, second=0, microsecond=0),
        last_at=moment,
        address=address,
        agent=agent,
        calls=calls,
        stored_secret_id=secret,
    )


def numbers(token):
    return [day.calls for day in with_days([token])[0].days]


def test_calls_are_summed_by_day_with_today_last(token):
    called(token, NOW, 5)
    called(token, NOW - timedelta(hours=14), 3, address="192.0.2.2")
    called(token, NOW - timedelta(hours=15), 70)
    called(token, NOW - timedelta(days=13), 11)
    called(token, NOW - timedelta(days=13, hours=15), 1000)

    assert numbers(token) == [11, *[0] * 11, 70, 8]
    assert (token.days.total, token.days.most.calls) == (89, 70)
    assert [day.date.day for day in token.days][::13] == [5, 18]


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 17), ("Asia/Tokyo", 18), ("America/Lima", 17)]
)
def test_days_are_those_of_the_viewer(token, zone, day):
    called(token, datetime(2026, 3, 17, 20, tzinfo=UTC), 7)

    with timezone.override(ZoneInfo(zone)):
        with_days([token])

    assert token.days.most.date.day == day
    assert [each.date for each in token.days][-1].day == 18


def test_day_of_a_changed_clock_has_its_hours(token):
    berlin = ZoneInfo("Europe/Berlin")
    for hour in (22, 23):
        called(token, datetime(2026, 3, 28, hour, tzinfo=UTC), 1)
    called(token, datetime(2026, 3, 29, 21, tzinfo=UTC), 10)
    called(token, datetime(2026, 3, 29, 22, tzinfo=UTC), 100)

    with (
        timezone.override(berlin),
        time_machine.travel(datetime(2026, 3, 30, tzinfo=UTC)),
    ):
        assert numbers(token)[-3:] == [1, 11, 100]


def test_days_of_many_tokens_are_one_query(main, django_assert_num_queries):
    tokens = TokenFactory.create_batch(3, account=main)
    for token in tokens[:2]:
        called(token, NOW, 5)

    with django_assert_num_queries(1):
        with_days(tokens)

    assert [bool(token.days) for token in tokens] == [True, True, False]


def test_busiest_of_equal_days_is_the_latest(token):
    for days in (1, 2, 3):
        called(token, NOW - timedelta(days=days), 4)

    with_days([token])

    assert token.days.most.date.day == 17


def test_sparkline_draws_each_day_in_its_place(token):
    for days, calls in [(0, 10), (1, 1), (3, 100)]:
        called(token, NOW - timedelta(days=days), calls)
    with_days([token])

    drawn = sparkline(token.days)

    assert '<path data-day="past" d="M31 20v-20M37 20v-2"/>' in drawn
    assert '<path data-day="today" d="M40 20v-2"/>' in drawn
    assert drawn.partition("</title>")[2].count("v-1M") == 10
    assert "111 calls in 14 days" in drawn
    assert 'width="41"' in drawn


def test_sparkline_of_a_quiet_today_has_only_past_bars(token):
    called(token, NOW - timedelta(days=1), 3)
    with_days([token])

    drawn = sparkline(token.days)

    assert "today" not in drawn
    assert 'M40 20v-1"/>' in drawn


def test_a_single_call_among_many_is_still_seen(token):
    called(token, NOW - timedelta(days=1), 1)
    called(token, NOW, 100_000)
    with_days([token])

    bars = calls_by_day(token.days)["bars"]

    assert [(bar.height, bar.top) for bar in bars][-3:] == [(0, 100), (4, 96), (100, 0)]


def test_callers_are_told_apart_by_secret_latest_first(token):
    called(token, NOW - 30 * HOUR, 1, secret=7)
    called(token, NOW - 20 * HOUR, 2, secret=7)
    called(token, NOW - HOUR, 4, secret=8)
    called(token, NOW - 2 * HOUR, 8, address="192.0.2.2", secret=7)

    found = callers(token)

    seen = [(row["address"], row["stored_secret_id"], row["total"]) for row in found]
    assert seen == [("192.0.2.1", 8, 4), ("192.0.2.2", 7, 8), ("192.0.2.1", 7, 3)]
    assert found[2]["first"] == datetime(2026, 3, 17, 8, tzinfo=UTC)
    assert found[2]["last"] == NOW - 20 * HOUR


def test_callers_end_one_after_those_that_are_shown(token):
    for number in range(CALLERS_SHOWN + 5):
        called(token, NOW, 1, agent=f"agent {number}")

    assert len(callers(token)) == CALLERS_SHOWN + 1


@pytest.fixture
def rotated(token):
    """The token, rotated an hour ago; old and new are ids of its secrets."""
    token.old = token.secrets.get().pk
    token.rotate(by=BY, overlap=24 * HOUR)
    token.new = token.secrets.current().get().pk
    token.secrets.update(created_at=NOW - HOUR)
    return token


def ago(minutes):
    return NOW - minutes * MINUTE


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (3, None, Progress.OLD),
        (50, None, Progress.OLD),
        (61, None, Progress.SILENT),
        (60 * 24 * 13, None, Progress.SILENT),
        (3, 30, Progress.OLD),
        (6, 2, Progress.MOVED),
        (50, 40, Progress.MOVED),
        (61, 1, Progress.MOVED),
        (None, 1, Progress.MOVED),
        (4, 2, Progress.BOTH),
        (2, 2, Progress.BOTH),
        (2, 6, Progress.BOTH),
        (40, 40, Progress.BOTH),
    ],
)
def test_caller_has_moved_when_its_old_secret_is_quiet(rotated, old, new, place):
    for secret, minutes in ((rotated.old, old), (rotated.new, new)):
        if minutes is not None:
            called(rotated, ago(minutes), 1, secret=secret)

    ((found, follower),) = Rotation(rotated).placed

    assert found == place
    assert follower.last == ago(min(each for each in (old, new) if each is not None))


def test_rotation_lists_those_that_have_to_move_first(rotated):
    for address, secret, minutes in [
        ("moved", rotated.new, 5),
        ("silent", rotated.old, 90),
        ("old, long ago", rotated.old, 30),
        ("old", rotated.old, 2),
        ("another token's secret", 10**6, 2),
        ("too long ago", rotated.old, 60 * 24 * 15),
    ]:
        called(rotated, ago(minutes), 1, address=address, secret=secret)

    rotation = Rotation(rotated)

    places = [(place, caller.address) for place, caller in rotation.shown]
    assert places == [
        (Progress.OLD, "old"),
        (Progress.OLD, "old, long ago"),
        (Progress.SILENT, "silent"),
        (Progress.MOVED, "moved"),
    ]
    sizes = len(rotation.moved), len(rotation.staying), len(rotation.on_new)
    assert sizes == (1, 3, 1)


def test_rotation_is_told_by_three_queries(rotated, django_assert_num_queries):
    for number in range(3):
        called(rotated, ago(2), 1, agent=f"agent {number}", secret=rotated.old)

    with django_assert_num_queries(3):
        assert len(Rotation(rotated).placed) == 3
