"""Where a turn is, as a page shows it, told from the notes. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.calls import protocol

Phase = Literal["idle", "listening", "thinking", "speaking"]
NOTES: dict[str, Phase] = {
    "wake": "listening",
    "listening": "listening",
    "endpoint": "thinking",
    "transcript": "thinking",
    "intent": "thinking",
    "reply": "thinking",
    "first_audio": "speaking",
    "done": "idle",
}
KEPT_WHILE_SPEAKING = frozenset({"reply", "intent"})
"""A second sentence does not end the first."""


class State(msgspec.Struct, frozen=True):
    """What is told whenever it changes."""

    phase: Phase = "idle"
    turn: int = 0


def follow(state: State, note: protocol.Note) -> State:
    """After this note."""
    phase = NOTES.get(note.kind)
    if phase is None or note.turn < state.turn:
        return state
    if phase == "idle":
        return State() if note.turn == state.turn else state
    if note.turn == state.turn and state.phase == "speaking" and note.kind in KEPT_WHILE_SPEAKING:
        return state
    return State(phase, note.turn)


def released(state: State) -> State:
    """The speaker says that all is said."""
    return State("thinking", state.turn) if state.phase == "listening" else state
