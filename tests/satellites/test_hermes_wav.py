"""WAVs in messages: what satellites send, what we send, and what hostile bytes do (nothing)."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed
from appliance.satellites import hermes_wav
from appliance.satellites.hermes_wav import Wav

PCM = bytes(range(256)) * 8


def written(rate_hz: int = 16_000, channels: int = 1, width: int = 2, pcm: bytes = PCM) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(pcm)
    return held.getvalue()


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 48_000])
def test_what_python_writes_is_read_and_the_other_way_round(rate_hz: int) -> None:
    assert hermes_wav.decode(written(rate_hz)) == Wav(rate_hz, PCM)
    with wave.open(io.BytesIO(hermes_wav.encode(rate_hz, PCM))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate_hz, 1, 2)
        assert file.readframes(10_000) == PCM


def test_hermes_time_stamp_is_passed_over() -> None:
    plain = written()
    stamp = b"time" + struct.pack("<IQ", 8, 1_600_000_000)
    assert hermes_wav.decode(plain[:36] + stamp + plain[36:]).pcm == PCM


def test_a_length_that_was_never_finished_is_what_is_there() -> None:
    streamed = bytearray(written())
    streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
    assert hermes_wav.decode(bytes(streamed)).pcm == PCM
    assert hermes_wav.decode(written()[:-3]).pcm == PCM[:-4], "half a sample is none"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"RIFF",
        b"OggS" + bytes(100),
        written()[:30],
        written()[:36],
        written(channels=2),
        written(width=1),
        written()[:12] + written()[36:],
        bytes(300_000),
    ],
)
def test_anything_else_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        hermes_wav.decode(payload)


@given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=8))
def test_mutations_are_malformed_or_audio(tail: bytes, place: int, change: bytes) -> None:
    payload = bytearray(written(pcm=b"") + tail)
    payload[place : place + len(change)] = change
    try:
        wav = hermes_wav.decode(bytes(payload))
    except Malformed:
        return
    assert len(wav.pcm) % 2 == 0


@given(st.binary(max_size=400))
def test_random_bytes_are_malformed(payload: bytes) -> None:
    if not payload.startswith(b"RIFF"):
        with pytest.raises(Malformed):
            hermes_wav.decode(payload)


@given(st.integers(8_000, 48_000), st.binary(max_size=400).filter(lambda pcm: len(pcm) % 2 == 0))
def test_round_trip(rate_hz: int, pcm: bytes) -> None:
    assert hermes_wav.decode(hermes_wav.encode(rate_hz, pcm)) == Wav(rate_hz, pcm)
