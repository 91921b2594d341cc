"""Which run of a satellite is which turn of the pipeline. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from appliance.satellites.protocol import HUB_RUN

MAX_REMEMBERED = 16
CALL = HUB_RUN | 1 << 30
"""Runs of calls between rooms; they are no turns."""


class Runs:
    """Both numbers of the latest exchanges of one satellite."""

    def __init__(self) -> None:
        self._runs: dict[int, int] = {}
        self._claimed = 0

    @contextlib.contextmanager
    def claiming(self, run: int) -> Iterator[None]:
        """A turn that begins meanwhile is this run."""
        self._claimed = run
        try:
            yield
        finally:
            self._claimed = 0

    def run_of(self, turn: int) -> int:
        """The run of this turn; one that is new is the claimed one, or the hub's own."""
        if turn not in self._runs:
            self.bind(turn, self._claimed or HUB_RUN | turn % (1 << 30))
            self._claimed = 0
        return self._runs[turn]

    def bind(self, turn: int, run: int) -> None:
        """From now on they belong together."""
        self._runs.pop(turn, None)
        self._runs[turn] = run
        while len(self._runs) > MAX_REMEMBERED:
            del self._runs[next(iter(self._runs))]

    def known(self, turn: int) -> bool:
        """Was this turn seen here before?"""
        return turn in self._runs

    def is_run_of(self, run: int, turn: int) -> bool:
        """Do they belong together? Turn 0 is none."""
        return turn != 0 and self._runs.get(turn) == run
