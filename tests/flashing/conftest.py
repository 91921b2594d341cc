"""Real loop devices, images and partition tables. Everything is taken away again."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.flashing.packing import add_sums, compress, write_map

MIB = 1024 * 1024
MakeLoop = Callable[..., Path]


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def attached(file: Path, *options: str) -> Path:
    try:
        return Path(run("losetup", "--find", "--show", *options, file))
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"no loop device can be had here: {error}")


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[MakeLoop]:
    """A loop device over a file of so many MiB that is full of an old owner's bytes."""
    if os.geteuid() != 0:
        pytest.skip("loop devices need root")
    made: list[Path] = []
    changed: dict[Path, str] = {}

    def make(size_mib: int, *options: str, discards: bool = True) -> Path:
        backing = tmp_path / f"disk{len(made)}"
        backing.write_bytes(random.Random(1).randbytes(size_mib * MIB))
        made.append(attached(backing, *options))
        if not discards:
            setting = Path("/sys/block", made[-1].name, "queue/discard_max_bytes")
            changed[setting] = setting.read_text()
            setting.write_text("0")
        return made[-1]

    yield make
    for setting, before in changed.items():
        setting.write_text(before)
    for device in made:
        subprocess.run(["losetup", "--detach", device], check=False)


def gpt(image: Path, *partitions: tuple[int, int]) -> None:
    """Write a partition table: start and length in bytes of each. Its checksums stay 0."""
    entries = b""
    for number, (start, length) in enumerate(partitions, 1):
        sectors = start // 512, (start + length) // 512 - 1
        entries += struct.pack("<16s16sQQQ72s", b"type", bytes([number] * 16), *sectors, 0, b"")
    header = b"EFI PART" + bytes(64) + struct.pack("<QII", 2, 128, 128)
    with image.open("r+b") as file:
        file.seek(510)
        file.write(b"\x55\xaa" + header.ljust(512, b"\0") + entries)


def fat(folder: Path, label: str, size_mib: int = 4, *options: str) -> bytes:
    if shutil.which("mformat") is None:
        pytest.skip("mtools is not installed: apt-get install mtools")
    file = folder / "fat"
    file.write_bytes(bytes(size_mib * MIB))
    run("mformat", "-i", file, "-v", label, "-T", str(size_mib * MIB // 512), *options, "::")
    return file.read_bytes()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image of 24 MiB and some bytes: table, two areas of data, zeros between and in them."""
    path = tmp_path / "appliance-n100-1.2.3.img"
    bits = random.Random(2)
    with path.open("wb") as file:
        file.truncate(24 * MIB + 4096)
        file.seek(3 * MIB + 8192)
        file.write(bits.randbytes(2 * MIB) + bytes(300_000) + bits.randbytes(5 * MIB))
        file.seek(24 * MIB)
        file.write(b"the end")
    gpt(path, (2 * MIB, MIB), (3 * MIB, 8 * MIB), (16 * MIB, 4 * MIB))
    return path


@pytest.fixture
def setup_image(image: Path, tmp_path: Path) -> Path:
    """With a FAT partition that takes settings."""
    with image.open("r+b") as file:
        file.seek(16 * MIB)
        file.write(fat(tmp_path, "APPLIANCE"))
    return image


def packed(image: Path) -> Path:
    """IMAGE.img.zst with its map and its line in SHA256SUMS, quickly."""
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed: apt-get install zstd")
    made = [write_map(image), compress(image, level=1)]
    add_sums(image.with_name("SHA256SUMS"), made)
    return made[1]
