"""What rings where when rooms come and go, and what is told once it can be."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from appliance.timers.model import Timer
from appliance.timers.sounding import LOCAL, MAX_UNTOLD, Sounding

EGGS = Timer(1, "timer", room="kitchen")
TEA = Timer(2, "timer", room="hall")


class Rooms:
    """Rooms that are there ring; the others do not."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.done: list[tuple[str, int, str]] = []
        self.said: list[tuple[str, str]] = []

    def ring(self, timer: Timer, words: str) -> bool:
        if timer.room not in self.there:
            return False
        self.done.append(("ring", timer.id, timer.room))
        return bool(words) or True

    def hush(self, timer: Timer) -> None:
        self.done.append(("hush", timer.id, timer.room))

    def announce(self, room: str, text: str) -> bool:
        if room in self.there:
            self.said.append((room, text))
        return room in self.there


@pytest.mark.parametrize(
    ("there", "rings"), [({"kitchen", LOCAL}, "kitchen"), ({LOCAL}, LOCAL), ({"hall"}, "")]
)
def test_a_room_that_is_away_is_stood_in_for(there: set[str], rings: str) -> None:
    rooms = Rooms(*there)
    sounding = Sounding(rooms)
    assert sounding.ring(EGGS, "done") == bool(rings)
    assert sounding.numbers(rings or "kitchen") == ((1,) if rings else ())
    sounding.hush(1)
    sounding.hush(1)
    assert rooms.done == ([("ring", 1, rings), ("hush", 1, rings)] if rings else [])


def test_silence_is_for_all_of_them_and_a_lost_room_needs_none() -> None:
    rooms = Rooms("kitchen", "hall")
    sounding = Sounding(rooms)
    assert sounding.ring(EGGS, "")
    assert sounding.ring(TEA, "")
    assert sounding.lose("hall") == (2,)
    sounding.hush_all()
    assert [each for each in rooms.done if each[0] == "hush"] == [("hush", 1, "kitchen")]
    assert sounding.numbers() == ()


def test_what_cannot_be_told_waits_and_the_oldest_goes_first() -> None:
    rooms = Rooms()
    sounding = Sounding(rooms)
    for number in range(MAX_UNTOLD + 3):
        sounding.tell_later(replace(EGGS, id=number), f"missed {number}")
    assert list(sounding.tell()) == []
    assert sounding.waiting
    rooms.there = {LOCAL}
    assert list(sounding.tell()) == list(range(3, MAX_UNTOLD + 3))
    assert rooms.said[0] == (LOCAL, "missed 3")
    assert not sounding.waiting
