"""A guest's disc while the guest is off: partitions read, changed and written back, as faults would."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
CHUNK = 1 << 20
ENTRY = struct.Struct("<16s16sQQQ72s")


class Partition(NamedTuple):
    """Where it lies, in bytes."""

    start: int
    size: int


def partitions(head: bytes) -> dict[str, Partition]:
    """Label → place, from the first MiB of a disc with a GPT. Raises ValueError."""
    header = head[SECTOR : 2 * SECTOR]
    if header[:8] != b"EFI PART":
        raise ValueError("no GPT is on this disc")
    table, count, size = struct.unpack_from("<QII", header, 72)
    found = {}
    for number in range(count):
        entry = head[table * SECTOR + number * size :][: ENTRY.size]
        kind, _, first, last, _, name = ENTRY.unpack(entry)
        if kind.strip(b"\0"):
            label = name.decode("utf-16-le").rstrip("\0")
            found[label] = Partition(first * SECTOR, (last - first + 1) * SECTOR)
    return found


class Disc:
    """A qcow2 file that no guest runs on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partitions = partitions(self.read(0, CHUNK))

    def read(self, start: int, size: int) -> bytes:
        """Bytes of the disc; whole sectors."""
        with tempfile.NamedTemporaryFile(dir=self.path.parent) as file:
            self._out(start, size, Path(file.name))
            return Path(file.name).read_bytes()

    def _out(self, start: int, size: int, target: Path) -> None:
        part = f"driver=raw,offset={start},size={size},file.driver=qcow2"
        source = f"{part},file.file.driver=file,file.file.filename={self.path}"
        _run("qemu-img", "convert", "-O", "raw", "--image-opts", source, target)

    def write(self, start: int, content: bytes) -> None:
        """Whole sectors."""
        with tempfile.NamedTemporaryFile(dir=self.path.parent) as file:
            file.write(content)
            file.flush()
            _run("qemu-io", "-f", "qcow2", "-c", f"write -s {file.name} {start} {len(content)}", self.path)

    def flip(self, label: str, offset: int) -> None:
        """One bit of a partition."""
        begin = self.partitions[label].start + offset // SECTOR * SECTOR
        sector = bytearray(self.read(begin, SECTOR))
        sector[offset % SECTOR] ^= 0x10
        self.write(begin, bytes(sector))

    @contextmanager
    def opened(self, label: str) -> Iterator[Path]:
        """The partition as a file of its own; what was changed in it is written back."""
        place = self.partitions[label]
        with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
            file, before = Path(folder, label), Path(folder, "before")
            self._out(place.start, place.size, file)
            _run("cp", "--sparse=always", file, before)
            yield file
            for offset in changed(before, file):
                with file.open("rb") as content:
                    content.seek(offset)
                    self.write(place.start + offset, content.read(CHUNK))


def changed(before: Path, after: Path) -> Iterator[int]:
    """Where chunks of two files of the same size differ."""
    with before.open("rb") as old, after.open("rb") as new:
        offset = 0
        while chunk := new.read(CHUNK):
            if chunk != old.read(CHUNK):
                yield offset
            offset += len(chunk)


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
