"""The demonstrator: its voice, its patience, and what it complains about."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from appliance.audio import pcm
from appliance.demonstration import (
    AUDIBLE_RMS,
    CHUNK_BYTES,
    PAUSE_MS,
    SENTENCES,
    Sentence,
    chunks,
    judge,
    next_turn,
    speak,
)
from appliance.errors import ControlError
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote

DEED = {"name": "Lamp", "done": True, "confirmed": True, "reason": ""}
GOOD = Summary(turn=1, heard="x", deeds=[DEED], reply=["Done."], outcome="answered", audio_rms=0.1)


@pytest.mark.parametrize(
    ("deed", "changes", "complaint"),
    [
        (True, {}, ""),
        (False, {"deeds": []}, ""),
        (True, {"outcome": ""}, "did not end"),
        (True, {"deeds": []}, "no deed followed; it heard 'x'"),
        (True, {"deeds": [DEED, DEED | {"confirmed": False}]}, "did not confirm"),
        (False, {"deeds": [DEED | {"confirmed": False}]}, "did not confirm"),
        (False, {"reply": []}, "no answer"),
        (False, {"audio_rms": 0.0}, "not audible"),
        (False, {"audio_rms": AUDIBLE_RMS}, ""),
    ],
)
def test_complaints(deed: bool, changes: dict[str, Any], complaint: str) -> None:
    found = judge(Sentence("x", deed=deed), msgspec.structs.replace(GOOD, **changes))
    assert complaint in found
    assert bool(found) == bool(complaint)


def test_there_are_four_sentences_with_and_without_a_deed() -> None:
    assert len(SENTENCES) == 4
    assert {sentence.deed for sentence in SENTENCES} == {True, False}


def test_it_speaks_between_two_pauses() -> None:
    speech = speak("Hey Jarvis")
    pause = PAUSE_MS * pcm.BYTES_PER_MS
    assert len(speech) % pcm.SAMPLE_BYTES == 0
    assert pcm.rms(speech[:pause]) == pcm.rms(speech[-pause:]) == 0.0
    assert pcm.rms(speech[pause:-pause]) > 0.02
    assert 0.3 < len(speech[pause:-pause]) / pcm.BYTES_PER_MS / 1000 < 3.0


def test_pieces_are_whole_samples_that_fit_a_request() -> None:
    speech = bytes(range(256)) * 2_000
    pieces = [base64.b64decode(piece) for piece in chunks(speech)]
    assert b"".join(pieces) == speech
    assert all(len(piece) <= CHUNK_BYTES and len(piece) % pcm.SAMPLE_BYTES == 0 for piece in pieces)


async def told(*notes: tuple[int, str, dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for at_ms, (turn, kind, data) in enumerate(notes, start=1):
        yield msgspec.to_builtins(TurnNote(turn, kind, at_ms, data))  # type: ignore[arg-type]


WAKE = {"word": "hey_jarvis", "score": 0.9}


async def test_the_turn_that_it_woke_counts_and_no_other() -> None:
    summary = await next_turn(
        told(
            (3, "reply", {"text": "late words of a turn before"}),
            (3, "done", {"outcome": "interrupted"}),
            (4, "wake", WAKE),
            (4, "stage", {"name": "stt", "state": "ready"}),
            (3, "done", {"outcome": "interrupted"}),
            (4, "reply", {"text": "Done."}),
            (4, "done", {"outcome": "answered"}),
        )
    )
    assert (summary.turn, summary.answer, summary.outcome) == (4, "Done.", "answered")


async def test_a_second_wake_word_begins_anew() -> None:
    summary = await next_turn(
        told(
            (1, "wake", WAKE),
            (1, "reply", {"text": "x"}),
            (2, "wake", WAKE),
            (2, "done", {"outcome": "silence"}),
        )
    )
    assert (summary.turn, summary.reply, summary.outcome) == (2, [], "silence")


async def test_an_appliance_that_goes_away_is_said() -> None:
    with pytest.raises(ControlError, match="went away"):
        await next_turn(told((1, "wake", WAKE)))
