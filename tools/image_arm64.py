"""The FAT partitions of the Raspberry Pi 5's image: kernel, initrd, device trees, command lines of slot A.

They name the hash of the root, so they can only be filled when the root is there. The partitions are made
anew as whole file systems, from files of one age and with fixed identifiers: the same inputs give the same
bits. Runs in the tools root.
"""

from __future__ import annotations

import argparse
import gzip
import os
import struct
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SECTOR_BYTES = 512
BLOCK_BYTES = 1_048_576
MAX_ENTRIES = 128
ENTRY_BYTES = 128
VOLUMES = {"AUTOBOOT": "a0700001", "BOOT": "a0700002", "APPLIANCE": "a0700003"}
"""Label → serial number of the file systems."""
KERNEL_MAGIC = b"ARM\x64"
"""At byte 56 of a kernel that can be started as it is (Linux, Documentation/arch/arm64/booting.rst)."""
GZIP_MAGIC = b"\x1f\x8b"
SELF_EXTRACTING = b"zimg"
"""At byte 4 of a kernel that only UEFI can start; offset, size and method of what is in it follow."""


class BootError(Exception):
    """The boot partitions cannot be made; the sentence says why."""


@dataclass(frozen=True)
class Part:
    """A partition."""

    number: int
    label: str
    kind: uuid.UUID
    unique: uuid.UUID
    start: int
    """In bytes."""
    size: int


def partitions(image: Path) -> dict[str, Part]:
    """Label → partition, of an image with a GPT (UEFI specification 5.3). Raises BootError."""
    with image.open("rb") as file:
        file.seek(SECTOR_BYTES)
        header = file.read(SECTOR_BYTES)
        if not header.startswith(b"EFI PART"):
            raise BootError(f"{image} has no GPT")
        table, count, width = struct.unpack_from("<QII", header, 72)
        if width != ENTRY_BYTES or count > MAX_ENTRIES:
            raise BootError(f"{image} has a partition table of {count} entries of {width} bytes")
        file.seek(table * SECTOR_BYTES)
        entries = file.read(count * width)
    found = (_part(number + 1, entries[number * width :][:width]) for number in range(count))
    return {part.label: part for part in found if part is not None}


def _part(number: int, entry: bytes) -> Part | None:
    if not any(entry[:16]):
        return None
    first, last = struct.unpack_from("<QQ", entry, 32)
    label = entry[56:128].decode("utf-16-le").rstrip("\0")
    kind, unique = (uuid.UUID(bytes_le=entry[at : at + 16]) for at in (0, 16))
    return Part(number, label, kind, unique, first * SECTOR_BYTES, (last - first + 1) * SECTOR_BYTES)


def root_hash(parts: Mapping[str, Part]) -> str:
    """Of the verified root in slot A: its halves identify its two partitions. Raises BootError."""
    try:
        return parts["root-a"].unique.hex + parts["verity-a"].unique.hex
    except KeyError as error:
        raise BootError(f"the image has no partition {error}") from error


def kernel_image(content: bytes) -> bytes:
    """The kernel as the firmware wants it: not packed into a program for UEFI. Raises BootError."""
    if content[4:8] == SELF_EXTRACTING:
        offset, size = struct.unpack_from("<II", content, 8)
        method = content[24:56].split(b"\0")[0].decode("ascii", "replace")
        content = _unpacked(content[offset : offset + size], method)
    elif content.startswith(GZIP_MAGIC):
        content = gzip.decompress(content)
    if content[56:60] != KERNEL_MAGIC:
        raise BootError("this is no kernel for 64-bit ARM")
    return content


def _unpacked(content: bytes, method: str) -> bytes:
    if method == "gzip":
        return gzip.decompress(content)
    if method.startswith("zstd"):
        # The size that stands behind the frame is no part of it.
        done = subprocess.run(("zstd", "-q", "-d", "-c"), input=content, capture_output=True, check=False)
        if done.stdout:
            return done.stdout
    raise BootError(f"the kernel is packed with {method}, which is not understood here")


def slot_files(
    board: Path, lines: Mapping[str, bytes], kernel: bytes, initrd: bytes, trees: Path
) -> dict[str, bytes]:
    """Name → content of what is on a slot's boot partition, the same for both slots. Raises BootError."""
    files = {"kernel.img": kernel_image(kernel), "initrd.img": initrd}
    files["config.txt"] = (board / "config.txt").read_bytes()
    files |= lines
    for tree in sorted(trees.glob("*.dtb")):
        files[tree.name] = tree.read_bytes()
    return files


def command_lines(board: Path, root: str, words: str) -> dict[str, bytes]:
    """Name → content of what the kernel of each slot is told."""
    templates = {slot: (board / f"cmdline-{slot}.txt.in").read_text("ascii") for slot in "ab"}
    return {f"cmdline-{slot}.txt": command_line(text, root, words) for slot, text in templates.items()}


def command_line(template: str, root: str, words: str) -> bytes:
    """One line: what follows the first line end is not read by the firmware."""
    line = " ".join(template.replace("@ROOTHASH@", root).replace("@WORDS@", words).split())
    return f"{line}\n".encode("ascii")


def file_system(target: Path, size: int, label: str, files: Mapping[str, bytes], epoch: int) -> None:
    """A FAT32 of this size with these files in its root folder. Raises BootError when they do not fit."""
    target.unlink(missing_ok=True)
    with target.open("wb") as file:
        file.truncate(size)
    clusters = ("-s", "1" if size <= 64 * BLOCK_BYTES else "2")  # FAT32 has at least 65 525 of them
    # Sectors of 512 bytes: other systems read none that differ from the card's.
    sizes = ("-F", "32", "-S", str(SECTOR_BYTES), *clusters)
    _run("mkfs.vfat", *sizes, "--invariant", "-i", VOLUMES[label], "-n", label, str(target))
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        for name, content in sorted(files.items()):
            path = Path(folder, name)
            path.write_bytes(content)
            os.utime(path, (epoch, epoch))
            _run("mcopy", "-m", "-i", str(target), str(path), f"::{name}")
            # mcopy calls it success when there was no room for all of a file.
            if _run("mtype", "-i", str(target), f"::{name}") != content:
                raise BootError(f"{name} ({len(content) / 1e6:.1f} MB) does not fit on {label}")


def _run(*command: str) -> bytes:
    environment = {"PATH": os.environ["PATH"], "MTOOLSRC": "/dev/null", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    environment["SOURCE_DATE_EPOCH"] = os.environ.get("SOURCE_DATE_EPOCH", "0")
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise BootError(f"{command[0]}: {done.stderr.decode('utf-8', 'replace').strip()[:500]}")
    return done.stdout


def put(image: Path, part: Part, content: Path) -> None:
    """Copy the file system into its partition; what is empty stays a hole. Raises BootError."""
    if content.stat().st_size != part.size:
        raise BootError(f"{content.name} has {content.stat().st_size} bytes, {part.label} has {part.size}")
    with image.open("r+b") as target:
        for offset, block in _blocks(content):
            target.seek(part.start + offset)
            target.write(block)


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    empty = bytes(BLOCK_BYTES)
    with path.open("rb") as file:
        offset = 0
        while block := file.read(BLOCK_BYTES):
            if block != empty[: len(block)]:
                yield offset, block
            offset += len(block)


def fill(given: argparse.Namespace) -> None:
    """All FAT partitions but slot B's, and slot A's as a file for bundles too. Raises BootError, OSError."""
    parts = partitions(given.image)
    files = slot_files(
        given.board,
        command_lines(given.board, root_hash(parts), given.words),
        given.kernel.read_bytes(),
        given.initrd.read_bytes(),
        given.trees,
    )
    file_system(given.boot, parts["boot-a"].size, "BOOT", files, given.epoch)
    put(given.image, parts["boot-a"], given.boot)
    choice = {"autoboot.txt": (given.board / "autoboot.txt").read_bytes()}
    settings = {file.name: file.read_bytes() for file in given.setup.iterdir()}
    for label, content in (("autoboot", choice), ("APPLIANCE", settings)):
        made = given.boot.with_name(f"{label}.new")
        file_system(made, parts[label].size, label.upper(), content, given.epoch)
        put(given.image, parts[label], made)
        made.unlink()
    room = sum(len(content) for content in files.values())
    print(f"boot partition: {room / 1e6:.1f} of {parts['boot-a'].size / 1e6:.0f} MB")


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What tools/image hands over."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("image", "board", "kernel", "initrd", "trees", "setup", "boot"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--words", required=True, help="for the kernel's command line")
    parser.add_argument("--epoch", required=True, type=int, help="age of the files, in seconds of 1970")
    return parser.parse_args(words)


def main() -> int:
    """What tools/image calls when mkosi is done."""
    try:
        fill(arguments())
    except BootError as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
