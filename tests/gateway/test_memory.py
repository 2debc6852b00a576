import pytest

from gateway.verify import cache
from gateway.verify.cache import Memory, key_of
from gateway.verify.decisions import NOT_KNOWN, PASS, Decision
from gateway.verify.invalidation import NEVER, Snapshot
from gateway.verify.signal import ASK, SIGNALS

LOGS = SIGNALS["logs"]
KEY = key_of("shown")
PASSING = Decision(PASS, [], slot=3, token_id=1, until=100.0)


def seen(**slots):
    numbers = list(NEVER)
    for slot, number in slots.items():
        numbers[int(slot.removeprefix("slot"))] = number
    return Snapshot(tuple(numbers), sum(numbers), seen_at=0.0)


@pytest.fixture
def memory():
    return Memory()


def test_nothing_is_remembered_at_first(memory):
    assert memory.recall(LOGS, KEY, seen(), 0.0)[1] is False


def test_a_decision_is_true_until_its_slot_moves(memory):
    memory.keep(LOGS, KEY, PASSING, seen(slot3=5))

    assert memory.recall(LOGS, KEY, seen(slot3=5, slot4=9), 0.0) == (PASSING, True)
    assert memory.recall(LOGS, KEY, seen(slot3=6), 0.0) == (PASSING, False)


def test_a_decision_is_true_until_it_ends_by_itself(memory):
    memory.keep(LOGS, KEY, PASSING, seen())

    assert memory.recall(LOGS, KEY, seen(), 99.9) == (PASSING, True)
    assert memory.recall(LOGS, KEY, seen(), 100.0) == (PASSING, False)


def test_what_is_unknown_stays_so_until_anything_moves(memory):
    memory.keep(LOGS, KEY, NOT_KNOWN, seen(slot3=5))

    assert memory.recall(LOGS, KEY, seen(slot3=5), 0.0) == (NOT_KNOWN, True)
    assert memory.recall(LOGS, KEY, seen(slot3=5, slot4=1), 0.0) == (NOT_KNOWN, False)


def test_signals_do_not_share_what_is_known(memory):
    memory.keep(LOGS, KEY, PASSING, seen())

    assert memory.recall(ASK, KEY, seen(), 0.0)[1] is False
    assert memory.recall(SIGNALS["metrics"], KEY, seen(), 0.0)[1] is False


def test_what_becomes_known_or_unknown_is_remembered_once(memory):
    memory.keep(LOGS, KEY, NOT_KNOWN, seen())
    memory.keep(LOGS, KEY, PASSING, seen())
    assert memory.recall(LOGS, KEY, seen(), 0.0) == (PASSING, True)

    memory.keep(LOGS, KEY, NOT_KNOWN, seen())
    assert memory.recall(LOGS, KEY, seen(), 0.0) == (NOT_KNOWN, True)


def test_invented_tokens_do_not_drive_out_those_that_work():
    memory = Memory(max_known=2000, max_unknown=2000)
    memory.keep(LOGS, KEY, PASSING, seen())

    sizes = []
    for number in range(10_000):
        memory.keep(LOGS, key_of(f"invented {number}"), NOT_KNOWN, seen())
        sizes.append(len(memory._unknown))

    assert memory.recall(LOGS, KEY, seen(), 0.0) == (PASSING, True)
    assert max(sizes) == 2000


def test_the_oldest_are_forgotten_when_there_is_no_more_room():
    memory = Memory(max_known=1500)
    keys = [key_of(str(number)) for number in range(2000)]
    for key in keys:
        memory.keep(LOGS, key, PASSING, seen())

    known = [memory.recall(LOGS, key, seen(), 0.0)[1] for key in keys]

    assert known == [False] * 1000 + [True] * 1000


def test_signals_share_the_room_and_the_one_with_most_makes_way():
    memory = Memory(max_known=1500)
    memory.keep(ASK, KEY, PASSING, seen())
    keys = [key_of(str(number)) for number in range(1499)]
    for key in keys:
        memory.keep(LOGS, key, PASSING, seen())
    assert memory.sizes() == (1500, 0)

    memory.keep(SIGNALS["metrics"], KEY, PASSING, seen())

    assert memory.recall(ASK, KEY, seen(), 0.0) == (PASSING, True)
    assert memory.recall(SIGNALS["metrics"], KEY, seen(), 0.0) == (PASSING, True)
    known = [memory.recall(LOGS, key, seen(), 0.0)[1] for key in keys]
    assert known == [False] * 1000 + [True] * 499


def test_keys_and_stores_have_a_size_that_a_process_can_hold():
    memory = Memory()

    assert len(key_of("shown")) == 16
    assert memory._max_known == 200_000
    assert memory._max_unknown == cache.MAX_UNKNOWN == 50_000


def test_what_was_shown_is_not_kept(memory):
    secret = "tgl_" + "x" * 49
    memory.keep(LOGS, key_of(secret), PASSING, seen())

    assert secret not in repr(vars(memory))
    assert key_of("\ud800") != key_of("shown")
