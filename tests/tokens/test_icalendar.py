from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.icalendar import content_lines, moment, text


def unfolded(content):
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_lines_end_with_both_characters():
    assert content_lines([("A", "b"), ("C", 1)]) == b"A:b\r\nC:1\r\n"


@pytest.mark.parametrize(
    ("length", "lines"), [(73, 1), (74, 2), (73 + 74, 2), (73 + 74 + 1, 3)]
)
def test_lines_have_up_to_75_octets(length, lines):
    content = content_lines([("A", "b" * length)])

    assert content.count(b"\r\n") == lines
    assert max(map(len, content.split(b"\r\n"))) <= 75


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=300))
def test_no_character_is_cut(words):
    content = content_lines([("SUMMARY", words)])

    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line.decode() for line in lines]
    assert unfolded(content) == [f"SUMMARY:{words}", ""]


def test_texts_are_escaped():
    assert text(r"a\b; c, d") == r"a\\b\; c\, d"


def test_moments_are_in_utc():
    tokyo = timezone(timedelta(hours=9))

    assert (
        moment(datetime(2026, 12, 1, 8, 59, 59, 5, tzinfo=tokyo)) == "20261130T235959Z"
    )
    assert moment(datetime(2026, 12, 1, tzinfo=UTC)) == "20261201T000000Z"
