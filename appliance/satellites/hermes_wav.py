"""Audio of Hermes messages: each one is a whole WAV. Pure."""

from __future__ import annotations

import struct

import msgspec

from appliance.audio import pcm as audio
from appliance.errors import Malformed

MAX_WAV_BYTES = 262_144
MAX_CHUNKS = 16
PCM_FORMAT, EXTENSIBLE = 1, 0xFFFE
_HEADER = struct.Struct("<4sI4s")
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")


class Wav(msgspec.Struct, frozen=True):
    """Mono s16le and its rate."""

    rate_hz: int
    pcm: bytes


def decode(payload: bytes) -> Wav:
    """The samples of a WAV; unknown chunks (such as Hermes' time stamp) are passed over.

    Raises Malformed for what is none, is cut off in its header, or is not mono PCM in 16 bits. A length that
    is wrong is taken as what is there: streams are written before they are finished.
    """
    if len(payload) > MAX_WAV_BYTES:
        raise Malformed(f"a WAV of {len(payload)} bytes")
    if len(payload) < _HEADER.size or payload[:4] != b"RIFF" or payload[8:12] != b"WAVE":
        raise Malformed("audio that is no WAV")
    place, rate_hz = _HEADER.size, 0
    for _ in range(MAX_CHUNKS):
        if place + _CHUNK.size > len(payload):
            break
        name, length = _CHUNK.unpack_from(payload, place)
        place += _CHUNK.size
        if name == b"fmt ":
            rate_hz = _rate(payload, place)
        elif name == b"data":
            if not rate_hz:
                raise Malformed("a WAV without a format before its samples")
            data = payload[place : place + length]
            return Wav(rate_hz, data[: len(data) // audio.SAMPLE_BYTES * audio.SAMPLE_BYTES])
        place += length + length % 2
    raise Malformed("a WAV without samples")


def _rate(payload: bytes, place: int) -> int:
    if place + _FORMAT.size > len(payload):
        raise Malformed("a WAV whose format is cut off")
    kind, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(payload, place)
    if kind not in {PCM_FORMAT, EXTENSIBLE} or channels != 1 or bits != 16:
        raise Malformed(f"a WAV of format {kind}, {channels} channels, {bits} bits; mono PCM in 16 is needed")
    if not 4_000 <= rate_hz <= 192_000:
        raise Malformed(f"a WAV of {rate_hz} Hz")
    return int(rate_hz)


def encode(rate_hz: int, pcm: bytes) -> bytes:
    """A WAV of mono s16le."""
    form = _FORMAT.pack(PCM_FORMAT, 1, rate_hz, rate_hz * 2, 2, 16)
    head = _HEADER.pack(b"RIFF", 4 + 8 + len(form) + 8 + len(pcm), b"WAVE")
    return head + _CHUNK.pack(b"fmt ", len(form)) + form + _CHUNK.pack(b"data", len(pcm)) + pcm
