"""Audio in one MQTT payload: a header of 16 bytes, then PCM (docs/satellite-protocol.md). Pure."""

from __future__ import annotations

import struct

import msgspec

from appliance.errors import Malformed

VERSION = 1
FIRST, LAST = 1, 2
HEADER = struct.Struct("<BBHIII")
SAMPLE_BYTES = 2
UP_RATE_HZ = 16_000
MAX_UP_PCM_BYTES = 16_384
MAX_PCM_BYTES = 65_536
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 48_000
SEQUENCES = 1 << 16
CLOCK_MS = 1 << 32


class Chunk(msgspec.Struct, frozen=True):
    """A piece of mono s16le: `at_ms` is its audio clock (up), or the place in the speech (down)."""

    run: int
    sequence: int
    at_ms: int
    pcm: bytes
    rate_hz: int = UP_RATE_HZ
    first: bool = False
    last: bool = False


def encode_chunk(chunk: Chunk) -> bytes:
    """The payload; times and sequences wrap."""
    flags = FIRST * chunk.first | LAST * chunk.last
    sequence, at_ms = chunk.sequence % SEQUENCES, chunk.at_ms % CLOCK_MS
    return HEADER.pack(VERSION, flags, sequence, chunk.run, at_ms, chunk.rate_hz) + chunk.pcm


def decode_chunk(payload: bytes, max_pcm_bytes: int = MAX_PCM_BYTES) -> Chunk:
    """Raises Malformed for a wrong version, size or rate."""
    if not HEADER.size <= len(payload) <= HEADER.size + max_pcm_bytes:
        raise Malformed(
            f"{len(payload)} bytes are no audio of {HEADER.size} to {max_pcm_bytes} bytes and header"
        )
    version, flags, sequence, run, at_ms, rate_hz = HEADER.unpack_from(payload)
    if version != VERSION:
        raise Malformed(f"audio of version {version}, not {VERSION}")
    if len(payload) % SAMPLE_BYTES:
        raise Malformed("audio that ends within a sample")
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise Malformed(f"audio of {rate_hz} Hz")
    pcm = payload[HEADER.size :]
    return Chunk(run, sequence, at_ms, pcm, rate_hz, bool(flags & FIRST), bool(flags & LAST))


class Sequence:
    """What is new, and what a jump left out, in one direction. A first chunk of another run begins anew."""

    def __init__(self) -> None:
        self._next = 0
        self._of: tuple[int, int] | None = None
        self.lost = 0
        """Chunks that never came."""

    def accept(self, chunk: Chunk) -> bool:
        """Is this chunk new? Doubles and late ones are not."""
        of = (chunk.run, chunk.rate_hz)
        fresh = self._of is None or (chunk.first and of != self._of)
        ahead = 0 if fresh else (chunk.sequence - self._next) % SEQUENCES
        if ahead >= SEQUENCES // 2:
            return False
        self.lost += ahead
        self._next, self._of = (chunk.sequence + 1) % SEQUENCES, of
        return True


def unwrap(before_ms: int, at_ms: int) -> int:
    """The time nearest to `before_ms` of which only the low 32 bits were sent."""
    step = (at_ms - before_ms + CLOCK_MS // 2) % CLOCK_MS - CLOCK_MS // 2
    return max(0, before_ms + step)
