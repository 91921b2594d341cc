"""A card's own rate and channels."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.audio import pcm
from appliance.audio.convert import MicrophoneConverter, Resampler, mix, spread


def tone(rate_hz: int, seconds: float = 1.0, frequency_hz: float = 440.0) -> np.ndarray:
    at = np.arange(round(rate_hz * seconds)) / rate_hz
    return (12_000 * np.sin(2 * np.pi * frequency_hz * at)).astype("<i2")


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 2), (44_100, 1), (8_000, 1), (96_000, 8)])
def test_any_card_becomes_16_khz_mono(rate_hz: int, channels: int):
    converter = MicrophoneConverter(rate_hz, channels)
    frames = np.repeat(tone(rate_hz), channels)
    block = rate_hz * pcm.BLOCK_MS // 1000
    pieces = []
    for start in range(0, rate_hz - block, block):
        first, mono = converter.feed(start, frames[start * channels : (start + block) * channels].tobytes())
        assert first == sum(len(piece) for piece in pieces) // 2
        pieces.append(mono)
    heard = np.frombuffer(b"".join(pieces), dtype="<i2").astype(float)
    expected = tone(pcm.RATE_HZ)[: len(heard)].astype(float)
    assert len(heard) > 0.9 * pcm.RATE_HZ
    assert np.corrcoef(heard, expected)[0, 1] > 0.999


def test_lost_blocks_move_the_clock():
    converter = MicrophoneConverter(48_000, 1)
    block = tone(48_000, 0.1).tobytes()
    converter.feed(0, block)
    first, _ = converter.feed(48_000, block)
    assert first == pcm.RATE_HZ


def test_channels_are_mixed_and_spread():
    stereo = np.array([[100, 300], [-5, -7]], dtype="<i2").tobytes()
    assert np.frombuffer(mix(stereo, 2), "<i2").tolist() == [200, -6]
    assert mix(stereo, 1) is stereo
    mono = np.array([1, 2], dtype="<i2").tobytes()
    assert np.frombuffer(spread(mono, 2), "<i2").tolist() == [1, 1, 2, 2]
    assert spread(mono, 1) is mono


def test_the_end_of_speech_is_not_kept_in_the_filter():
    resampler = Resampler(22_050, 48_000)
    out = resampler.feed(tone(22_050, 0.5).tobytes()) + resampler.feed(b"", last=True)
    assert len(out) / 2 == pytest.approx(24_000, abs=2)
