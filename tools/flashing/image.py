"""An image file: what it should be, and its bytes in order.

`.img` is read as it is, `.img.zst` through the program `zstd`: every distribution has it, it decompresses in
a process of its own, without rights, and no Python below 3.14 can do it itself. Nothing is trusted: sizes are
known before, and not a byte more is read.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tools.flashing import bmap
from tools.flashing.errors import BadImage, FlashError
from tools.flashing.progress import Advance

CHUNK_BYTES = 1024 * 1024
MAX_SUMS_BYTES = 1024 * 1024
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_HEADER_BYTES = 18
ZSTD_MEMORY = "--memory=256MB"
NOBODY = 65_534
SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
BROKEN = "fetch the image again; it was cut short or damaged on its way"


@dataclass(slots=True)
class Image:
    """An opened image. `size` is its uncompressed size in bytes, `file_bytes` that of the file."""

    path: Path
    file: io.FileIO
    compressed: bool
    size: int
    file_bytes: int

    @contextmanager
    def stream(self) -> Iterator[io.FileIO]:
        """The uncompressed bytes from the start; the reader stops where it wants to."""
        self.file.seek(0)
        if not self.compressed:
            yield self.file
            return
        with _decompressor(self.file) as output:
            yield output


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """An image by name. Raises BadImage when it is none, FlashError when it cannot be read."""
    try:
        file = path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise FlashError(f"{path} cannot be read: {_reason(error)}", "look at its name: ls -l") from error
    with file:
        yield _judged(path, file)


def _judged(path: Path, file: io.FileIO) -> Image:
    head, length = file.read(ZSTD_HEADER_BYTES), os.fstat(file.fileno()).st_size
    compressed = head.startswith(ZSTD_MAGIC)
    if path.suffix == ".zst" and not compressed:
        raise BadImage(f"{path} is not compressed by zstd, though its name says so", BROKEN)
    if not compressed and path.suffix != ".img":
        raise BadImage(f"{path} is not an image", "give a file that ends in .img.zst or .img")
    size = content_size(head) if compressed else length
    if not 0 < size <= bmap.MAX_IMAGE_BYTES:
        raise BadImage(f"{path} says that its image has {size} bytes", BROKEN)
    return Image(path, file, compressed, size, length)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def content_size(head: bytes) -> int:
    """Uncompressed bytes that the first frame of a zstd file announces (RFC 8878, 3.1.1). Raises BadImage."""
    if len(head) < 6:
        raise BadImage("the image is cut short", BROKEN)
    descriptor = head[4]
    single_segment = descriptor >> 5 & 1
    code = descriptor >> 6
    if code == 0 and not single_segment:
        raise BadImage(
            "the compressed image does not say how large it is",
            "unpack it first (zstd -d), or pack it from a file instead of a pipe",
        )
    width = (1, 2, 4, 8)[code]
    start = 5 + (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3]
    if len(head) < start + width:
        raise BadImage("the image is cut short", BROKEN)
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)


@contextmanager
def _decompressor(file: io.FileIO) -> Iterator[io.FileIO]:
    program = shutil.which("zstd")
    if program is None:
        raise FlashError("the program zstd is not installed", "sudo apt-get install zstd")
    # As nobody where we may: it needs its two descriptors only.
    nobody = NOBODY if os.geteuid() == 0 else None
    with subprocess.Popen(
        [program, "-d", "-c", "-q", ZSTD_MEMORY],
        bufsize=0,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath},
        user=nobody,
        group=nobody,
        extra_groups=None if nobody is None else (),
    ) as process:
        output = cast("io.FileIO", process.stdout)
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, CHUNK_BYTES)
        try:
            yield output
        finally:
            process.kill()


def fill(stream: io.FileIO, target: memoryview) -> None:
    """Read exactly as much as `target` holds. Raises BadImage when the stream ends before."""
    done = 0
    while done < len(target):
        count = stream.readinto(target[done:])
        if not count:
            raise BadImage("the image ends before it should", BROKEN)
        done += count


def sha256(file: io.FileIO, advance: Advance) -> str:
    """Of a file from its start to its end."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        advance(len(chunk))
    return digest.hexdigest()


def read_bounded(path: Path, limit: int) -> bytes:
    """A small file. Raises FlashError when it cannot be read or is larger."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise FlashError(f"{path} cannot be read: {_reason(error)}", f"ls -l {path}") from error
    if len(content) > limit:
        raise FlashError(f"{path} is larger than {limit} bytes", "give the right file")
    return content


def listed_sum(sums: str, name: str) -> str | None:
    """The SHA-256 that a list in the format of sha256sum has for a file."""
    for line in sums.splitlines():
        match = SUM_LINE.fullmatch(line)
        if match and match[2].removeprefix("./") == name:
            return match[1].lower()
    return None


def expected_sum(path: Path) -> str | None:
    """The SHA-256 that lies beside a file: in SHA256SUMS, or in FILE.sha256."""
    for beside in (path.with_name("SHA256SUMS"), path.with_name(f"{path.name}.sha256")):
        if beside.is_file():
            sums = read_bounded(beside, MAX_SUMS_BYTES).decode("utf-8", errors="replace")
            if found := listed_sum(sums, path.name):
                return found
    return None


def map_beside(path: Path) -> Path | None:
    """The block map of an image: its name with `.bmap` for or behind its endings, as bmaptool does it."""
    stem = path.name
    while True:
        candidate = path.with_name(f"{stem}.bmap")
        if candidate.is_file():
            return candidate
        if stem == Path(stem).stem or Path(stem).suffix not in {".zst", ".img"}:
            return None
        stem = Path(stem).stem


def read_map(path: Path, image: Image) -> bmap.BlockMap:
    """The block map in a file, which must fit the list of checksums and the image. Raises BadImage."""
    content = read_bounded(path, bmap.MAX_BYTES)
    expected = expected_sum(path)
    if expected and hashlib.sha256(content).hexdigest() != expected:
        raise BadImage(f"{path} is not the file that SHA256SUMS lists", bmap.AGAIN)
    found = bmap.parse(content)
    if found.image_bytes != image.size:
        raise BadImage(
            f"{path} belongs to another image: {found.image_bytes} bytes, not {image.size}", bmap.AGAIN
        )
    return found
