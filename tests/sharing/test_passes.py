from datetime import timedelta

import pytest

from sharing.models import SharedView
from sharing.page_version import Pass, words
from tests.factories import BY, SharedViewFactory, ShareFactory

DAY, HOUR, MINUTE = 86_400, 3_600, 60


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (1, "1 s"),
        (59, "59 s"),
        (MINUTE, "1 min"),
        (12 * MINUTE + 30, "12 min 30 s"),
        (HOUR, "1 h"),
        (HOUR + 59, "1 h"),
        (5 * HOUR + 12 * MINUTE + 9, "5 h 12 min"),
        (DAY, "1 day"),
        (DAY + HOUR, "1 day 1 h"),
        (6 * DAY + 4 * HOUR + MINUTE, "6 days 4 h"),
        (400 * DAY + MINUTE, "400 days"),
    ],
)
def test_time_left_in_words(seconds, said):
    assert words(seconds) == said


def shown(share, ends_at=None):
    share = type(share).objects.get(pk=share.pk)
    return Pass.of(share, ends_at or share.token.expires_at)


def test_a_pass_without_an_end_counts_nothing_down(main):
    share = ShareFactory(account=main)
    share.token.expires_at = None

    assert Pass.of(share, None).seconds_left is None


def test_time_never_runs_backwards(main, fixed_time):
    share = ShareFactory(account=main)

    passed = shown(share, fixed_time - timedelta(hours=1))

    assert (passed.seconds_left, passed.left) == (0, "0 s")


@pytest.mark.parametrize("ends_in", [7, 8])
def test_the_key_stays_while_nothing_changes(main, env, fixed_time, ends_in):
    share = ShareFactory(account=main, filters=[env])
    ends_at = fixed_time + timedelta(days=ends_in)

    before = shown(share, ends_at).key
    share.count_visit("192.0.2.7", "Firefox")

    assert shown(share, ends_at).key == before


def change_of_a_filter(share, env, view):
    env.edit(by=BY, value="prod")


def change_of_the_operator(share, env, view):
    share.narrow(filters=[env], operator="OR", shows_everything=False, by=BY)


def everything(share, env, view):
    share.narrow(filters=[], operator="AND", shows_everything=True, by=BY)


def later_end(share, env, view):
    share.token.set_expiry(share.token.expires_at + timedelta(days=1), by=BY)


def change_of_a_view(share, env, view):
    view.edit(title=view.title, address="https://perses.example/", by=BY)


def another_view(share, env, view):
    SharedView.add(account=share.token.account, title="X", address="https://x/", by=BY)


@pytest.mark.parametrize(
    "change",
    [
        change_of_a_filter,
        change_of_the_operator,
        everything,
        later_end,
        change_of_a_view,
        another_view,
    ],
)
def test_the_key_differs_when_the_page_is_not_true_any_more(main, env, change):
    view = SharedViewFactory(account=main)
    share = ShareFactory(account=main, filters=[env])
    before = shown(share).key

    change(share, env, view)

    assert shown(share).key != before
