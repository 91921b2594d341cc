"""Weighted transducers in OpenFst's binary "const" format (tropical semiring), written without OpenFst.

The layout is that of version 2 of `const` (fst/const-fst.h): a header, then 20 bytes a state, then 16 bytes
an arc, little endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import msgspec

MAGIC = 2_125_659_606
EPSILON = 0
_VERSION = 2
_EXPANDED, _ACCEPTOR, _INPUT_SORTED, _OUTPUT_SORTED = 0x1, 0x1_0000, 0x1000_0000, 0x4000_0000
"""Properties that are known here; OpenFst works out the others when it needs them."""

Arc = tuple[int, int, float, int]
"""Input label, output label, cost (negative natural logarithm), next state."""


class Transducer(msgspec.Struct, frozen=True):
    """States 0…n - 1 with their arcs; `finals` are costs by state."""

    start: int
    arcs: Sequence[Sequence[Arc]]
    finals: Mapping[int, float]

    @property
    def arc_count(self) -> int:
        """How many arcs all states have together."""
        return sum(map(len, self.arcs))


def const_fst(graph: Transducer, *, acceptor: bool = False) -> bytes:
    """The bytes of the file. Arcs are sorted by input label; an acceptor's labels must be equal pairwise."""
    import numpy as np

    counts = np.fromiter(map(len, graph.arcs), np.uint32, len(graph.arcs))
    states = np.zeros(
        len(graph.arcs), [("final", "<f4"), *((each, "<u4") for each in ("at", "arcs", "inputs", "outputs"))]
    )
    states["final"] = np.inf
    for state, cost in graph.finals.items():
        states["final"][state] = cost
    states["arcs"] = counts
    states["at"] = np.cumsum(counts, dtype=np.uint64) - counts
    states["inputs"] = _epsilons(graph.arcs, 0)
    states["outputs"] = _epsilons(graph.arcs, 1)
    kinds = [("input", "<i4"), ("output", "<i4"), ("cost", "<f4"), ("next", "<i4")]
    arcs = np.array([arc for leaving in graph.arcs for arc in sorted(leaving)], dtype=kinds)
    return _header(graph, acceptor=acceptor) + states.tobytes() + arcs.tobytes()


def _epsilons(arcs: Iterable[Sequence[Arc]], side: int) -> list[int]:
    return [sum(arc[side] == EPSILON for arc in leaving) for leaving in arcs]


def _header(graph: Transducer, *, acceptor: bool) -> bytes:
    properties = _EXPANDED | _INPUT_SORTED | (_ACCEPTOR | _OUTPUT_SORTED if acceptor else 0)
    return b"".join((
        struct.pack("<i", MAGIC), _text("const"), _text("standard"),
        struct.pack("<iiQqqq", _VERSION, 0, properties, graph.start, len(graph.arcs), graph.arc_count),
    ))  # fmt: skip


def _text(word: str) -> bytes:
    return struct.pack("<i", len(word)) + word.encode()


def symbol_table(words: Mapping[str, int]) -> str:
    """The text of a words.txt: `word number` a line, by number, the empty word first."""
    numbered = sorted((number, word) for word, number in words.items())
    return "".join(f"{word} {number}\n" for number, word in [(EPSILON, "<eps>"), *numbered])
