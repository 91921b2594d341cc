"""What waits begins in order, when the room is free, and not without bound."""

from __future__ import annotations

from functools import partial
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue import events
from appliance.pipeline.waiting import MAX_WAITING, Waiting


def told(text: str, turn: int) -> events.Event:
    return events.Told(text, turn)


class Room:
    def __init__(self) -> None:
        self.free = True
        self.begun: list[events.Event] = []
        self.waiting = Waiting(lambda: self.free, count(1).__next__, self.begin)

    def begin(self, event: events.Event) -> None:
        self.begun.append(event)
        self.free = False


def test_what_is_not_wanted_any_more_holds_nobody_up() -> None:
    room = Room()
    room.free = False
    assert room.waiting.add(lambda turn: events.Told("y", turn), lambda _: False)
    assert room.waiting.add(lambda turn: events.Told("x", turn))
    room.free = True
    room.waiting.next()
    assert room.begun == [events.Told("x", 2)]
    assert not room.waiting


@given(st.lists(st.booleans(), max_size=40))
def test_all_that_was_taken_begins_once_and_in_order(frees: list[bool]) -> None:
    room = Room()
    room.free = False
    taken = []
    for number, free in enumerate(frees):
        if free:
            room.free = True
            room.waiting.next()
        if room.waiting.add(partial(told, str(number))):
            taken.append(str(number))
    while room.waiting:
        room.free = True
        room.waiting.next()
    assert [event.text for event in room.begun if isinstance(event, events.Told)] == taken


def test_it_is_bounded_and_can_be_cleared() -> None:
    room = Room()
    room.free = False
    assert [room.waiting.add(events.Rung) for _ in range(MAX_WAITING + 1)] == [True] * MAX_WAITING + [False]
    room.waiting.clear()
    assert not room.waiting
