"""The newest lines of the log, in memory: for `appliance logs` where there is no journal. Bounded."""

from __future__ import annotations

import logging
from collections import deque
from typing import NamedTuple

from appliance.observe.logs import JsonFormatter, Staying

MAX_LINES = 2_000
MAX_CHARACTERS = 1_000_000
PAGE_LINES = 200
PAGE_CHARACTERS = 32_000
"""And one line: with the longest of them a page still fits a line of the control socket."""


class Page(NamedTuple):
    """Some lines, the oldest first."""

    lines: list[str]
    next: int
    """Number of the first line that may come after these."""
    more: bool
    """There are such lines already."""


class Ring(Staying):
    """A handler of the log that keeps what it writes, as JSON, and stays when the log is configured anew."""

    def __init__(self, max_lines: int = MAX_LINES, max_characters: int = MAX_CHARACTERS) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self._max_lines = max_lines
        self._max_characters = max_characters
        self._lines: deque[str] = deque()
        self._characters = 0
        self._first = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; the oldest leave."""
        try:
            line = self.format(record)
        except (TypeError, ValueError, KeyError):  # arguments that do not fit the message
            self.handleError(record)
            return
        self._lines.append(line)
        self._characters += len(line)
        while len(self._lines) > self._max_lines or self._characters > self._max_characters:
            self._characters -= len(self._lines.popleft())
            self._first += 1

    def page(self, after: int = 0) -> Page:
        """Lines from number `after` on, or from the oldest that is left; from any thread."""
        self.acquire()
        try:
            lines = list(self._lines)
            first = self._first
        finally:
            self.release()
        # A number that is still to come is one of another run of the program.
        start = after - first if first <= after <= first + len(lines) else 0
        taken: list[str] = []
        size = 0
        for line in lines[start:]:
            if len(taken) >= PAGE_LINES or size > PAGE_CHARACTERS:
                break
            taken.append(line)
            size += len(line)
        end = start + len(taken)
        return Page(taken, first + end, end < len(lines))


def install() -> Ring:
    """Keep every line from now on; `remove` ends it."""
    ring = Ring()
    logging.getLogger().addHandler(ring)
    return ring


def remove(ring: Ring) -> None:
    """Keep nothing any more."""
    logging.getLogger().removeHandler(ring)
