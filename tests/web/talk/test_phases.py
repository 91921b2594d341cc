"""Where a turn is."""

from __future__ import annotations

import pytest

from appliance.calls.protocol import Note
from appliance.web.talk.phases import State, follow, released

IDLE = State()


def after(*kinds: str, turn: int = 4, state: State = IDLE) -> State:
    for kind in kinds:
        state = follow(state, Note(turn, kind, 0))
    return state


@pytest.mark.parametrize(
    ("kinds", "phase"),
    [
        (("wake", "listening"), "listening"),
        (("listening", "speech_start", "partial"), "listening"),
        (("listening", "endpoint"), "thinking"),
        (("listening", "transcript", "intent", "deed", "reply"), "thinking"),
        (("listening", "reply", "first_audio"), "speaking"),
        (("reply", "first_audio", "reply"), "speaking"),
        (("reply", "first_audio", "played", "listening"), "listening"),
        (("listening", "done"), "idle"),
    ],
)
def test_of_one_turn(kinds: tuple[str, ...], phase: str) -> None:
    assert after(*kinds) == State(phase, 0 if phase == "idle" else 4)  # type: ignore[arg-type]


def test_the_newer_turn_wins() -> None:
    new = after("listening", turn=5, state=after("reply", "first_audio"))
    assert new == State("listening", 5)
    assert after("done", turn=4, state=new) == new
    assert after("first_audio", turn=4, state=new) == new


def test_a_released_button_ends_listening_only() -> None:
    assert released(after("listening")) == State("thinking", 4)
    assert released(after("first_audio")) == State("speaking", 4)
