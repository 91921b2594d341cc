"""Mel cepstra as Kaldi computes them with the model's `mfcc.conf`. Pure numbers.

Window, bands and number are those of PocketSphinx's acoustic model, so that what it knows of people's speech
can be used (`people`). The running mean is taken away as Kaldi's OnlineCmvn does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ears.speech import RATE_HZ, Samples

Matrix = Any
WINDOW, SHIFT, FFT, BINS, CEPSTRA = 410, 160, 512, 25, 13
FRAMES_PER_SECOND = RATE_HZ // SHIFT
LOW_HZ, HIGH_HZ = 130.0, 6800.0
CONFIGURATION = (
    "--sample-frequency=16000\n--frame-length=25.625\n--window-type=hamming\n--use-energy=false\n"
    "--num-mel-bins=25\n--num-ceps=13\n--low-freq=130\n--high-freq=6800\n--dither=0\n"
)
_LEAST = 1.1920929e-07
_LIFTER = 22
PRIOR_FRAMES, MEAN_FRAMES = 200, 600
"""Kaldi's OnlineCmvn: how much the mean of all speech counts, and how many frames make a mean at most."""


def mel(tones_hz: Any) -> Any:
    """Kaldi's scale of mel, at these frequencies."""
    import numpy as np

    return 1127.0 * np.log(1 + tones_hz / 700.0)


def hz(mels: Any) -> Any:
    """Back from there."""
    import numpy as np

    return 700.0 * (np.exp(mels / 1127.0) - 1)


@cache
def _tables() -> tuple[Matrix, Matrix, Matrix]:
    """Window, mel filters [FFT / 2, BINS], and cosine transform with lifter [BINS, CEPSTRA]."""
    import numpy as np

    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    low, high = mel(LOW_HZ), mel(HIGH_HZ)
    step = (high - low) / (BINS + 1)
    mels = mel(np.arange(FFT // 2) * RATE_HZ / FFT)[:, None]
    left = low + np.arange(BINS) * step
    rising, falling = (mels - left) / step, (left + 2 * step - mels) / step
    filters = np.maximum(0, np.minimum(rising, falling))
    order = np.arange(CEPSTRA)[:, None]
    cosines = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * (np.arange(BINS)[None] + 0.5) * order)
    cosines[0] = np.sqrt(1 / BINS)
    lifter = 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / _LIFTER)
    return window, filters.astype(np.float32), (cosines.T * lifter).astype(np.float32)


def cepstra(samples: Samples) -> Matrix:
    """[frames, CEPSTRA] float32 of samples on the scale of int16; at least one window long."""
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


def without_mean(frames: Matrix, prior: Matrix) -> Matrix:
    """[frames, CEPSTRA] less the mean of each frame and those before it; `prior` [CEPSTRA] is that of all
    speech.
    """
    import numpy as np

    whole = np.cumsum(frames, 0, dtype=np.float64)
    counts = np.arange(1, len(frames) + 1, dtype=np.float64)[:, None]
    if len(frames) > MEAN_FRAMES:
        whole[MEAN_FRAMES:] -= whole[:-MEAN_FRAMES].copy()
        counts = np.minimum(counts, MEAN_FRAMES)
    given = np.minimum(PRIOR_FRAMES, MEAN_FRAMES - counts)
    return (frames - (whole + given * prior) / (counts + given)).astype(np.float32)


def log_bands(frames: Matrix) -> Matrix:
    """[frames, BINS] logarithms of mel energies, as smooth as so few cepstra tell."""
    import numpy as np

    return frames @ np.linalg.pinv(_tables()[2])


def from_bands(bands: Matrix) -> Matrix:
    """[frames, CEPSTRA] of logarithms of mel energies."""
    return bands @ _tables()[2]
