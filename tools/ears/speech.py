"""What a synthesizer gave: samples, and which sound begins when."""

from __future__ import annotations

import dataclasses
from typing import Any

Samples = Any
"""An array of float32, -1…1."""
RATE_HZ = 16_000


@dataclasses.dataclass(frozen=True)
class Voice:
    """One voice of one synthesizer."""

    maker: str
    """`espeak`, `flite`, `rhvoice`, `pico` or `festival`."""
    name: str

    def __str__(self) -> str:
        return f"{self.maker}:{self.name}"


@dataclasses.dataclass(frozen=True)
class Manner:
    """How it is said; 1 is the voice's own way."""

    speed: float = 1.0
    pitch: float = 1.0
    liveliness: float = 1.0


@dataclasses.dataclass(frozen=True)
class Spoken:
    """Speech at `RATE_HZ`; `sounds` holds each sound and its end in seconds, in order;
    nothing when that is unknown.
    """

    samples: Samples
    sounds: tuple[tuple[str, float], ...]


def at_our_rate(samples: Samples, rate_hz: int) -> Samples:
    """Resampled to `RATE_HZ`."""
    import numpy as np
    import soxr

    floats = np.asarray(samples, dtype=np.float32) / 32768
    return floats if rate_hz == RATE_HZ else soxr.resample(floats, rate_hz, RATE_HZ, quality="HQ")


def spread(names: tuple[str, ...], begin: float, end: float) -> list[tuple[str, float]]:
    """Several sounds that share a time, in equal parts."""
    step = (end - begin) / max(1, len(names))
    return [(name, begin + step * (place + 1)) for place, name in enumerate(names)]
