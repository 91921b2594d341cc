"""Writes an image on a disk, and reads it back.

The disk ends up as the image: mapped blocks are written, and where the image has only zeros (gaps) whatever
was on the disk before goes. A map may leave out zeros that matter: in a file system whose blocks are checked
(dm-verity) they count as much as other bytes. Gaps are cheap: the disk is told to drop them, then they are
read, and only what is not zero is overwritten.

The first MiB, with the partition table, is zero while the rest is written and comes last. A card that was
pulled out half-way looks empty and does not half start.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tools.flashing import image
from tools.flashing.device import CHUNK_BYTES, Disk, buffer
from tools.flashing.errors import BadImage, DeviceFailed
from tools.flashing.extents import Extent, in_order
from tools.flashing.progress import Advance

HEAD_BYTES = 1024 * 1024
FLUSH_BYTES = 64 * 1024 * 1024
ZEROS = bytes(CHUNK_BYTES)
MISMATCH = "the image and its block map do not belong together, or one is damaged"
WORN = "the card or disk is worn out or a fake; take another one"


class _Held:
    """A disk whose first bytes are held back until `finish`."""

    def __init__(self, disk: Disk, size: int) -> None:
        self._disk = disk
        self._head = buffer()[: disk.padded(min(HEAD_BYTES, size))]
        self._unflushed = 0

    def begin(self) -> None:
        self._disk.write(self._head, 0)
        self._disk.flush()

    def write(self, content: memoryview, offset: int) -> None:
        early = max(0, min(len(self._head) - offset, len(content)))
        self._head[offset : offset + early] = content[:early]
        if early < len(content):
            self._disk.write(content[early:], offset + early)
            self._unflushed += len(content) - early
        if self._unflushed >= FLUSH_BYTES:
            self._disk.flush()
            self._unflushed = 0

    def finish(self) -> None:
        self._disk.flush()
        self._disk.write(self._head, 0)
        self._disk.flush()


@dataclass(frozen=True, slots=True)
class _Job:
    """The disk, the image's bytes in order, whom to tell, and memory for a chunk."""

    disk: Disk
    stream: io.FileIO
    held: _Held
    advance: Advance
    scratch: memoryview


def write(
    disk: Disk, stream: io.FileIO, extents: Sequence[Extent], size: int, advance: Advance
) -> list[Extent]:
    """Write an image of `size` bytes that `stream` gives in order; `advance` counts bytes of the image.

    Returns the extents, each with the SHA-256 of what was written. Raises BadImage when the stream is shorter
    or longer or not what an extent's SHA-256 says, DeviceFailed when the disk gives an error.
    """
    job = _Job(disk, stream, _Held(disk, size), advance, buffer())
    job.held.begin()
    written: list[Extent] = []
    for wanted, piece in in_order(extents, size):
        if wanted:
            written.append(_write_extent(job, piece))
        else:
            _clear(job, piece)
    if stream.read(1):
        raise BadImage("the image is longer than it says", image.BROKEN)
    job.held.finish()
    return written


def _write_extent(job: _Job, extent: Extent) -> Extent:
    digest = hashlib.sha256()
    for offset, length in _chunks(extent):
        image.fill(job.stream, job.scratch[:length])
        digest.update(job.scratch[:length])
        padded = job.disk.padded(length)
        job.scratch[length:padded] = bytes(padded - length)
        job.held.write(job.scratch[:padded], offset)
        job.advance(length)
    if extent.sha256 not in {None, digest.hexdigest()}:
        raise BadImage(f"bytes {extent.start}–{extent.end} of the image are not what its map says", MISMATCH)
    return replace(extent, sha256=digest.hexdigest())


def _clear(job: _Job, gap: Extent) -> None:
    """Pass a gap of the stream and make it read as zeros on the disk, but for the head, which comes last."""
    start = max(gap.start, min(HEAD_BYTES, gap.end))
    if gap.end > start:
        job.disk.discard(start, job.disk.padded(gap.end - start))
    for offset, length in _chunks(gap):
        image.fill(job.stream, job.scratch[:length])
        behind = offset + length
        if behind > start:
            _clear_chunk(job, max(offset, start), behind)
        job.advance(length)


def _clear_chunk(job: _Job, start: int, behind: int) -> None:
    part = job.scratch[: job.disk.padded(behind - start)]
    job.disk.read(part, start)
    if not _is_zero(part):
        part[:] = ZEROS[: len(part)]
        job.disk.write(part, start)


def _is_zero(part: memoryview) -> bool:
    # Bytes are compared twenty times faster than views.
    return bytes(part) == ZEROS[: len(part)]


def _chunks(extent: Extent) -> Iterator[tuple[int, int]]:
    """Offset and length of pieces that end at multiples of a chunk."""
    offset = extent.start
    while offset < extent.end:
        length = min(CHUNK_BYTES - offset % CHUNK_BYTES, extent.end - offset)
        yield offset, length
        offset += length


def verify(disk: Disk, extents: Sequence[Extent], size: int, advance: Advance) -> None:
    """Read everything back and compare: extents by their SHA-256, gaps with zeros. Raises DeviceFailed."""
    scratch = buffer()
    disk.flush()
    for wanted, piece in in_order(extents, size):
        digest, zero = hashlib.sha256(), True
        for part in _read(disk, piece, scratch, advance):
            if wanted:
                digest.update(part)
            else:
                zero = zero and _is_zero(part)
        if not zero or (wanted and digest.hexdigest() != piece.sha256):
            raise DeviceFailed(
                f"{disk.path} does not give back what was written (bytes {piece.start}–{piece.end})", WORN
            )


def _read(disk: Disk, extent: Extent, scratch: memoryview, advance: Advance) -> Iterator[memoryview]:
    for offset, length in _chunks(extent):
        disk.read(scratch[: disk.padded(length)], offset)
        yield scratch[:length]
        advance(length)
