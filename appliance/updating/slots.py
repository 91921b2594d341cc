"""Which of the two slots is started next: try once, commit when healthy. Pure.

The firmware alone remembers which slot it starts by itself (`committed`) and which one it starts once
(`pending`, which it forgets before it starts it). What is kept beside it says only what is in each slot.

A slot's mark:

    unknown ── an installation begins ──▶ writing ── whole ──▶ armed ── found healthy ──▶ good
                                            ▲                    │                          │
                                            │                    └─ started, not found ─▶ failed
                                            └──── the next installation ◀──────────────┴────┘
    good ── a version of a higher security epoch was committed beside it ──▶ retired

Every decision is a list of steps in an order in which a power cut between any two leads to a slot that is
known to start: what makes a slot startable is always the last step, what forbids it the first.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.updating.errors import SlotError

Slot = Literal["A", "B"]
Mark = Literal["unknown", "writing", "armed", "good", "failed", "retired"]

STARTABLE: frozenset[Mark] = frozenset({"armed", "good"})


class Facts(msgspec.Struct, frozen=True):
    """What the firmware says, and what is known of each slot."""

    running: Slot
    committed: Slot
    pending: Slot | None = None
    marks: tuple[Mark, Mark] = ("unknown", "unknown")
    """Of A and of B."""
    epochs: tuple[int, int] = (0, 0)
    """Security epoch of what is in A and in B; 0 is not known."""

    def mark(self, slot: Slot) -> Mark:
        """What is known of a slot; whatever the firmware starts by itself is good."""
        return "good" if slot == self.committed else self.marks[index(slot)]

    @property
    def trying(self) -> bool:
        """Does a slot run that is not committed?"""
        return self.running != self.committed


class Try(msgspec.Struct, frozen=True, tag=True):
    """The firmware starts this slot once, at the next start."""

    slot: Slot


class DoNotTry(msgspec.Struct, frozen=True, tag=True):
    """The firmware starts the committed slot at the next start."""


class Commit(msgspec.Struct, frozen=True, tag=True):
    """The firmware starts this slot from now on."""

    slot: Slot


class Note(msgspec.Struct, frozen=True, tag=True):
    """Remember this of a slot."""

    slot: Slot
    mark: Mark


Step = Try | DoNotTry | Commit | Note


def index(slot: Slot) -> int:
    """Its place in a pair."""
    return 0 if slot == "A" else 1


def other(slot: Slot) -> Slot:
    """The slot beside it."""
    return "B" if slot == "A" else "A"


def primary(facts: Facts) -> Slot:
    """The slot of the next start."""
    return facts.pending or facts.committed


def is_good(facts: Facts, slot: Slot) -> bool:
    """May the firmware be sent there? Of what runs on trial nothing is said yet."""
    return facts.mark(slot) in STARTABLE


def begin_writing(facts: Facts, slot: Slot) -> list[Step]:
    """Before a slot is overwritten. Raises SlotError for the one that runs or is needed to come back."""
    if slot == facts.running:
        raise SlotError(f"slot {slot} is running; it cannot be overwritten", "install into the other slot")
    if slot == facts.committed:
        raise SlotError(
            f"slot {slot} is the one to come back to while version in slot {facts.running} is being tried",
            "wait until this version is found healthy: appliance update status",
        )
    return [DoNotTry(), Note(slot, "writing")]


def arm(facts: Facts, slot: Slot) -> list[Step]:
    """The slot is whole: start it once. For the committed one: forget about the other.

    Raises SlotError for a slot that has had its try, whose content is too old, or while another is tried.
    """
    if slot == facts.committed:
        return [DoNotTry()]
    if slot == facts.running:
        raise SlotError(
            f"slot {slot} is running on trial; only finding it healthy makes it permanent",
            "appliance update status",
        )
    mark = facts.mark(slot)
    if mark in {"failed", "retired", "unknown"}:
        raise SlotError(_why_not(slot, mark), "install a version into it: appliance update install")
    return [Note(slot, "armed"), Try(slot)]


def _why_not(slot: Slot, mark: Mark) -> str:
    match mark:
        case "failed":
            return f"slot {slot} was started once and was not found healthy"
        case "retired":
            return f"what is in slot {slot} is older than the last security fix allows"
        case _:
            return f"nothing is known of what is in slot {slot}"


def commit(facts: Facts, slot: Slot, *, healthy: bool) -> list[Step]:
    """The slot was found healthy. Raises SlotError when it does not run, or nobody has found it healthy."""
    if slot != facts.running:
        raise SlotError(f"slot {slot} does not run; only what runs can be found healthy", "")
    if not facts.trying:
        return [Note(slot, "good")]
    if not healthy:
        raise SlotError(
            f"slot {slot} has not passed its self test yet", "appliance-commit.service does it; see its log"
        )
    return [Commit(slot), DoNotTry(), Note(slot, "good"), *_retire(facts, slot)]


def _retire(facts: Facts, slot: Slot) -> list[Step]:
    beside = other(slot)
    epoch, former = facts.epochs[index(slot)], facts.epochs[index(beside)]
    return [Note(beside, "retired")] if facts.mark(beside) == "good" and former < epoch else []


def give_up(facts: Facts) -> list[Step]:
    """What runs on trial is not healthy: the next start is the committed slot's."""
    return [DoNotTry(), Note(facts.running, "failed")] if facts.trying else []


def settle(facts: Facts) -> list[Step]:
    """At each start, before anything else: learn from where the firmware led."""
    if facts.trying:
        # The firmware has forgotten it already; one that has not would lead here again.
        return [DoNotTry()] if facts.pending == facts.running else []
    steps: list[Step] = []
    beside = other(facts.running)
    if facts.mark(beside) == "armed" and facts.pending != beside:
        steps.append(Note(beside, "failed"))
    if facts.marks[index(facts.running)] != "good":
        steps.append(Note(facts.running, "good"))
        steps += _retire(facts, facts.running)
    return steps
