"""The head of a WAV file: mono s16le. Pure."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
SAMPLE_BYTES = 2
UNKNOWN = 0xFFFFFFFF
"""Length of a sound that is still being made."""


def head(rate_hz: int, data_bytes: int | None) -> bytes:
    """44 bytes; `data_bytes` None: it is not known how much follows."""
    data = UNKNOWN if data_bytes is None else data_bytes
    whole = UNKNOWN if data_bytes is None else HEAD.size - 8 + data_bytes
    return HEAD.pack(
        b"RIFF",
        whole,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate_hz,
        rate_hz * SAMPLE_BYTES,
        SAMPLE_BYTES,
        16,
        b"data",
        data,
    )
