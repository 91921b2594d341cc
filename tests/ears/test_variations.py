"""Pieces of a batch as other throats, speeds and microphones would have them."""

from __future__ import annotations

import pytest

from tests.ears import trainer

THROATS = """
import numpy as np
from ears import features, variations
from ears.speech import RATE_HZ
matrices = variations.throats().numpy()
def loudest(hz, matrix):
    sound = 3000 * np.sin(2 * np.pi * hz * np.arange(2000) / RATE_HZ)
    return features.log_bands(features.cepstra(sound) @ matrix).mean(0).argmax()
one = min(range(len(matrices)), key=lambda number: abs(variations.THROATS[number] - 1))
assert np.allclose(matrices[one], np.eye(features.CEPSTRA), atol=0.2), matrices[one]
for number, factor in list(enumerate(variations.THROATS))[::6]:
    for hz in (500, 1500, 3000):
        moved, wanted = loudest(hz, matrices[number]), loudest(hz * factor, np.eye(13))
        assert abs(int(moved) - int(wanted)) <= 1, (hz, factor)
"""
SPEEDS = """
import torch
from ears import variations
torch.manual_seed(1)
cepstra = torch.arange(400.0)[:, None].expand(400, 13).half()
places = variations.frames_at(torch.tensor([0, 50, 100]), 90)
found = variations.between(cepstra, places)
assert torch.allclose(found[..., 0].double(), places, atol=0.02)
speeds = (places[:, -1] - places[:, 0]) / 89
assert (speeds >= variations.SPEEDS[0]).all() and (speeds <= variations.SPEEDS[1]).all()
assert len(set(speeds.tolist())) == 3
"""


@trainer.needs_pytorch
@pytest.mark.parametrize("what", [THROATS, SPEEDS], ids=["throats", "speeds"])
def test_a_piece_is_heard_otherwise(what: str) -> None:
    trainer.run(what)
