"""Extents and gaps cover an image once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tools.flashing.extents import PIECE_BYTES, Extent, in_order, total, whole


@given(st.integers(1, 1000), st.sets(st.integers(0, 1000)))
def test_pieces_in_order_cover_everything_once(size: int, cuts: set[int]) -> None:
    edges = sorted(cut for cut in cuts if cut <= size)
    extents = [Extent(a, b - a) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    pieces = list(in_order(extents, size))
    assert [piece.start for _, piece in pieces] == [0, *(piece.end for _, piece in pieces[:-1])]
    assert pieces[-1][1].end == size
    assert [piece for wanted, piece in pieces if wanted] == extents


@given(st.integers(1, 5 * PIECE_BYTES))
def test_the_whole_is_one_piece_after_the_other(size: int) -> None:
    assert total(whole(size)) == size
    assert all(wanted for wanted, _ in in_order(whole(size), size))
