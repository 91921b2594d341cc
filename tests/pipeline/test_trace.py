"""Notes reach every watcher at once, and nobody after the end."""

from __future__ import annotations

import pytest

from appliance.errors import ControlError
from appliance.pipeline.trace import MAX_WATCHERS, Trace, TurnNote


def test_every_watcher_gets_every_note() -> None:
    trace = Trace(lambda: 42)
    one: list[TurnNote] = []
    other: list[TurnNote] = []
    trace.watch(one.append)
    trace.note(1, "listening")
    trace.watch(other.append)
    trace.note(1, "partial", 50, text="turn")
    assert one == [TurnNote(1, "listening", 42, {}), TurnNote(1, "partial", 50, {"text": "turn"})]
    assert other == one[1:]


def test_time_zero_is_a_time() -> None:
    trace = Trace(lambda: 42)
    notes: list[TurnNote] = []
    trace.watch(notes.append)
    trace.note(1, "listening", 0)
    assert notes[0].at_ms == 0


def test_the_end_of_watching_may_be_said_twice() -> None:
    trace = Trace(lambda: 0)
    notes: list[TurnNote] = []
    end = trace.watch(notes.append)
    end()
    end()
    trace.note(1, "done", outcome="answered")
    assert notes == []


def test_a_watcher_may_go_while_it_is_told() -> None:
    trace = Trace(lambda: 0)
    told: list[str] = []

    def once(note: TurnNote) -> None:
        told.append(f"once {note.kind}")
        end()

    end = trace.watch(once)
    trace.watch(lambda note: told.append(f"always {note.kind}"))
    trace.note(1, "wake")
    trace.note(1, "done")
    assert told == ["once wake", "always wake", "always done"]


def test_there_is_a_limit_and_room_comes_back() -> None:
    trace = Trace(lambda: 0)
    ends = [trace.watch(lambda _: None) for _ in range(MAX_WATCHERS)]
    with pytest.raises(ControlError, match=str(MAX_WATCHERS)):
        trace.watch(lambda _: None)
    ends[3]()
    trace.watch(lambda _: None)
