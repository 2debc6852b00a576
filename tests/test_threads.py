"""Calls that may wait, beside an event loop."""

import asyncio
import threading

import pytest

from config.threads import Threads, unless_gone


def test_a_call_is_made_in_another_thread():
    def where(*arguments):
        return threading.current_thread(), arguments

    thread, arguments = asyncio.run(Threads(1).run(where, 1, 2))

    assert thread is not threading.current_thread()
    assert arguments == (1, 2)


def test_what_a_call_raises_is_raised_where_it_is_waited_for():
    with pytest.raises(LookupError, match="nothing there"):
        asyncio.run(Threads(1).run(failing))


def failing():
    raise LookupError("nothing there")


def test_nobody_waits_for_the_answer_to_who_has_left():
    loop = asyncio.new_event_loop()
    made = loop.create_future()
    made.cancel()

    unless_gone(made, lambda: made.set_result("late"))
    loop.close()

    assert made.cancelled()
