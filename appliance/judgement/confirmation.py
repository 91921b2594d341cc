"""What waits for a yes or a PIN: a pure state machine, one pending question a room.

    (nothing) ──ask──▶ PENDING ──yes──▶ released
                        │   └────PIN──▶ CHECKING ──right──▶ released
                        │                   └──wrong──▶ PENDING, or refused when that was the last try
                        └──no, deadline, end of turn, other words, another person──▶ (nothing)

Time is a parameter in seconds of any monotonic clock. Nothing here is ever written anywhere: after a restart
nothing is pending. A yes counts only from the same room, in the same turn, before the deadline, and not from
somebody who is known to be another person. A yes never answers where a PIN is wanted. Wrong PINs are counted
for all rooms together.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.judgement.policy import How
from appliance.wire.messages import Deed

MAX_WAIT_SECONDS = 3_600.0
FORGOTTEN_SECONDS = 2 * MAX_WAIT_SECONDS
"""So long after the last wrong PIN they count no more. A right one forgives none: it may be a child's own."""
MAX_ROOMS = 1_000
Source = Literal["heard", "typed", "model"]
"""Where an answer comes from: a microphone, somebody's keyboard, or the language model (never taken)."""


class Pending(msgspec.Struct, frozen=True):
    """A question that was asked."""

    number: int
    """Never the same twice."""
    room: str
    turn: int
    person: str
    """Who asked for the deed; "" when that is not known."""
    how: How
    deeds: tuple[Deed, ...]
    deadline: float
    checking: bool = False
    """A PIN is being compared."""


class Answer(msgspec.Struct, frozen=True):
    """What was said in return."""

    room: str
    turn: int
    kind: Literal["yes", "no", "pin", "other"]
    person: str = ""
    """Who is likely to speak now; "" when that is not known."""
    source: Source = "heard"
    own_voice: bool = False
    """It resembles what a loudspeaker of ours just said (`own_voice`)."""


class Release(msgspec.Struct, frozen=True):
    """Confirmed: these deeds may be done now."""

    pending: Pending
    given: How
    person: str = ""
    """Whose PIN it was."""


class Check(msgspec.Struct, frozen=True):
    """Compare the PIN, then call `checked`."""

    pending: Pending


class Again(msgspec.Struct, frozen=True):
    """Not answered yet; ask once more."""

    pending: Pending
    why: Literal["wrong_pin", "need_pin"]


class Over(msgspec.Struct, frozen=True):
    """The question is gone, unanswered or refused; nothing is done."""

    pending: Pending
    why: Literal["no", "other", "wrong_pin", "locked", "other_person", "late"]


class Ignored(msgspec.Struct, frozen=True):
    """Nothing was asked there, or that was no person's answer: nothing changes."""


Step = Release | Check | Again | Over | Ignored
IGNORED = Ignored()


class Confirmations:
    """All rooms' pending questions, and the count of wrong PINs."""

    def __init__(self, seconds: float, pin_tries: int, pin_wait_seconds: float) -> None:
        self._seconds = seconds
        self._tries = pin_tries
        self._wait = pin_wait_seconds
        self._pending: dict[str, Pending] = {}
        self._checks: set[int] = set()
        self._number = 0
        self._wrong = 0
        self._last_wrong = float("-inf")
        self.locked_until = float("-inf")
        """Before that no PIN is taken."""

    def reconfigure(self, seconds: float, pin_tries: int, pin_wait_seconds: float) -> None:
        """Other limits from the next question on."""
        self._seconds, self._tries, self._wait = seconds, pin_tries, pin_wait_seconds

    def pending(self, room: str, now: float) -> Pending | None:
        """What is waited for in this room."""
        found = self._pending.get(room)
        return found if found is not None and now < found.deadline else None

    def all(self) -> tuple[Pending, ...]:
        """What is waited for anywhere, also what is late."""
        return tuple(self._pending.values())

    def ask(
        self, room: str, turn: int, how: How, deeds: tuple[Deed, ...], now: float, *, person: str = ""
    ) -> Pending | None:
        """Wait for an answer there from now on, in place of an earlier question; None: not now.

        It is not now while no PIN is taken and one is wanted, or when impossibly many rooms wait.
        """
        self._pending.pop(room, None)
        if (how == "pin" and now < self.locked_until) or len(self._pending) >= MAX_ROOMS:
            return None
        self._number += 1
        asked = Pending(self._number, room, turn, person, how, deeds, now + self._seconds)
        self._pending[room] = asked
        return asked

    def answer(self, answer: Answer, now: float) -> Step:
        """What an answer leads to. Never raises."""
        pending = self._pending.get(answer.room)
        if pending is None or pending.checking or answer.source == "model" or answer.own_voice:
            return IGNORED
        if now >= pending.deadline:
            return self._end(pending, "late")
        if answer.turn != pending.turn:
            return self._end(pending, "other")
        if answer.person and pending.person and answer.person != pending.person:
            return self._end(pending, "other_person")
        return self._answered(pending, answer, now)

    def _answered(self, pending: Pending, answer: Answer, now: float) -> Step:
        match answer.kind, pending.how:
            case "no", _:
                return self._end(pending, "no")
            case "pin", "pin" if not self._may_try(now):
                return self._end(pending, "locked")
            case "pin", "pin":
                pending = self._pending[pending.room] = msgspec.structs.replace(pending, checking=True)
                self._checks.add(pending.number)
                return Check(pending)
            case "yes", "pin":
                return Again(pending, "need_pin")
            case "yes", _:
                del self._pending[pending.room]
                return Release(pending, pending.how)
            case _:
                return self._end(pending, "other")

    def checked(self, number: int, person: str, now: float) -> Step:
        """The PIN that was compared for this question is this person's; "" is nobody's."""
        if number not in self._checks:
            return IGNORED
        self._checks.discard(number)
        if not person:
            self._count_wrong(now)
        pending = next((each for each in self._pending.values() if each.number == number), None)
        if pending is None or not pending.checking:
            return IGNORED
        if now >= pending.deadline:
            return self._end(pending, "late")
        if not person:
            return self._after_wrong(pending, now)
        if pending.person and person != pending.person:
            return self._end(pending, "other_person")
        del self._pending[pending.room]
        return Release(pending, "pin", person)

    def remember_wrong(self, count: int, now: float) -> None:
        """So many were wrong shortly before a restart."""
        for _ in range(min(count, 1_000)):
            self._count_wrong(now)

    def _may_try(self, now: float) -> bool:
        """PINs under comparison count as wrong until they are known to be right."""
        if now < self.locked_until:
            return False
        return not self._checks or self._wrong_lately(now) + len(self._checks) < self._tries

    def _wrong_lately(self, now: float) -> int:
        return self._wrong if now < self._last_wrong + FORGOTTEN_SECONDS else 0

    def _count_wrong(self, now: float) -> None:
        self._wrong, self._last_wrong = self._wrong_lately(now) + 1, now
        if self._wrong >= self._tries:
            doubled = min(self._wrong - self._tries, 20)
            self.locked_until = now + min(MAX_WAIT_SECONDS, self._wait * 2**doubled)

    def _after_wrong(self, pending: Pending, now: float) -> Step:
        if now < self.locked_until:
            return self._end(pending, "wrong_pin")
        pending = self._pending[pending.room] = msgspec.structs.replace(
            pending, checking=False, deadline=now + self._seconds
        )
        return Again(pending, "wrong_pin")

    def end_turn(self, room: str, turn: int) -> Over | None:
        """That turn is over: its question goes with it."""
        pending = self._pending.get(room)
        return self._end(pending, "other") if pending is not None and pending.turn == turn else None

    def forget(self, person: str = "") -> None:
        """Drop what waits for this person; for everybody without a name."""
        kept = {} if not person else {
            room: each for room, each in self._pending.items() if each.person != person
        }  # fmt: skip
        self._pending = kept

    def expire(self, now: float) -> tuple[Over, ...]:
        """Drop every question whose deadline has come."""
        late = [each for each in self._pending.values() if now >= each.deadline]
        return tuple(self._end(each, "late") for each in late)

    def _end(
        self,
        pending: Pending,
        why: Literal["no", "other", "wrong_pin", "locked", "other_person", "late"],
    ) -> Over:
        self._pending.pop(pending.room, None)
        return Over(pending, why)
