"""Between a card's own rate and channels and ours. Imports numpy and soxr, so only where a card needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

from appliance.audio import pcm


class Resampler:
    """Mono s16le from one rate to another, piece by piece; keeps its filter's state between pieces."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream: Any = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality="HQ")

    def feed(self, piece: bytes, *, last: bool = False) -> bytes:
        """What this piece completes; `last` gives out what the filter still holds."""
        values = np.frombuffer(piece, dtype="<i2")
        converted: bytes = self._stream.resample_chunk(values, last=last).astype("<i2").tobytes()
        return converted


def mix(frames: bytes, channels: int) -> bytes:
    """Interleaved s16le of several channels → mono, their mean."""
    if channels == 1:
        return frames
    values = np.frombuffer(frames, dtype="<i2").reshape(-1, channels)
    mono: bytes = np.rint(values.mean(axis=1, dtype=np.float64)).astype("<i2").tobytes()
    return mono


def spread(mono: bytes, channels: int) -> bytes:
    """Mono s16le → the same on every channel."""
    if channels == 1:
        return mono
    spread_bytes: bytes = np.repeat(np.frombuffer(mono, dtype="<i2"), channels).astype("<i2").tobytes()
    return spread_bytes


class MicrophoneConverter:
    """A card's blocks → mono at `pcm.RATE_HZ`, with the place of each result on our sample clock."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz = rate_hz
        self._channels = channels
        self._next_frame: int | None = None
        self._resampler = Resampler(rate_hz, pcm.RATE_HZ)
        self._position = 0

    def feed(self, first_frame: int, frames: bytes) -> tuple[int, bytes]:
        """(first sample at 16 kHz, mono s16le) of the card's block that starts at `first_frame`."""
        if first_frame != self._next_frame:
            # Blocks were lost: what the filter holds belongs to the past.
            self._resampler = Resampler(self._rate_hz, pcm.RATE_HZ)
            self._position = max(self._position, first_frame * pcm.RATE_HZ // self._rate_hz)
        mono = mix(frames, self._channels)
        self._next_frame = first_frame + len(mono) // pcm.SAMPLE_BYTES
        converted = self._resampler.feed(mono)
        start = self._position
        self._position += len(converted) // pcm.SAMPLE_BYTES
        return start, converted
