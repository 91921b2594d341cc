"""Whole frames of 10 ms out of pieces of any length, and as many samples back. Standard library only."""

from __future__ import annotations

import math
from collections.abc import Callable

from appliance.audio import pcm

FRAME_SAMPLES = 160
"""10 ms: what WebRTC's audio processing takes at once."""
FRAME_BYTES = FRAME_SAMPLES * pcm.SAMPLE_BYTES

Process = Callable[[int, bytes], bytes]
"""(place of its first sample in the stream, `FRAME_BYTES`) → `FRAME_BYTES`."""


class Framer:
    """A stream through a function that only takes frames.

    Every piece comes back in its own length, `delay_samples` later: less than a frame, and the least that
    pieces of a multiple of `piece_samples` need. The first samples to come back are silence.
    """

    def __init__(self, piece_samples: int = 1) -> None:
        self.delay_samples = FRAME_SAMPLES - math.gcd(FRAME_SAMPLES, piece_samples)
        self._waiting = b""
        self._done = bytes(self.delay_samples * pcm.SAMPLE_BYTES)

    def feed(self, first_sample: int, piece: bytes, process: Process) -> bytes:
        """The next piece, of whole samples; `first_sample` is its place in the stream, for `process`.

        Raises ValueError for a piece that is not of a multiple of `piece_samples`.
        """
        start = first_sample - len(self._waiting) // pcm.SAMPLE_BYTES
        joined = self._waiting + piece
        whole = len(joined) // FRAME_BYTES * FRAME_BYTES
        frames = [
            process(start + at // pcm.SAMPLE_BYTES, joined[at : at + FRAME_BYTES])
            for at in range(0, whole, FRAME_BYTES)
        ]
        self._waiting = joined[whole:]
        done = self._done + b"".join(frames)
        if len(done) < len(piece):
            raise ValueError(f"a piece of {len(piece)} bytes does not fit this framer")
        self._done = done[len(piece) :]
        return done[: len(piece)]
