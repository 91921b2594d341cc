"""Does a sound file hold all that its header promises? The decoder silently takes what is there."""

from __future__ import annotations

import os
import struct

PLACEHOLDER_BYTES = 0x7FFF_0000
"""Programs that write WAV into a pipe promise about this much, or twice as much."""
MAX_CHUNKS = 256
OGG_LAST_BYTES = 65_307
"""Longest page of an OGG file."""
OGG_END_OF_STREAM = 4


def shortage(descriptor: int) -> str:
    """What is missing at the end of a WAV or OGG file, in words; "" when nothing is, or nobody can say."""
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, 12, 0)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav_shortage(descriptor, size)
    if head[:4] == b"OggS":
        return ogg_shortage(os.pread(descriptor, OGG_LAST_BYTES, max(0, size - OGG_LAST_BYTES)))
    return ""


def _wav_shortage(descriptor: int, size: int) -> str:
    """Walk the chunks to the sound data and compare what they promise with the size of the file."""
    at = 12
    for _ in range(MAX_CHUNKS):
        header = os.pread(descriptor, 8, at)
        if len(header) < 8:
            return "no sound data in it"
        name, length = struct.unpack("<4sI", header)
        at += 8
        if name == b"data":
            is_short = at + length > size and length < PLACEHOLDER_BYTES
            return f"{size - at} of {length} bytes of sound" if is_short else ""
        at += length + length % 2
    return ""


def ogg_shortage(tail: bytes) -> str:
    """From the end of the file: its last page must be whole, and say that it is the last."""
    at = tail.rfind(b"OggS")
    header = tail[at : at + 27]
    if at < 0 or len(header) < 27:
        return "its last page is broken"
    segments = tail[at + 27 : at + 27 + header[26]]
    end = at + 27 + header[26] + sum(segments)
    if len(segments) < header[26] or end > len(tail) or not header[5] & OGG_END_OF_STREAM:
        return "its end is missing"
    return ""
