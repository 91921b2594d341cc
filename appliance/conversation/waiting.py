"""One generation at a time: the questions that wait, for whom waiting counts. Pure.

A deadline runs from the moment of asking. What waited is sent with what is left of it, and is never sent
when nothing is left.
"""

from __future__ import annotations

import msgspec

from appliance.wire.messages import Generate

MAX_WAITING = 4
MIN_LEFT_MS = 50
"""With less left, a question is late: not even a prompt is read in it."""


class _Asked(msgspec.Struct, frozen=True):
    question: Generate
    at: float


class Step(msgspec.Struct, frozen=True):
    """What to do now: send this, and give these turns up."""

    send: Generate | None = None
    late: tuple[int, ...] = ()


class Line:
    """`join`, then `step`; `served` and `step` when a generation ended."""

    def __init__(self, most: int = MAX_WAITING) -> None:
        self._most = most
        self._waiting: list[_Asked] = []
        self._served: _Asked | None = None
        self._unwanted = False
        self.refused = 0
        """Questions for which there was no room."""

    @property
    def turn(self) -> int:
        """The turn that is being answered; 0 for none."""
        return self._served.question.turn if self._served else 0

    def join(self, question: Generate, now: float) -> bool:
        """Ask at `now` (seconds, monotonic); False when too many wait. A turn that asks again asks anew."""
        self._waiting = [each for each in self._waiting if each.question.turn != question.turn]
        if len(self._waiting) >= self._most:
            self.refused += 1
            return False
        self._waiting.append(_Asked(question, now))
        return True

    def step(self, now: float) -> Step:
        """The next question when nobody is being answered, and those whose time has passed."""
        late = tuple(each.question.turn for each in self._waiting if _left_ms(each, now) < MIN_LEFT_MS)
        self._waiting = [each for each in self._waiting if each.question.turn not in late]
        if self._served is not None or not self._waiting:
            return Step(None, late)
        self._served, self._unwanted = self._waiting.pop(0), False
        left = _left_ms(self._served, now)
        return Step(msgspec.structs.replace(self._served.question, deadline_ms=left), late)

    def served(self, turn: int) -> None:
        """The engine said that this turn's generation ended."""
        if self._served is not None and self._served.question.turn == turn:
            self._served = None

    def leave(self, turn: int) -> bool:
        """Nobody wants this answer; True when the engine works on it and has to be told."""
        self._waiting = [each for each in self._waiting if each.question.turn != turn]
        known = self.turn == turn and turn != 0
        self._unwanted |= known
        return known

    def restart(self) -> None:
        """The engine is a new one: whom the old one served is served first, unless they left."""
        if self._served is not None and not self._unwanted:
            self._waiting.insert(0, self._served)
        self._served = None


def _left_ms(asked: _Asked, now: float) -> int:
    return int(asked.question.deadline_ms - (now - asked.at) * 1000)
