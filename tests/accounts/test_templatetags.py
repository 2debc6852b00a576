from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

NOW = datetime(2026, 11, 23, 14, 0, 5, tzinfo=UTC)


def render(source, **context):
    return Template("{% load accounts %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=50), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=6, hours=23), "in 6 days"),
        (timedelta(days=7, seconds=-2), "in 7 days"),
        (timedelta(days=-30), "24 Oct"),
        (timedelta(days=60), "22 Jan 2027"),
    ],
)
def test_when_says_how_far_away_it_is(gap, words):
    with time_machine.travel(NOW, tick=False):
        page = render("{% when value %}", value=NOW + gap)

    assert page.endswith(f">{words}</time>")


def test_when_has_the_exact_time_in_utc():
    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Jerusalem"):
        page = render("{% when value %}", value=NOW)

    assert page == (
        '<time datetime="2026-11-23T14:00:05+00:00"'
        ' title="Mon 23 Nov 2026 14:00:05 UTC">just now</time>'
    )


def test_day_is_the_day_where_the_viewer_is():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Jerusalem"):
        page = render("{% day value %}", value=late)

    assert page.endswith(">24 Nov</time>")


@pytest.mark.parametrize("tag", ["when", "day"])
def test_no_time_is_said_in_words(tag):
    assert render(f"{{% {tag} None %}}") == '<span class="muted">never</span>'
    assert render(f"{{% {tag} None 'none' %}}") == '<span class="muted">none</span>'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("'never-used'", "Never used"),
        ("'expiring' 'Expires in 6 days'", "Expires in 6 days"),
        ("'unheard-of'", "Unheard of"),
    ],
)
def test_badge_has_a_state_an_icon_and_words(arguments, words):
    page = render(f"{{% badge {arguments} %}}")

    assert f'data-state="{arguments.split("'")[1]}"' in page
    assert "<svg" in page
    assert page.strip().endswith(f"{words}</span>")
