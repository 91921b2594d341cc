"""What logs and metrics know of a turn: times, never words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.events import DeedResult
from appliance.observe.steps import MAX_TURNS, WORKERS, Step, Steps, named
from appliance.pipeline.trace import Kind, TurnNote

SPOKEN: list[tuple[Kind, int, dict[str, Any]]] = [
    ("wake", 1_000, {"word": "hey_jarvis", "score": 0.97}),
    ("listening", 1_000, {}),
    ("speech_start", 1_200, {}),
    ("partial", 1_900, {"text": "open the"}),
    ("endpoint", 3_100, {"speech_end_ms": 2_500}),
    ("transcript", 3_200, {"text": "open the safe", "confidence": 0.91, "ms": 95.0}),
    ("intent", 3_210, {"intent": "HassTurnOn", "source": "intent", "ms": 4.5, "deeds": [{"domain": "lock"}]}),
    ("deed", 3_300, {"entity_id": "lock.safe", "name": "Safe", "done": True, "confirmed": True, "ms": 88.0}),
    ("reply", 3_301, {"text": "the safe is open"}),
    ("first_audio", 3_450, {"speech_end_ms": 2_500}),
    ("played", 4_900, {"seconds": 1.4, "rms": 0.1}),
    ("done", 4_901, {"outcome": "answered"}),
]


def notes(turn: int = 7, site: str = "kitchen") -> list[TurnNote]:
    """A turn as the pipeline tells it."""
    return [TurnNote(turn, kind, at_ms, data, site) for kind, at_ms, data in SPOKEN]


def taken(steps: Steps | None = None) -> dict[str, Step]:
    steps = steps or Steps()
    return {step.kind: step for note in notes() if (step := steps.take(note)) is not None}


def test_who_did_it_and_how_long_it_took() -> None:
    found = {kind: (step.stage, step.latency_ms) for kind, step in taken().items()}
    assert found == {
        "wake": ("wake", None),
        "listening": ("sound", None),
        "speech_start": ("vad", None),
        "partial": ("stt", None),
        "endpoint": ("vad", 600.0),
        "transcript": ("stt", 95.0),
        "intent": ("intent", 4.5),
        "deed": ("home", 88.0),
        "reply": ("dialogue", None),
        "first_audio": ("tts", 950.0),
        "played": ("sound", None),
        "done": ("turn", 950.0),
    }


def test_more_that_is_known() -> None:
    steps = taken()
    assert (steps["wake"].name, steps["wake"].score, steps["wake"].first) == ("hey_jarvis", 0.97, True)
    assert not steps["listening"].first
    assert steps["transcript"].score == 0.91
    assert (steps["intent"].name, steps["intent"].source, steps["intent"].deeds) == (
        "HassTurnOn",
        "intent",
        1,
    )
    assert steps["deed"].outcome == "confirmed"
    assert (steps["first_audio"].reply_ms, steps["first_audio"].source) == (149.0, "intent")
    assert (steps["done"].outcome, steps["done"].total_ms) == ("answered", 3_901.0)


def test_no_step_holds_a_word() -> None:
    assert "safe" not in repr(taken()).lower()


def test_what_the_model_understood_is_the_model_s() -> None:
    step = Steps().take(TurnNote(1, "intent", 0, {"source": "model", "ms": 700.0, "intent": "x"}))
    assert step is not None
    assert (step.stage, step.source) == ("llm", "model")


@pytest.mark.parametrize(
    ("done", "confirmed", "outcome"),
    [(True, True, "confirmed"), (True, False, "sent"), (False, False, "failed"), (False, True, "failed")],
)
def test_what_became_of_a_deed(done: bool, confirmed: bool, outcome: str) -> None:
    result = DeedResult("light.x", "Safe", done, confirmed, "the safe is open", 3.0)
    step = Steps().take(TurnNote(1, "deed", 0, msgspec.structs.asdict(result)))
    assert step is not None
    assert step.outcome == outcome


def test_a_typed_question_is_counted_from_its_arrival() -> None:
    steps = Steps()
    steps.take(TurnNote(1, "intent", 500, {"source": "intent", "ms": 1.0}))
    step = steps.take(TurnNote(1, "first_audio", 800, {"speech_end_ms": 0}))
    assert step is not None
    assert step.latency_ms == 300


def test_a_second_sound_of_one_answer_is_no_first() -> None:
    steps = Steps()
    first, again = (steps.take(TurnNote(1, "first_audio", at, {"speech_end_ms": 0})) for at in (10, 20))
    assert first is not None
    assert again is None


def test_an_answer_to_a_question_is_a_wait_of_its_own() -> None:
    steps = Steps()
    steps.take(TurnNote(1, "first_audio", 1_000, {"speech_end_ms": 900}))
    steps.take(TurnNote(1, "listening", 2_000, {}))
    steps.take(TurnNote(1, "endpoint", 3_000, {"speech_end_ms": 2_800}))
    second = steps.take(TurnNote(1, "first_audio", 3_500, {"speech_end_ms": 2_800}))
    done = steps.take(TurnNote(1, "done", 4_000, {"outcome": "answered"}))
    assert second is not None
    assert done is not None
    assert second.latency_ms == 700
    assert done.latency_ms == 700, "the longer of both waits"


def test_what_belongs_to_no_turn_is_no_step() -> None:
    steps = Steps()
    assert steps.take(TurnNote(0, "wake", 1, {"word": "x", "score": 0.5})) is None
    assert steps.take(TurnNote(3, "stage", 1, {"name": "stt", "state": "ready"})) is None
    assert steps.running == 0


def test_turns_that_never_end_are_forgotten() -> None:
    steps = Steps()
    for turn in range(1, 3 * MAX_TURNS):
        steps.take(TurnNote(turn, "listening", turn, {}))
    assert steps.running == MAX_TURNS


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=90) | st.lists(st.integers())
)
NAMES = ("ms", "word", "score", "text", "source", "intent", "outcome", "speech_end_ms", "confidence", "deeds")


@given(
    st.lists(
        st.builds(
            TurnNote,
            st.integers(0, 3),
            st.sampled_from(list(WORKERS)),
            st.integers(-(10**9), 10**15),
            st.dictionaries(st.sampled_from(NAMES), VALUES),
            st.sampled_from(["a", "b"]),
        ),
        max_size=30,
    )
)
def test_whatever_is_noted_times_are_times_and_names_are_names(noted: list[TurnNote]) -> None:
    steps = Steps()
    for note in noted:
        step = steps.take(note)
        if step is not None:
            times = (step.latency_ms, step.total_ms, step.reply_ms)
            assert all(time is None or 0 <= time <= 120_000 for time in times)
            assert named(step.name) == step.name
            assert named(step.outcome) == step.outcome
            assert step.source in {"", "intent", "model", "none"}


def test_a_sentence_is_no_name() -> None:
    assert [named(each) for each in ("hey jarvis", "HassTurnOn", None, "", "öffne", "a\n", 7, "x" * 65)] == [
        *("hey jarvis", "HassTurnOn", "", ""),
        *["other"] * 4,
    ]
