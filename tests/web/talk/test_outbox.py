"""What may have to be sent again."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from appliance.web.talk.outbox import Outbox
from appliance.web.talk.wire import Speech, Told


def numbers(box: Outbox, after: int) -> list[int]:
    found = []
    while (kept := box.after(after)) is not None:
        after = kept[0]
        found.append(after)
    return found


def test_everything_after_a_number_as_often_as_asked() -> None:
    box = Outbox()
    for turn in range(3):
        box.put(Told("end", {"turn": turn}))
    assert numbers(box, 0) == numbers(box, 0) == [1, 2, 3]
    assert numbers(box, 2) == [3]
    assert numbers(box, 99) == []
    kept = box.after(2)
    assert kept is not None
    assert json.loads(kept[1]) == {"type": "end", "n": 3, "turn": 2}


def test_the_oldest_make_room_by_count_and_by_size() -> None:
    few, small = Outbox(max_frames=2), Outbox(max_bytes=100)
    for _ in range(5):
        few.put(Told("x"))
        small.put(Speech(1, 16_000, bytes(36)))
    assert numbers(few, 0) == numbers(small, 0) == [4, 5]
    assert few.oldest == small.oldest == 4


def test_cancelled_speech_is_not_sent_any_more_and_everything_else_is() -> None:
    box = Outbox()
    for frame in (
        Speech(1, 16_000, b"1111"),
        Told("note"),
        Speech(2, 16_000, b"2222"),
        Speech(1, 16_000, b"33"),
    ):
        box.put(frame)
    box.forget(1)
    assert numbers(box, 0) == [2, 3]
    assert box.put(Told("cancel", {"turn": 1})) == 5
    assert numbers(box, 3) == [5]


def test_forgotten_speech_makes_no_room_twice() -> None:
    box = Outbox(max_bytes=100)
    for _ in range(2):
        box.put(Speech(1, 16_000, bytes(36)))
    box.forget(1)
    for _ in range(2):
        box.put(Speech(2, 16_000, bytes(36)))
    assert numbers(box, 0) == [3, 4]


@given(st.lists(st.integers(1, 3), max_size=40), st.integers(0, 45))
def test_any_point_to_go_on_from(turns: list[int], after: int) -> None:
    box = Outbox(max_frames=10)
    for turn in turns:
        box.put(Speech(turn, 8_000, b"ab"))
    box.forget(2)
    wanted = [n for n, turn in enumerate(turns, 1) if turn != 2 and n > after and n > len(turns) - 10]
    assert numbers(box, after) == wanted
