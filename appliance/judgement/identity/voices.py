"""Vectors that stand for a voice: bounded, compared, weighed. Pure.

No engine is here. A recogniser stage that has a speaker model sends a vector with its text
(`wire.messages.Transcript.speaker`; Vosk with `stt.speaker_model`). Vectors of two engines, or of two
versions of one, cannot be compared.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Protocol

import msgspec

from appliance.errors import EngineError

MIN_DIMENSIONS, MAX_DIMENSIONS = 16, 1_024
MAX_NAME = 100


class SpeakerVectors(Protocol):
    """What makes a vector out of speech: implemented by an engine in its own stage."""

    engine: str
    """Name and version of engine and model, such as "vosk spk-0.4": part of every stored vector."""

    def vector(self, pcm: bytes) -> tuple[float, ...]:
        """The voice in 16 kHz mono s16le; empty when there is too little speech."""


class Heard(msgspec.Struct, frozen=True):
    """One utterance's voice, of length 1."""

    engine: str
    vector: tuple[float, ...]


class Calibration(msgspec.Struct, frozen=True):
    """From cosine similarity to log-odds, as a straight line: `slope · (similarity - even)`.

    `even` is the similarity that speaks neither for nor against; it lies between what one person's
    utterances reach with each other and what those of two persons do.
    """

    even: float
    slope: float

    def log_odds(self, similarity: float) -> float:
        """The weight of this similarity."""
        return self.slope * (similarity - self.even)


CAUTIOUS = Calibration(even=0.6, slope=15.0)
"""For an engine that nobody measured here yet: 0.9 and more for a similarity of about 0.95 alone."""


def heard(engine: str, vector: Sequence[float]) -> Heard:
    """A vector as it may be kept and compared. Raises EngineError for one that is none."""
    if not engine or len(engine) > MAX_NAME or not engine.isprintable():
        raise EngineError("a voice vector without the name of its engine", "name engine and version")
    if not MIN_DIMENSIONS <= len(vector) <= MAX_DIMENSIONS:
        raise EngineError(
            f"a voice vector of {len(vector)} numbers",
            f"{MIN_DIMENSIONS} to {MAX_DIMENSIONS} are expected; is this a speaker model?",
        )
    length = math.hypot(*vector)
    if not math.isfinite(length) or length < 1e-6:
        raise EngineError("a voice vector without a direction", "speak longer, and nearer to the microphone")
    return Heard(engine, tuple(number / length for number in vector))


def cosine(one: Heard, other: Heard) -> float | None:
    """Similarity from -1 to 1; None when the two cannot be compared."""
    if one.engine != other.engine or len(one.vector) != len(other.vector):
        return None
    return sum(a * b for a, b in zip(one.vector, other.vector, strict=True))


def score(voice: Heard, enrolled: Sequence[Heard]) -> float | None:
    """The mean similarity with the nearer half of a person's utterances; None without any to compare."""
    found = sorted((each for known in enrolled if (each := cosine(voice, known)) is not None), reverse=True)
    nearer = found[: max(1, (len(found) + 1) // 2)]
    return sum(nearer) / len(nearer) if nearer else None


def pack(voice: Heard) -> bytes:
    """The vector as little-endian 32-bit floats."""
    return struct.pack(f"<{len(voice.vector)}f", *voice.vector)


def unpack(engine: str, blob: bytes) -> Heard:
    """What `pack` made. Raises EngineError for other bytes."""
    if len(blob) % 4 or len(blob) > 4 * MAX_DIMENSIONS:
        raise EngineError(f"{len(blob)} bytes are no voice vector", "enrol this person again")
    return heard(engine, struct.unpack(f"<{len(blob) // 4}f", blob))
