"""The tables that all workers count calls in."""

import multiprocessing

import pytest

from accounts.rate_limits.shared_counts import SIZE, SLOTS, TRIED, SharedCounts

ROUNDS, WORKERS = 2000, 4


@pytest.fixture
def shared(tmp_path):
    path = tmp_path / "counts"
    path.write_bytes(bytes(SIZE))
    return path


def test_workers_count_together(shared):
    one, two = SharedCounts(shared), SharedCounts(shared)

    assert [counts.add(0, "token 5", 120) for counts in (one, two, one)] == [1, 2, 3]


def test_workers_find_the_table_by_their_environment(shared, monkeypatch):
    monkeypatch.setenv("API_COUNTS_FILE", str(shared))

    SharedCounts().add(0, "token 5", 120)

    assert SharedCounts(shared).add(0, "token 5", 120) == 2


def count_often(path):
    counts = SharedCounts(path)
    for _ in range(ROUNDS):
        counts.add(0, "token 5", 120)


def test_no_call_is_lost_between_workers(shared):
    starting = multiprocessing.get_context("spawn")
    workers = [
        starting.Process(target=count_often, args=(shared,)) for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert SharedCounts(shared).add(0, "token 5", 120) == ROUNDS * WORKERS + 1


def test_every_key_section_and_minute_counts_for_itself():
    counts = SharedCounts()

    added = [
        *((0, "a", 119), (0, "a", 119), (0, "b", 119), (1, "a", 119)),
        *((0, "a", 120), (0, "b", 179), (0, "b", 179)),
    ]

    assert [counts.add(*each) for each in added] == [1, 2, 1, 1, 1, 1, 2]


def test_a_call_is_taken_back_in_its_own_minute_only():
    counts = SharedCounts()
    counts.add(0, "a", 60)
    counts.add(0, "a", 60)

    counts.take_back(0, "a", 61)
    counts.take_back(0, "a", 120)

    assert (counts.add(0, "a", 119), counts.add(0, "a", 120)) == (2, 1)


@pytest.mark.parametrize("content", [None, b"short"])
def test_without_the_table_a_worker_counts_alone(tmp_path, content):
    path = tmp_path / "counts"
    if content:
        path.write_bytes(content)

    assert [SharedCounts(path).add(0, "a", 60) for _ in range(2)] == [1, 1]


def test_a_full_table_lets_nobody_through_uncounted():
    counts = SharedCounts()
    for number in range(SLOTS * 4):
        counts.add(0, f"token {number}", 60)

    more = [counts.add(0, "one more", 60) for _ in range(10)]

    assert more == list(range(more[0], more[0] + 10))
    assert more[0] > 1
    assert counts.add(1, "one more", 60) == 1
    assert TRIED < SLOTS


def test_a_key_keeps_its_count_in_a_flood():
    counts = SharedCounts()
    for _ in range(5):
        counts.add(0, "a", 60)
    for number in range(SLOTS * 4):
        counts.add(0, f"token {number}", 60)

    assert counts.add(0, "a", 60) >= 6
