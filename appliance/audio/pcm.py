"""The one audio format inside the appliance, and arithmetic on it. Standard library only."""

from __future__ import annotations

import array
import math
import sys
from collections.abc import Iterator

RATE_HZ = 16_000
SAMPLE_BYTES = 2
BLOCK_SAMPLES = 512
"""One block from the microphone: 32 ms, what Silero takes at once."""
BLOCK_BYTES = BLOCK_SAMPLES * SAMPLE_BYTES
BLOCK_MS = BLOCK_SAMPLES * 1000 // RATE_HZ
BYTES_PER_MS = RATE_HZ * SAMPLE_BYTES // 1000
FULL_SCALE = 32_768


def milliseconds(pcm: bytes, rate_hz: int = RATE_HZ) -> float:
    """Duration of mono s16le audio."""
    return len(pcm) / (SAMPLE_BYTES * rate_hz) * 1000


def blocks(pcm: bytes, size_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Cut into blocks; the last one may be shorter."""
    for start in range(0, len(pcm), size_bytes):
        yield pcm[start : start + size_bytes]


def samples(pcm: bytes) -> array.array[int]:
    """Signed 16 bit samples; an odd last byte is dropped."""
    values = array.array("h", pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES])
    if sys.byteorder == "big":
        values.byteswap()
    return values


def rms(pcm: bytes) -> float:
    """Root mean square, 0.0 to 1.0 of full scale."""
    values = samples(pcm)
    if not values:
        return 0.0
    return math.sqrt(sum(value * value for value in values) / len(values)) / FULL_SCALE


def scale(pcm: bytes, gain: float) -> bytes:
    """Louder or softer, clipped to 16 bit."""
    values = samples(pcm)
    scaled = array.array("h", (max(-32_768, min(32_767, round(value * gain))) for value in values))
    if sys.byteorder == "big":
        scaled.byteswap()
    return scaled.tobytes()
