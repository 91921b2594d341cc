"""Finding the set-up partition in tables, also damaged ones."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flashing.conftest import MIB, fat, gpt
from tools.flashing.errors import FlashError
from tools.flashing.partitions import ReadAt, fat_label, setup_partition


def reading(content: bytes) -> ReadAt:
    return lambda offset, length: content[offset : offset + length]


@pytest.mark.parametrize("size_mib", [1, 8, 64])
def test_the_label_is_found_in_every_kind_of_fat(tmp_path: Path, size_mib: int) -> None:
    assert fat_label(fat(tmp_path, "APPLIANCE", size_mib)[:512]) == "APPLIANCE"
    assert fat_label(fat(tmp_path, "OTHER", size_mib)[:512]) == "OTHER"


def test_what_is_no_fat_has_no_label() -> None:
    assert [fat_label(content) for content in (b"", bytes(512), bytes(510) + b"\x55\xaa")] == [None] * 3


def test_the_partition_is_found_by_its_label_among_others(tmp_path: Path) -> None:
    path = tmp_path / "x.img"
    path.write_bytes(bytes(2 * MIB) + fat(tmp_path, "ESP") + fat(tmp_path, "APPLIANCE") + bytes(MIB))
    gpt(path, (MIB, MIB), (2 * MIB, 4 * MIB), (6 * MIB, 4 * MIB))
    assert setup_partition(reading(path.read_bytes())) == 6 * MIB


def test_an_old_table_is_read_too(tmp_path: Path) -> None:
    content = bytearray(2 * MIB) + fat(tmp_path, "APPLIANCE")
    content[462:478] = struct.pack("<4xB3xII", 0x0C, 2 * MIB // 512, 4 * MIB // 512)
    content[446:462] = struct.pack("<4xB3xII", 0x83, 2048, 2048)
    content[510:512] = b"\x55\xaa"
    assert setup_partition(reading(bytes(content))) == 2 * MIB


def test_without_one_the_reason_is_given(image: Path) -> None:
    with pytest.raises(FlashError, match="no partition APPLIANCE"):
        setup_partition(reading(image.read_bytes()))


@given(
    st.binary(max_size=600), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)
)
def test_a_damaged_table_ends_in_a_sentence(noise: bytes, table: int, count: int, width: int) -> None:
    header = b"EFI PART" + bytes(64) + struct.pack("<QII", table, count, width)
    content = bytes(510) + b"\x55\xaa" + header + noise * 30
    with pytest.raises(FlashError):
        setup_partition(reading(content))
