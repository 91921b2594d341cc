"""From a voice to a microphone: room, distance, noise, other people, loudness, narrow lines. Seeded.

A room is a decaying noise after the direct sound with some early reflections; all of it is made of numbers.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ears.speech import RATE_HZ, Samples

FULL_SCALE = 32768


def noise_of(rng: random.Random) -> Any:
    """NumPy's generator from Python's."""
    import numpy as np

    return np.random.default_rng(rng.getrandbits(32))


def at_speed(samples: Samples, ratio: float) -> Samples:
    """Faster and higher by `ratio`: another person's size."""
    import soxr

    return soxr.resample(samples, RATE_HZ * ratio, RATE_HZ, quality="LQ")


def in_room(samples: Samples, rng: random.Random) -> Samples:
    """Reverberation of 0.1 to 0.9 s, heard near or far."""
    import numpy as np
    from scipy.signal import fftconvolve

    noise = noise_of(rng)
    seconds = rng.uniform(0.1, 0.9)
    count = int(seconds * RATE_HZ)
    tail = noise.normal(0, 1, count) * np.exp(-6.9 * np.arange(count) / count)
    tail[: int(rng.uniform(0.002, 0.02) * RATE_HZ)] = 0
    for _ in range(rng.randint(2, 6)):
        tail[int(rng.uniform(0.001, 0.04) * RATE_HZ)] += rng.uniform(-1, 1) * 4
    # A wall swallows high tones first.
    tail = np.convolve(tail, (1.0, rng.uniform(0.0, 0.8)), "same")
    tail *= rng.choice((rng.uniform(0.1, 0.5), rng.uniform(0.4, 1.3))) / np.sqrt((tail**2).sum())
    tail[0] = 1
    return fftconvolve(samples, tail)[: len(samples)].astype(np.float32)


def colored(samples: Samples, rng: random.Random) -> Samples:
    """A microphone's own sound: tilt, and sometimes a narrow band."""
    import numpy as np

    spectrum = np.fft.rfft(samples)
    tones_hz = np.linspace(0, RATE_HZ / 2, len(spectrum))
    tilt_db = rng.uniform(-9, 9) * np.clip(np.log2(np.maximum(tones_hz, 60) / 1000), -3, 3) / 3
    bump_db = rng.uniform(-6, 6) * np.exp(
        -((np.log2(np.maximum(tones_hz, 60) / rng.uniform(200, 5000))) ** 2)
    )
    gain = 10 ** ((tilt_db + bump_db) / 20)
    if rng.random() < 0.3:
        gain *= 1 / (1 + (tones_hz / rng.uniform(3000, 7500)) ** 12)
    if rng.random() < 0.4:
        low = rng.uniform(60, 320)
        gain *= tones_hz**2 / (tones_hz**2 + low**2)
    return np.fft.irfft(spectrum * gain, len(samples)).astype(np.float32)


def tinted_noise(count: int, rng: random.Random) -> Samples:
    """Noise between white and brown, hum, or both; it swells now and then."""
    import numpy as np

    noise = noise_of(rng)
    spectrum = np.fft.rfft(noise.normal(0, 1, count))
    tones_hz = np.linspace(0, RATE_HZ / 2, len(spectrum))
    sound = np.fft.irfft(spectrum / np.maximum(tones_hz, 30) ** rng.uniform(0, 1.1), count)
    sound /= np.sqrt((sound**2).mean()) + 1e-9
    times = np.arange(count) / RATE_HZ
    if rng.random() < 0.25:
        base = rng.choice((50, 60, 100, 120))
        hum = sum(np.sin(2 * np.pi * base * k * times + rng.random() * 6) / k for k in range(1, 8))
        sound = sound * rng.uniform(0.1, 1) + hum
    if rng.random() < 0.3:
        sound = sound * (1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.2, 6) * times + rng.random() * 6))
    return sound.astype(np.float32)


def _power(samples: Samples) -> float:
    import numpy as np

    return float(np.sqrt((samples**2).mean())) + 1e-9


def heard(samples: Samples, rng: random.Random, others: Sequence[Samples]) -> Samples:
    """As int16 numbers (float64), after a way from mouth to recogniser; `others` may talk beside."""
    import numpy as np

    sound = samples
    if rng.random() < 0.65:
        sound = in_room(sound, rng)
    if rng.random() < 0.75:
        sound = colored(sound, rng)
    if rng.random() < 0.1:
        drive = rng.uniform(1, 4) / (np.abs(sound).max() + 1e-9)
        sound = np.tanh(sound * drive)
    power = _power(sound)
    if others and rng.random() < 0.3:
        beside = np.zeros(len(sound), np.float32)
        for other in rng.choices(others, k=rng.choice((1, 1, 3, 6))):
            beside += np.resize(np.roll(other, rng.randrange(len(other))), len(sound)) / _power(other)
        beside = colored(in_room(beside, rng), rng)
        sound = sound + beside / _power(beside) * power * 10 ** (-rng.uniform(9, 30) / 20)
    if rng.random() < 0.8:
        noise = tinted_noise(len(sound), rng)
        sound = sound + noise / _power(noise) * power * 10 ** (-rng.triangular(2, 45, 18) / 20)
    peak = 10 ** (rng.uniform(-34, -0.5) / 20)
    sound = sound / (np.abs(sound).max() + 1e-9) * peak * FULL_SCALE
    sound = sound + noise_of(rng).normal(0, rng.choice((0.5, 1, 3, 8)), len(sound))
    if rng.random() < 0.06:
        sound = sound * rng.uniform(1.2, 3)  # too near the microphone: it clips
    return np.round(np.clip(sound, -FULL_SCALE, FULL_SCALE - 1))
