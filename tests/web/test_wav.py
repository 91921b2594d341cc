"""The head of a WAV file, read by somebody else's reader."""

from __future__ import annotations

import io
import wave

import pytest

from appliance.web import wav


@pytest.mark.parametrize(("rate", "samples"), [(22_050, 0), (16_000, 1), (48_000, 12_345)])
def test_what_is_written_is_read(rate: int, samples: int) -> None:
    pcm = bytes(range(2)) * samples
    with wave.open(io.BytesIO(wav.head(rate, len(pcm)) + pcm)) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (rate, 1, 2)
        assert read.readframes(samples + 1) == pcm


def test_an_unknown_length_is_the_largest() -> None:
    head = wav.head(22_050, None)
    assert len(head) == wav.HEAD.size == 44
    assert head[4:8] == head[40:44] == b"\xff\xff\xff\xff"
