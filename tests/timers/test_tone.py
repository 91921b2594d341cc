"""The ring tone: its form, its loudness, and that it ends where it begins."""

from __future__ import annotations

import array
from itertools import pairwise

from appliance.audio import pcm
from appliance.timers import tone


def test_the_tone() -> None:
    samples = array.array("h", tone.ring())
    assert len(samples) == tone.PERIOD_SECONDS * pcm.RATE_HZ
    assert 0.2 * 32_767 < max(samples) <= tone.LEVEL * 32_767 + 1
    assert max(map(abs, samples[-pcm.RATE_HZ // 4 :])) == 0
    steps = [abs(after - before) for before, after in pairwise(samples)]
    assert max(steps) < 0.2 * 32_767, "a click"
    assert abs(samples[0]) < 50
