from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.memory import MAX_ROOMS, Memory, heard_part


def said(memory: Memory, now: float, room: str = "kitchen") -> list[str]:
    return [each.said for each in memory.recall(room, now)]


def test_the_last_turns_are_remembered() -> None:
    memory = Memory(2, 100.0)
    for number in range(4):
        memory.keep("kitchen", f"q{number}", f"a{number}", number)
    assert said(memory, 4.0) == ["a2", "a3"]


def test_for_a_while() -> None:
    memory = Memory(5, 10.0)
    memory.keep("kitchen", "q", "old", 0.0)
    memory.keep("kitchen", "q", "new", 8.0)
    assert said(memory, 10.0) == ["old", "new"]
    assert said(memory, 10.1) == ["new"]
    assert said(memory, 18.1) == []


def test_each_room_for_itself() -> None:
    memory = Memory(5, 10.0)
    memory.keep("kitchen", "q", "here", 0.0)
    assert said(memory, 1.0, "hall") == []
    memory.keep("hall", "q", "there", 0.0)
    memory.forget("hall")
    assert (said(memory, 1.0), said(memory, 1.0, "hall")) == (["here"], [])
    memory.forget()
    assert said(memory, 1.0) == []


def test_what_was_not_heard_is_not_remembered() -> None:
    memory = Memory(5, 10.0)
    memory.keep("kitchen", "q", " ", 0.0)
    assert memory.recall("kitchen", 0.0) == ()
    memory.keep("kitchen", "turn it on", "", 0.0, done=True)
    (only,) = memory.recall("kitchen", 0.0)
    assert (only.words, only.said, only.done) == ("turn it on", "", True)


def test_nothing_is_remembered_when_that_is_wanted() -> None:
    memory = Memory(0, 10.0)
    memory.keep("kitchen", "q", "a", 0.0)
    assert said(memory, 0.0) == []


def test_other_limits_hold_at_once() -> None:
    memory = Memory(5, 100.0)
    for number in range(5):
        memory.keep("kitchen", "q", f"a{number}", number)
    memory.reconfigure(2, 100.0)
    assert said(memory, 5.0) == ["a3", "a4"]
    memory.reconfigure(0, 100.0)
    assert said(memory, 5.0) == []


@given(st.lists(st.tuples(st.integers(0, 200), st.text(max_size=2_000), st.floats(0, 50)), max_size=80))
def test_it_never_grows_beyond_its_bounds(kept: list[tuple[int, str, float]]) -> None:
    memory = Memory(3, 60.0)
    now = 0.0
    for room, text, pause in kept:
        now += pause
        memory.keep(f"room {room}", text, text, now)
    rooms = memory._rooms
    assert len(rooms) <= MAX_ROOMS
    for room in list(rooms):
        recalled = memory.recall(room, now)
        assert len(recalled) <= 3
        assert all(now - each.at <= 60.0 for each in recalled)
        assert all(
            len(each.words) <= 400 and len(each.said) <= 300 and "\n" not in each.said for each in recalled
        )


@pytest.mark.parametrize(
    ("played", "heard"),
    [(0.0, ""), (0.9, ""), (1.0, "One."), (2.9, "One."), (3.0, "One. Two."), (99, "One. Two.")],
)
def test_only_whole_sentences_count_as_heard(played: float, heard: str) -> None:
    assert heard_part([("One.", 1.0), ("Two.", 2.0)], played) == heard
