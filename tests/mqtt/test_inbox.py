"""Messages that came in."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt.inbox import Inbox, InboxCounts


class Message(NamedTuple):
    payload: bytes


def message(size: int) -> Message:
    return Message(b"x" * size)


def test_what_does_not_fit_is_counted_by_why():
    counts = InboxCounts()
    inbox = Inbox(counts, limit=2, limit_bytes=10, payload_bytes=8)
    for size in (9, 8, 3, 2, 0):
        inbox.put_nowait(message(size))
    assert [len(inbox.get_nowait().payload) for _ in range(2)] == [8, 2]
    assert (counts.received, counts.too_big, counts.dropped) == (2, 1, 2)
    with pytest.raises(asyncio.QueueEmpty):
        inbox.get_nowait()


def test_counts_outlive_a_connection():
    counts = InboxCounts()
    for _ in range(3):
        Inbox(counts, 1, 10, 1).put_nowait(message(2))
    assert counts.too_big == 3


def test_who_waits_gets_the_next_one_and_its_room_is_given_back():
    async def play():
        inbox = Inbox(InboxCounts(), 10, 4, 4)
        waiting = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        inbox.put_nowait(message(4))
        assert len((await waiting).payload) == 4
        inbox.put_nowait(message(3))
        assert len((await inbox.get()).payload) == 3

    asyncio.run(play())


@given(st.lists(st.none() | st.integers(0, 12), max_size=60))
def test_never_more_than_the_bounds_and_nothing_uncounted(steps: list[int | None]):
    """None takes one out, a number puts a payload of so many bytes in."""
    counts, model = InboxCounts(), deque[int]()
    inbox = Inbox(counts, limit=4, limit_bytes=20, payload_bytes=10)
    too_big = dropped = 0
    for step in steps:
        if step is None:
            assert inbox.empty() == (not model)
            if model:
                assert len(inbox.get_nowait().payload) == model.popleft()
            continue
        inbox.put_nowait(message(step))
        if step > 10:
            too_big += 1
        elif len(model) == 4 or sum(model) + step > 20:
            dropped += 1
        else:
            model.append(step)
        assert inbox.qsize() == len(model)
    assert (counts.too_big, counts.dropped) == (too_big, dropped)
    assert counts.received + too_big + dropped == sum(step is not None for step in steps)
