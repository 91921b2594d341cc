"""The few tones that the appliance makes itself. Mono s16le at `RATE_HZ`, a quarter of full scale. Pure."""

from __future__ import annotations

import array
import math
import sys
from functools import cache
from itertools import pairwise

from appliance.audio import pcm

RATE_HZ = pcm.RATE_HZ
LEVEL = 0.25
ATTACK_SECONDS = 0.008
"""Rise and fall of every note: without it a loudspeaker clicks."""

Note = tuple[float, float]
"""Frequency in hertz and duration in seconds."""

CHIME: tuple[Note, ...] = ((784.0, 0.055), (1_175.0, 0.075))
TICK: tuple[Note, ...] = ((523.0, 0.04),)
TICK_LEVEL = 0.08
ERROR: tuple[Note, ...] = ((392.0, 0.12), (294.0, 0.18))


@cache
def chime() -> bytes:
    """Two rising notes: the wake word was heard. 130 ms."""
    return melody(CHIME)


@cache
def tick() -> bytes:
    """One soft note: the answer is still being thought of. 40 ms."""
    return melody(TICK, TICK_LEVEL)


@cache
def error() -> bytes:
    """Two falling notes: something went wrong and there is no voice to say it. 300 ms."""
    return melody(ERROR)


def melody(notes: tuple[Note, ...], level: float = LEVEL) -> bytes:
    """Notes one after the other, in one unbroken wave."""
    values = array.array("h")
    starts = [0.0]
    for frequency, seconds in notes:
        starts.append(starts[-1] + frequency * seconds)
    for (frequency, seconds), (cycles, _) in zip(notes, pairwise(starts), strict=True):
        values.extend(_note(frequency, seconds, cycles, level))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _note(frequency_hz: float, seconds: float, first_cycles: float, level: float) -> list[int]:
    count = round(seconds * RATE_HZ)
    return [
        round(
            level
            * 32_767
            * _envelope(index / RATE_HZ, seconds)
            * math.sin(2 * math.pi * (first_cycles + frequency_hz * index / RATE_HZ))
        )
        for index in range(count)
    ]


def _envelope(at_seconds: float, seconds: float) -> float:
    edge = min(at_seconds, seconds - at_seconds) / ATTACK_SECONDS
    return 1.0 if edge >= 1 else 0.5 - 0.5 * math.cos(math.pi * edge)
