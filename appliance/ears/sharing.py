"""States of a graph, each kept once: two from which the same arcs lead on are one. Pure.

A state is described by its own staying arc, its other arcs and its final cost; it is added after the states
that it leads to. So equal ends of words and sentences come together on their own.
"""

from __future__ import annotations

from appliance.ears.openfst import EPSILON, Arc, Transducer
from appliance.errors import UnderstandingError

MAX_ARCS = 1_500_000
"""24 MB as a file."""


class States:
    """Gives a number to each different state."""

    def __init__(self, max_arcs: int = MAX_ARCS) -> None:
        self._max_arcs = max_arcs
        self._numbers: dict[tuple[int, float | None, tuple[Arc, ...]], int] = {}
        self._arcs: list[list[Arc]] = []
        self._finals: dict[int, float] = {}
        self._count = 0

    def add(
        self,
        arcs: tuple[Arc, ...],
        *,
        stay: int = EPSILON,
        stay_cost: float = 0.0,
        final: float | None = None,
    ) -> int:
        """The number of the state with these arcs; `stay` is the label of an arc to itself."""
        key = (stay, final, tuple(sorted(set(arcs))))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self.fresh(key[2], final=final)
            if stay:
                self.lead(number, (stay, EPSILON, stay_cost, number))
        return number

    def fresh(self, arcs: tuple[Arc, ...] = (), *, final: float | None = None) -> int:
        """A state of its own, to which arcs may be added later."""
        number = len(self._arcs)
        self._arcs.append([])
        for arc in arcs:
            self.lead(number, arc)
        if final is not None:
            self._finals[number] = final
        return number

    def lead(self, state: int, arc: Arc) -> None:
        """One more arc. Raises UnderstandingError for a graph above the bound."""
        self._count += 1
        if self._count > self._max_arcs:
            raise UnderstandingError("the sentences of this home are too many", "give it fewer names")
        self._arcs[state].append(arc)

    def graph(self, start: int) -> Transducer:
        """All of them."""
        return Transducer(start, self._arcs, self._finals)
