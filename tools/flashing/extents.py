"""Pieces of an image: which bytes must be written, and which lie between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PIECE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Extent:
    """`length` bytes from `start`. `sha256` is theirs in hexadecimal digits, or None when nobody said it."""

    start: int
    length: int
    sha256: str | None = None

    @property
    def end(self) -> int:
        """The first byte behind."""
        return self.start + self.length


def whole(size: int) -> list[Extent]:
    """The whole image in pieces, without checksums: what is written when there is no block map."""
    return [Extent(start, min(PIECE_BYTES, size - start)) for start in range(0, size, PIECE_BYTES)]


def gaps(extents: Sequence[Extent], size: int) -> Iterator[Extent]:
    """What lies between ascending extents, and behind the last up to `size`."""
    end = 0
    for extent in extents:
        if extent.start > end:
            yield Extent(end, extent.start - end)
        end = extent.end
    if end < size:
        yield Extent(end, size - end)


def in_order(extents: Sequence[Extent], size: int) -> Iterator[tuple[bool, Extent]]:
    """Extents (True) and gaps (False) as they follow each other."""
    pieces = [(True, extent) for extent in extents] + [(False, gap) for gap in gaps(extents, size)]
    return iter(sorted(pieces, key=lambda piece: piece[1].start))


def total(extents: Sequence[Extent]) -> int:
    """Bytes of all of them."""
    return sum(extent.length for extent in extents)
