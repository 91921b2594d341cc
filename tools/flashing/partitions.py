"""Finds the small FAT partition that settings are put on, by its label. No I/O of its own.

Both tables are read as firmware reads them: GPT (UEFI specification 5.3) and, where there is none, MBR.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from tools.flashing.errors import FlashError

LABEL = "APPLIANCE"
SECTOR_BYTES = 512
MAX_ENTRIES = 256
ENTRY_BYTES = (128, 256, 512)
MBR_FAT = {0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E, 0xEF}
BOOT_SIGNATURE = b"\x55\xaa"

ReadAt = Callable[[int, int], bytes]
"""Offset and length in bytes → the bytes; shorter at the end of the disk."""


def setup_partition(read: ReadAt) -> int:
    """Offset in bytes of the FAT file system labelled APPLIANCE. Raises FlashError when there is none."""
    for start in _starts(read):
        if fat_label(read(start, SECTOR_BYTES)) == LABEL:
            return start
    raise FlashError(
        f"the image is written, but it has no partition {LABEL} that settings could be put on",
        "start it as it is, and set it up when it has started",
    )


def fat_label(boot_sector: bytes) -> str | None:
    """The label in the first sector of a FAT12, FAT16 or FAT32 file system; None when it is none."""
    if len(boot_sector) < SECTOR_BYTES or boot_sector[510:512] != BOOT_SIGNATURE:
        return None
    for signature, label, kind in ((38, 43, 54), (66, 71, 82)):
        if boot_sector[signature] == 0x29 and boot_sector[kind : kind + 3] == b"FAT":
            return boot_sector[label : label + 11].decode("ascii", errors="replace").rstrip()
    return None


def _starts(read: ReadAt) -> Iterator[int]:
    header = read(SECTOR_BYTES, SECTOR_BYTES)
    return _gpt(read, header) if header.startswith(b"EFI PART") else _mbr(read(0, SECTOR_BYTES))


def _gpt(read: ReadAt, header: bytes) -> Iterator[int]:
    table, count, width = struct.unpack_from("<QII", header, 72)
    if width not in ENTRY_BYTES or count > MAX_ENTRIES:
        raise FlashError("the image's partition table is not usable", "build or fetch the image again")
    for number in range(count):
        entry = read(table * SECTOR_BYTES + number * width, width)
        if len(entry) == width and any(entry[:16]):
            yield int(struct.unpack_from("<Q", entry, 32)[0]) * SECTOR_BYTES


def _mbr(sector: bytes) -> Iterator[int]:
    if sector[510:512] != BOOT_SIGNATURE:
        return
    for offset in range(446, 510, 16):
        kind, start = sector[offset + 4], struct.unpack_from("<I", sector, offset + 8)[0]
        if kind in MBR_FAT and start:
            yield int(start) * SECTOR_BYTES
