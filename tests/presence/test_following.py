"""From notes to what happened."""

from __future__ import annotations

from appliance.pipeline.trace import TurnNote
from appliance.presence.following import MAX_TURNS, Event, Last, Turns, Words


def test_a_turn_is_told_as_events_and_newest_values() -> None:
    turns = Turns()
    assert turns.take(TurnNote(1, "wake", 0, {"word": "alexa", "score": 0.9})) == [
        Last("local", "last_wake_word", "alexa"), Event("local", "wake", "alexa", {"score": 0.9}),
    ]  # fmt: skip
    assert turns.take(TurnNote(1, "transcript", 5, {"text": "hello"})) == []
    assert turns.take(TurnNote(1, "intent", 6, {"intent": "", "source": ""})) == [
        Last("local", "last_intent", "unknown")
    ]
    turns.take(TurnNote(1, "reply", 7, {"text": "Hi."}))
    turns.take(TurnNote(1, "first_audio", 107, {"speech_end_ms": 0}))
    assert turns.take(TurnNote(1, "done", 200, {"outcome": "answered"})) == [
        Words("local", "hello", "Hi."), Event("local", "turn", "answered", {"latency_ms": 107}),
    ]  # fmt: skip


def test_turns_that_never_end_are_bounded() -> None:
    turns = Turns()
    for number in range(1, 10 * MAX_TURNS):
        turns.take(TurnNote(number, "listening", 0))
    assert len(turns._turns) == MAX_TURNS


def test_a_stage_and_a_capture_are_no_turns() -> None:
    turns = Turns()
    assert turns.take(TurnNote(0, "stage", 0, {"name": "stt", "state": "ready"})) == []
    assert turns.take(TurnNote(2, "done", 0, {"outcome": "captured"})) == [Words("local", "", "")]
