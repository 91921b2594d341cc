"""The demonstration: four sentences spoken into the appliance's own virtual microphone.

A client of the running appliance like any other: it sends audio, and watches what becomes of it. The
voice that asks is eSpeak NG, loaded in this process; the voice that answers is the appliance's own.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec

from appliance.audio import pcm
from appliance.control import ControlClient
from appliance.errors import ControlError
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote

PAUSE_MS = 600
TURN_SECONDS = 30.0
AUDIBLE_RMS = 0.005
CHUNK_BYTES = 4_000 * pcm.BYTES_PER_MS
WAKE_SPEECH = "Hey Jarvis"
VOICE = "en-us"


class Sentence(msgspec.Struct, frozen=True):
    """What is said, and whether a deed must follow from it."""

    text: str
    deed: bool


SENTENCES = (
    Sentence("turn on the kitchen light", deed=True),
    Sentence("set the living room lamp to forty percent", deed=True),
    Sentence("is the back door open", deed=False),
    Sentence("my grandmother's bicycle prefers yellow thunderstorms", deed=False),
)


class Verdict(msgspec.Struct, frozen=True):
    """One sentence, what came of it, and what is wrong with that (empty: nothing)."""

    sentence: Sentence
    summary: Summary
    complaint: str


def judge(sentence: Sentence, summary: Summary) -> str:
    """What a person would complain about; empty when the turn did what it must."""
    if not summary.over:
        return "the turn did not end"
    if sentence.deed and not summary.deeds:
        return f"no deed followed; it heard {summary.heard!r}"
    if not summary.confirmed:
        return "a device did not confirm its deed"
    if not summary.reply:
        return "no answer was given"
    if summary.audio_rms < AUDIBLE_RMS:
        return "the answer was not audible"
    return ""


def speak(text: str) -> bytes:
    """The demonstrator's voice: 16 kHz mono s16le with a pause before and after."""
    import numpy as np
    import soxr

    from appliance.engines import loading

    engine = loading.create("tts", "espeak", {"voice": VOICE}, {}, 1)
    engine.open()
    try:
        pieces = list(engine.speak(text, 1.0))
    finally:
        engine.close()
    speech = np.frombuffer(b"".join(piece.pcm for piece in pieces), dtype="<i2")
    at_rate = soxr.resample(speech, pieces[0].rate_hz, pcm.RATE_HZ)
    silence = bytes(PAUSE_MS * pcm.BYTES_PER_MS)
    return silence + bytes(at_rate.astype("<i2").tobytes()) + silence


def chunks(speech: bytes) -> Iterator[str]:
    """Pieces for the `hear` request."""
    for piece in pcm.blocks(speech, CHUNK_BYTES):
        yield base64.b64encode(piece).decode()


async def demonstrate(client: ControlClient, notes: AsyncIterator[dict[str, Any]]) -> AsyncIterator[Verdict]:
    """Speak each sentence when the one before is answered; judge each turn."""
    for sentence in SENTENCES:
        speech = await asyncio.to_thread(speak, f"{WAKE_SPEECH}, {sentence.text}")
        for chunk in chunks(speech):
            await client.ask("hear", pcm=chunk)
        summary = await next_turn(notes)
        yield Verdict(sentence, summary, judge(sentence, summary))


async def next_turn(notes: AsyncIterator[dict[str, Any]], seconds: float = TURN_SECONDS) -> Summary:
    """The next turn that ends; an unfinished summary when none does in time."""
    summary = Summary(turn=0)
    try:
        async with asyncio.timeout(seconds):
            async for raw in notes:
                note = msgspec.convert(raw, TurnNote)
                if note.kind == "wake":
                    summary = Summary(turn=note.turn)
                if note.turn == summary.turn and note.kind != "stage":
                    summary.take(note)
                if summary.over:
                    return summary
    except TimeoutError:
        return summary
    raise ControlError("the appliance went away in the middle of a turn", "see its log above")
