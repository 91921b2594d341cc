"""Sounds of a home and its street that are no speech, made of numbers: rain, clocks, engines, claps."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ears.rooms import noise_of, tinted_noise
from ears.speech import RATE_HZ, Samples


def some_noise(seconds: float, rng: random.Random) -> Samples:
    """One to three kinds of them at once, the loudest at 1."""
    import numpy as np

    count = int(seconds * RATE_HZ)
    sound = np.zeros(count)
    for kind in rng.sample(_KINDS, rng.choice((1, 1, 2, 3))):
        one = kind(count, rng)
        sound += one / (np.abs(one).max() + 1e-9) * rng.uniform(0.2, 1)
    return (sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)


def _ringing(tone_hz: float, seconds: float, rng: random.Random) -> Any:
    """A knock: a tone and noise that die away."""
    import numpy as np

    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    noise = noise_of(rng).normal(0, 1, len(times))
    share = rng.random()
    return (share * np.sin(2 * np.pi * tone_hz * times) + (1 - share) * noise) * np.exp(-6 * times / seconds)


def _put(sound: Any, at_s: float, piece: Any) -> None:
    begin = int(at_s * RATE_HZ)
    room = max(0, min(len(piece), len(sound) - begin))
    sound[begin : begin + room] += piece[:room]


def _knocks(count: int, rng: random.Random, gaps_s: tuple[float, float], long_s: tuple[float, float]) -> Any:
    import numpy as np

    sound = np.zeros(count)
    gap, even = rng.uniform(*gaps_s), rng.random() < 0.5
    at = rng.uniform(0, gap)
    piece = _ringing(rng.uniform(300, 5000), rng.uniform(*long_s), rng)
    while at * RATE_HZ < count:
        if not even:
            piece = _ringing(rng.uniform(300, 5000), rng.uniform(*long_s), rng)
        _put(sound, at, piece * rng.uniform(0.4, 1))
        at += gap if even else rng.uniform(*gaps_s)
    return sound


def _clock(count: int, rng: random.Random) -> Any:
    return _knocks(count, rng, (0.2, 1.0), (0.005, 0.06))


def _claps(count: int, rng: random.Random) -> Any:
    return _knocks(count, rng, (0.05, 0.6), (0.02, 0.15))


def _rain(count: int, rng: random.Random) -> Any:
    return tinted_noise(count, rng) * 0.3 + _knocks(count, rng, (0.003, 0.04), (0.002, 0.02))


def _fire(count: int, rng: random.Random) -> Any:
    return tinted_noise(count, rng) * 0.1 + _knocks(count, rng, (0.01, 0.5), (0.002, 0.03))


def _engine(count: int, rng: random.Random) -> Any:
    """Strokes, with all their overtones, faster and slower."""
    import numpy as np

    times = np.arange(count) / RATE_HZ
    swaying = rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(0.05, 1) * times)
    turn_hz = rng.uniform(12, 130) * (1 + swaying)
    phase = 2 * np.pi * np.cumsum(turn_hz) / RATE_HZ
    tilt = rng.uniform(0.3, 1.4)
    tones = sum(
        rng.uniform(0.2, 1) * np.sin(number * phase + rng.random() * 6) / number**tilt
        for number in range(1, 40)
    )
    return tones + rng.uniform(0, 0.5) * tinted_noise(count, rng) * (1 + 0.8 * np.sin(phase))


def _waves(count: int, rng: random.Random) -> Any:
    import numpy as np

    times = np.arange(count) / RATE_HZ
    swell = 1.05 + np.sin(2 * np.pi * rng.uniform(0.08, 2.5) * times + rng.random() * 6)
    return tinted_noise(count, rng) * swell**2


def _calls(count: int, rng: random.Random) -> Any:
    """Sweeping tones with overtones and pauses: sirens, birds, squeaking doors, toys."""
    import numpy as np

    sound = np.zeros(count)
    at = rng.uniform(0, 0.4)
    base_hz, long_s = rng.uniform(500, 3000), rng.uniform(0.05, 1.2)
    while at * RATE_HZ < count:
        times = np.arange(int(long_s * RATE_HZ)) / RATE_HZ
        sweep = rng.uniform(-0.4, 0.6) * times / long_s + 0.1 * np.sin(2 * np.pi * 7 * times)
        tone_hz = base_hz * (1 + sweep)
        phase = 2 * np.pi * np.cumsum(tone_hz) / RATE_HZ
        call = sum(np.sin(number * phase) / number ** rng.uniform(0.7, 2) for number in range(1, 5))
        _put(sound, at, call * np.sin(np.pi * times / long_s) ** 0.5)
        at += long_s + rng.uniform(0.02, 0.7)
    return sound


def _breath(count: int, rng: random.Random) -> Any:
    """Puffs of noise: breathing, sneezing, sliding furniture."""
    import numpy as np

    sound = np.zeros(count)
    at = rng.uniform(0, 0.5)
    while at * RATE_HZ < count:
        long = int(rng.uniform(0.1, 0.9) * RATE_HZ)
        swell = np.sin(np.pi * np.arange(long) / long) ** rng.uniform(0.5, 3)
        _put(sound, at, tinted_noise(long, rng) * swell)
        at += long / RATE_HZ + rng.uniform(0.1, 1)
    return sound


_KINDS: tuple[Callable[[int, random.Random], Any], ...] = (
    _clock,
    _claps,
    _rain,
    _fire,
    _engine,
    _waves,
    _calls,
    _breath,
)
