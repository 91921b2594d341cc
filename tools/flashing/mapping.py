"""Finds what of an image must be written: everything but long runs of zeros.

Holes of a sparse file are skipped unread, and zeros in its data count like holes: so the map depends on the
bytes only, not on how the file came to its disk, and the same image always gives the same map.

Other programs leave gaps as the card was. So zeros near data are mapped too: there lie the parts of a file
system that are zero and still mean something, such as the empty end of a FAT.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tools.flashing.bmap import BLOCK_BYTES, BlockMap
from tools.flashing.errors import BadImage
from tools.flashing.extents import Extent
from tools.flashing.progress import Advance

GRAIN_BYTES = 64 * 1024
"""Zeros are left out by whole grains, so that a map has few ranges and a card gets long writes."""
READ_BYTES = 4 * 1024 * 1024
GUARD_BYTES = 2 * 1024 * 1024
"""Zeros so near to data are mapped with it. A FAT of an ESP of 256 MiB is as long (512 byte clusters)."""
ZEROS = bytes(GRAIN_BYTES)


def of_file(image: Path, advance: Advance, guard_bytes: int = GUARD_BYTES) -> BlockMap:
    """The map of an uncompressed image. Raises BadImage when it is empty, OSError when it cannot be read."""
    with image.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise BadImage(f"{image} is empty", "build it again")
        areas = list(_areas(_grains(file.fileno(), size, advance), guard_bytes, size))
        return BlockMap(size, BLOCK_BYTES, tuple(_summed(file.fileno(), area) for area in areas))


def _areas(grains: Iterable[tuple[int, int]], guard: int, size: int) -> Iterator[Extent]:
    """Data (offset, length) with its guards, those that touch each other as one."""
    start, behind = 0, 0
    for offset, length in grains:
        first = max(0, offset - guard)
        if first > behind:
            if behind:
                yield Extent(start, behind - start)
            start = first
        behind = min(size, offset + length + guard)
    if behind:
        yield Extent(start, behind - start)


def _summed(fd: int, area: Extent) -> Extent:
    digest = hashlib.sha256()
    for offset in range(area.start, area.end, READ_BYTES):
        digest.update(_read(fd, offset, min(READ_BYTES, area.end - offset)))
    return replace(area, sha256=digest.hexdigest())


def _grains(fd: int, size: int, advance: Advance) -> Iterator[tuple[int, int]]:
    """Offset and length of every grain that is not all zeros."""
    offset = 0
    while (data := _next_data(fd, offset)) is not None and data < size:
        grain = _read(fd, data, min(GRAIN_BYTES, size - data))
        if grain != ZEROS[: len(grain)]:
            yield data, len(grain)
        advance(data + len(grain) - offset)
        offset = data + len(grain)
    advance(size - offset)


def _next_data(fd: int, offset: int) -> int | None:
    """Start of the grain with the next byte that is not in a hole; None when only a hole follows."""
    try:
        found = os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise
    return max(offset, found - found % GRAIN_BYTES)


def _read(fd: int, offset: int, length: int) -> bytes:
    content = os.pread(fd, length, offset)
    if len(content) != length:
        raise BadImage(
            "the image became shorter while it was read", "let nothing write to it, then try again"
        )
    return content
