"""Each piece of a batch a little otherwise: longer or shorter throats, faster or slower, another microphone.

What a network hears at last should not depend on the few voices that synthesizers have. Needs PyTorch.
"""

from __future__ import annotations

import numpy as np
import torch

from ears.features import BINS, CEPSTRA, HIGH_HZ, LOW_HZ, from_bands, hz, log_bands, mel

THROATS = tuple(np.linspace(0.86, 1.16, 31))
"""Factors of all tones."""
SPEEDS = (0.82, 1.22)
OFFSET = 0.2
"""Greatest deviation of a piece's mean, in deviations of each coefficient."""


def throats() -> torch.Tensor:
    """Matrices [len(THROATS), CEPSTRA, CEPSTRA]: cepstra @ matrix are those of a throat so much shorter."""
    return torch.from_numpy(np.stack([_throat(float(factor)) for factor in THROATS])).float()


def _throat(factor: float) -> np.ndarray:
    """The mel energy of each band becomes that of the tones `1 / factor` times as high."""
    low, high = mel(LOW_HZ), mel(HIGH_HZ)
    step = (high - low) / (BINS + 1)
    centres_hz = hz(low + step * np.arange(1, BINS + 1))
    places = np.clip((mel(centres_hz / factor) - low) / step - 1, 0, BINS - 1)
    below = np.minimum(places.astype(int), BINS - 2)
    share = places - below
    moved = np.zeros((BINS, BINS))
    moved[below, np.arange(BINS)] = 1 - share
    moved[below + 1, np.arange(BINS)] += share
    return np.asarray(from_bands(log_bands(np.eye(CEPSTRA)) @ moved))


def frames_at(starts: torch.Tensor, count: int) -> torch.Tensor:
    """Places [batch, count] between frames, each piece at a speed of its own."""
    low, high = SPEEDS
    speeds = low * (high / low) ** torch.rand(len(starts), 1, dtype=torch.float64)
    return starts[:, None] + torch.arange(count) * speeds


def between(cepstra: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Cepstra [batch, count, CEPSTRA] at places between frames."""
    below = places.floor().long()
    share = (places - below).float()[..., None]
    return cepstra[below].float() * (1 - share) + cepstra[below + 1].float() * share


def otherwise(frames: torch.Tensor, matrices: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Frames [batch, count, CEPSTRA] by other throats, through other microphones."""
    batch = len(frames)
    frames = torch.bmm(frames, matrices[torch.randint(len(matrices), (batch,))])
    return frames + torch.randn(batch, 1, CEPSTRA) * deviation * OFFSET * torch.rand(batch, 1, 1)
