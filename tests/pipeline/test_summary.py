"""A turn's notes, and the numbers that they come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote

DEED = {"entity_id": "light.a", "name": "Lamp", "done": True, "confirmed": True, "reason": "", "ms": 80.0}
SPOKEN: list[tuple[str, int, dict[str, Any]]] = [
    ("wake", 1_000, {"word": "hey_jarvis", "score": 0.93}),
    ("listening", 1_010, {}),
    ("partial", 1_500, {"text": "lamp"}),
    ("speech_start", 1_200, {}),
    ("endpoint", 2_500, {"speech_end_ms": 2_020}),
    ("transcript", 2_560, {"text": "lamp on", "ms": 50.0}),
    ("intent", 2_570, {"intent": "HassTurnOn", "source": "intent", "ms": 8.0}),
    ("deed", 2_650, DEED),
    ("reply", 2_660, {"text": "Turned on."}),
    ("first_audio", 2_740, {"speech_end_ms": 2_020}),
    ("played", 3_500, {"seconds": 0.8, "rms": 0.12}),
    ("done", 3_510, {"outcome": "answered"}),
]


def summed(notes: list[tuple[str, int, dict[str, Any]]]) -> Summary:
    summary = Summary(turn=7)
    for kind, at_ms, data in notes:
        summary.take(TurnNote(7, kind, at_ms, data))  # type: ignore[arg-type]
    return summary


def test_a_spoken_turn() -> None:
    summary = summed(SPOKEN)
    assert summary.over
    assert summary.confirmed
    assert (summary.word, summary.heard, summary.intent) == ("hey_jarvis", "lamp on", "HassTurnOn")
    assert summary.started_ms == 1_000
    assert summary.endpoint_ms == 2_500
    assert summary.transcript_ms == 2_560
    assert summary.intent_ms == 2_570
    assert summary.deed_ms == 2_650
    assert summary.reply_ms == 2_660
    assert summary.done_ms == 3_510
    assert (summary.audio_seconds, summary.audio_rms) == (0.8, 0.12)
    assert summary.answer == "Turned on."


@pytest.mark.parametrize(
    ("kinds", "speech_end_ms", "latency_ms"),
    [
        ("all", 2_020, 720),
        ("all", 2_700, 40),
        ("typed", 0, 180),
        ("silent", 0, None),
    ],
)
def test_latency_counts_from_the_last_sound_or_the_question(
    kinds: str, speech_end_ms: int, latency_ms: int | None
) -> None:
    typed = [note for note in SPOKEN if note[1] >= 2_560]
    notes = {"all": SPOKEN, "typed": typed, "silent": SPOKEN[:5]}[kinds]
    notes = [(k, t, d | {"speech_end_ms": speech_end_ms} if k == "first_audio" else d) for k, t, d in notes]
    assert summed(notes).latency_ms == latency_ms


def test_several_sentences_are_one_answer_and_the_first_counts() -> None:
    summary = summed([("reply", 10, {"text": "One."}), ("reply", 20, {"text": "Two."})])
    assert summary.answer == "One. Two."
    assert summary.reply_ms == 10


@pytest.mark.parametrize(
    ("confirmed", "all_of_them"), [([], True), ([True, True], True), ([True, False], False)]
)
def test_confirmed_means_every_deed(confirmed: list[bool], all_of_them: bool) -> None:
    notes = [("deed", 10, DEED | {"confirmed": each}) for each in confirmed]
    assert summed(notes).confirmed is all_of_them


def test_turns_do_not_share_their_lists() -> None:
    summed(SPOKEN)
    fresh = Summary(turn=8)
    assert (fresh.deeds, fresh.reply, fresh.over, fresh.answer) == ([], [], False, "")


@given(st.integers(0, len(SPOKEN)))
def test_only_the_last_note_ends_it(count: int) -> None:
    assert summed(SPOKEN[:count]).over == (count == len(SPOKEN))
