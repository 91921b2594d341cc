"""Small discs with the partitions of a Raspberry Pi 5's image, made by hand as UEFI's specification says."""

from __future__ import annotations

import struct
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.checkout import ROOT

sys.path.insert(0, str(ROOT / "tools"))  # as the tools themselves are run

import image_arm64 as arm64
import image_pi5_firmware as firmware

__all__ = ["BOARD", "KERNEL", "ROOT_HASH", "TREE", "arm64", "filled", "firmware", "gpt"]

BOARD = ROOT / "image/boards/pi5"
KERNEL = b"MZ" + bytes(54) + b"ARM\x64" + b"a kernel" * 1_000
TREE = b"\xd0\x0d\xfe\xed" + b"a tree"
ROOT_HASH = "0123456789abcdef" * 4
BASIC_DATA = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
LABELS = ("autoboot", "boot-a", "boot-b", "APPLIANCE", "root-a", "verity-a")
MIB = 1_048_576
FIRST_SECTOR = 2_048
SIZES = {"autoboot": 64 * MIB, "APPLIANCE": 64 * MIB, "boot-a": 128 * MIB, "boot-b": 128 * MIB}


def gpt(path: Path, labels: Sequence[str] = LABELS) -> Path:
    """A disc with partitions of these names, in this order; full of holes."""
    entries, start = b"", FIRST_SECTOR
    for label in labels:
        sectors = SIZES.get(label, MIB) // 512
        entries += BASIC_DATA.bytes_le + _identifier(label).bytes_le
        entries += struct.pack("<QQQ", start, start + sectors - 1, 0) + label.encode("utf-16-le").ljust(
            72, b"\0"
        )
        start += sectors
    header = b"EFI PART" + bytes(64) + struct.pack("<QII", 2, 128, 128)
    with path.open("wb") as file:
        file.write(bytes(512) + header.ljust(512, b"\0") + entries)
        file.truncate(start * 512 + MIB)
    return path


def _identifier(label: str) -> uuid.UUID:
    halves = {"root-a": ROOT_HASH[:32], "verity-a": ROOT_HASH[32:]}
    return uuid.UUID(halves[label]) if label in halves else uuid.uuid5(uuid.NAMESPACE_DNS, label)


def filled(folder: Path) -> Path:
    """A disc whose boot partitions are filled as the build does it; B holds the same, as after an update."""
    folder.mkdir(exist_ok=True)
    disc = gpt(folder / "disc.img")
    trees = folder / "trees"
    trees.mkdir()
    setup = ROOT / "image/tree/usr/share/appliance/setup"
    (trees / "bcm2712-rpi-5-b.dtb").write_bytes(TREE)
    (folder / "kernel").write_bytes(KERNEL)
    (folder / "initrd").write_bytes(b"an initrd")
    given = ("--image", disc, "--board", BOARD, "--kernel", folder / "kernel", "--initrd", folder / "initrd")
    more = (
        "--trees",
        trees,
        "--setup",
        setup,
        "--words",
        "ro quiet",
        "--boot",
        folder / "boot.img",
        "--epoch",
        1_700_000_000,
    )
    arm64.fill(arm64.arguments([str(word) for word in (*given, *more)]))
    arm64.put(disc, arm64.partitions(disc)["boot-b"], folder / "boot.img")
    return disc
