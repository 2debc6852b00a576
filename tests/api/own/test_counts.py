"""The table that all workers count calls in."""

import pytest

from accounts.api.own.counts import SIZE, SLOTS, TRIED, Counts


@pytest.fixture
def shared(tmp_path):
    path = tmp_path / "counts"
    path.write_bytes(bytes(SIZE))
    return path


def test_workers_count_together(shared):
    one, two = Counts(shared), Counts(shared)

    assert [counts.add("token 5", 120) for counts in (one, two, one)] == [1, 2, 3]


def test_workers_find_the_table_by_their_environment(shared, monkeypatch):
    monkeypatch.setenv("API_COUNTS_FILE", str(shared))

    Counts().add("token 5", 120)

    assert Counts(shared).add("token 5", 120) == 2


def test_every_key_and_every_minute_counts_for_itself():
    counts = Counts()

    added = [("a", 119), ("a", 119), ("b", 119), ("a", 120), ("b", 179), ("b", 179)]

    assert [counts.add(*each) for each in added] == [1, 2, 1, 1, 1, 2]


@pytest.mark.parametrize("content", [None, b"short"])
def test_without_the_table_a_worker_counts_alone(tmp_path, content):
    path = tmp_path / "counts"
    if content:
        path.write_bytes(content)

    assert [Counts(path).add("a", 60) for _ in range(2)] == [1, 1]


def test_a_full_table_stops_nobody():
    counts = Counts()
    for number in range(SLOTS * 2):
        assert counts.add(f"token {number}", 60) == 1

    assert counts.add("one more", 60) == 1
    assert TRIED < SLOTS
