"""Mel cepstra as Kaldi computes them with the model's `mfcc.conf`. Pure numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

from ears.speech import RATE_HZ, Samples

Matrix = Any
WINDOW, SHIFT, FFT, BINS = 400, 160, 512, 40
FRAMES_PER_SECOND = RATE_HZ // SHIFT
LOW_HZ, HIGH_HZ = 20.0, RATE_HZ / 2 - 400.0
CONFIGURATION = (
    "--sample-frequency=16000\n--use-energy=false\n--num-mel-bins=40\n--num-ceps=40\n"
    "--low-freq=20\n--high-freq=-400\n--dither=0\n"
)
_LEAST = 1.1920929e-07
_LIFTER = 22


def _mel(tones_hz: Any) -> Any:
    import numpy as np

    return 1127.0 * np.log(1 + tones_hz / 700.0)


@cache
def _tables() -> tuple[Matrix, Matrix, Matrix]:
    """Window, mel filters [FFT / 2, BINS], and cosine transform with lifter [BINS, BINS]."""
    import numpy as np

    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85
    low, high = _mel(LOW_HZ), _mel(HIGH_HZ)
    step = (high - low) / (BINS + 1)
    mels = _mel(np.arange(FFT // 2) * RATE_HZ / FFT)[:, None]
    left = low + np.arange(BINS) * step
    rising, falling = (mels - left) / step, (left + 2 * step - mels) / step
    filters = np.maximum(0, np.minimum(rising, falling))
    order = np.arange(BINS)[:, None]
    cosines = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * (np.arange(BINS)[None] + 0.5) * order)
    cosines[0] = np.sqrt(1 / BINS)
    lifter = 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(BINS) / _LIFTER)
    return window, filters.astype(np.float32), (cosines.T * lifter).astype(np.float32)


def cepstra(samples: Samples) -> Matrix:
    """[frames, 40] float32 of samples on the scale of int16; at least one window long."""
    import numpy as np

    window, filters, transform = _tables()
    count = 1 + (len(samples) - WINDOW) // SHIFT
    samples = np.ascontiguousarray(samples, np.float64)
    frames = np.lib.stride_tricks.as_strided(
        samples, (count, WINDOW), (samples.strides[0] * SHIFT, samples.strides[0])
    )
    frames = frames - frames.mean(1, keepdims=True)
    sharp = np.empty_like(frames)
    sharp[:, 1:] = frames[:, 1:] - 0.97 * frames[:, :-1]
    sharp[:, 0] = frames[:, 0] * 0.03
    power = np.abs(np.fft.rfft(sharp * window, FFT)[:, : FFT // 2]) ** 2
    return (np.log(np.maximum(power.astype(np.float32) @ filters, _LEAST)) @ transform).astype(np.float32)
