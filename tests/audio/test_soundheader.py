from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import soundheader


def chunk(name: bytes, length: int, content: bytes) -> bytes:
    return name + struct.pack("<I", length) + content


def riff(*chunks: bytes) -> bytes:
    return b"RIFF\0\0\0\0WAVE" + b"".join(chunks)


FORMAT = chunk(b"fmt ", 16, bytes(16))


def ogg_page(flags: int, promised: int, content: bytes) -> bytes:
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, promised]) + content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (riff(FORMAT, chunk(b"data", 8, bytes(8))), ""),
        (riff(FORMAT, chunk(b"data", 8, bytes(8)), chunk(b"LIST", 4, b"more")), ""),
        (riff(FORMAT, chunk(b"LIST", 3, b"odd\0"), chunk(b"data", 8, bytes(8))), ""),
        (riff(FORMAT, chunk(b"data", 100, bytes(8))), "8 of 100 bytes of sound"),
        (riff(FORMAT, chunk(b"data", 0x7FFFF000, bytes(8))), ""),
        (riff(FORMAT), "no sound data in it"),
        (riff(FORMAT, b"da"), "no sound data in it"),
        (riff(*[chunk(b"junk", 0, b"")] * 10_000), ""),
        (ogg_page(4, 5, b"12345"), ""),
        (ogg_page(0, 5, b"12345"), "its end is missing"),
        (ogg_page(4, 5, b"123"), "its end is missing"),
        (b"OggS" + bytes(3), "its last page is broken"),
        (b"fLaC anything", ""),
        (b"", ""),
    ],
)
def test_what_is_missing(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "file").write_bytes(content)
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        assert soundheader.shortage(descriptor) == expected
    finally:
        os.close(descriptor)


@given(tail=st.binary(max_size=200))
def test_the_end_of_an_ogg_file_is_judged_whatever_it_is(tail: bytes) -> None:
    words = {"", "its last page is broken", "its end is missing"}
    assert soundheader.ogg_shortage(tail + b"OggS" + tail) in words
