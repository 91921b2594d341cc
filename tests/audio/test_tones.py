"""The tones are short, soft and not too loud."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from appliance.audio import pcm, tones


@pytest.mark.parametrize(("tone", "seconds"), [(tones.chime, 0.13), (tones.error, 0.3)])
def test_a_tone_is_audible_and_begins_and_ends_softly(tone: Callable[[], bytes], seconds: float):
    values = pcm.samples(tone())
    assert len(values) == pytest.approx(seconds * tones.RATE_HZ, abs=1)
    assert 0.1 < pcm.rms(tone()) < 0.2
    assert max(abs(value) for value in values) <= tones.LEVEL * 32_768
    assert max(abs(value) for value in (*values[:8], *values[-8:])) < 300
    assert max(abs(later - sooner) for sooner, later in pairwise(values)) < 5_000


def test_the_tick_is_much_softer_than_the_chime():
    assert 0.02 < pcm.rms(tones.tick()) < 0.4 * pcm.rms(tones.chime())
    assert len(pcm.samples(tones.tick())) == pytest.approx(0.04 * tones.RATE_HZ, abs=1)


def test_the_tones_differ():
    assert tones.chime() != tones.error()
    assert tones.melody(()) == b""
