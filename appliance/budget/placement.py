"""Which kind of machine is meant for what, and where each part runs on it. Pure data, and a suggestion.

The tables of docs/placement.md are made from here. Today every part but a satellite's runs on the hub itself;
what is placed on a worker runs on the hub until there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from appliance.budget.machine import Hardware
from appliance.budget.table import PROFILES, ProfileName

Place = Literal["hub", "satellites", "worker", "each hub", "own machine", "-"]
ON_HUB: frozenset[Place] = frozenset({"hub", "worker", "each hub"})
"""What starts on a hub: what a worker takes over later runs there until then."""


class Bounds(msgspec.Struct, frozen=True):
    """What a profile is meant for, by design and not by measurement; nothing beyond it is refused."""

    rooms: int
    speakers: int
    """Who speak at the same time."""
    entities: int
    model: str
    """Size of the language model, in parameters."""
    memory_mb: int
    """Least memory of the machine."""


BOUNDS: Mapping[ProfileName, Bounds] = {
    "p1": Bounds(4, 2, 300, "0.5 billion", 3_800),
    "p2": Bounds(8, 3, 1_000, "1.5 billion", 7_600),
    "p3": Bounds(24, 3, 2_000, "1.5 billion; more on the worker", 7_600),
    "p4": Bounds(64, 12, 5_000, "as the workers can", 15_500),
}
MATRIX: Mapping[str, tuple[Place, Place, Place, Place]] = {
    "microphone, loudspeaker": ("hub", "hub", "satellites", "satellites"),
    "supervisor": ("hub", "hub", "hub", "each hub"),
    "broker": ("hub", "hub", "hub", "own machine"),
    "sound": ("hub", "hub", "hub", "each hub"),
    "wake": ("hub", "hub", "hub", "each hub"),
    "vad": ("hub", "hub", "hub", "each hub"),
    "stt": ("hub", "hub", "hub", "worker"),
    "intent": ("hub", "hub", "hub", "each hub"),
    "tts": ("hub", "hub", "hub", "worker"),
    "llm": ("hub", "hub", "worker", "worker"),
    "web": ("hub", "hub", "hub", "each hub"),
    "timers, audit, history": ("hub", "hub", "hub", "each hub"),
    "backup": ("hub", "hub", "hub", "each hub"),
}
"""Part → where it runs in p1, p2, p3, p4."""


def place(part: str, profile: ProfileName) -> Place:
    """Where this part runs; "-" for one that there is not."""
    row = MATRIX.get(part)
    return "-" if row is None else row[PROFILES.index(profile)]


def starts_here(part: str, profile: ProfileName) -> bool:
    """Does a hub of this profile start it? Not what has a machine of its own, or is unknown."""
    return place(part, profile) in ON_HUB


class Suggestion(msgspec.Struct, frozen=True):
    """A profile, and why."""

    profile: ProfileName
    why: str


def suggest(hardware: Hardware, satellites: int = 0) -> Suggestion:
    """What fits this machine, and the rooms that it serves."""
    known = hardware.model or hardware.processor or hardware.architecture
    machine = f"{known}, {hardware.cores} cores, {hardware.memory_mb:,} MB"
    strong = hardware.cores >= 4 and hardware.memory_mb >= BOUNDS["p2"].memory_mb
    if (
        not strong
        or "raspberry" in hardware.model.lower()
        or hardware.architecture.startswith(("aarch", "arm"))
    ):
        return Suggestion("p1", machine)
    if satellites > BOUNDS["p3"].rooms:
        return Suggestion("p4", f"{machine}; {satellites} satellites are more than one hub is meant for")
    if satellites > BOUNDS["p2"].rooms:
        return Suggestion("p3", f"{machine}; {satellites} satellites")
    return Suggestion("p2", machine)


def markdown() -> str:
    """The two tables of docs/placement.md."""
    head = "| " + " | ".join(["meant for", *PROFILES]) + " |"
    line = "|---" * (len(PROFILES) + 1) + "|"
    rows = [
        ("rooms", *(f"{BOUNDS[name].rooms}" for name in PROFILES)),
        ("speakers at once", *(f"{BOUNDS[name].speakers}" for name in PROFILES)),
        ("entities", *(f"{BOUNDS[name].entities:,}" for name in PROFILES)),
        ("language model, parameters", *(BOUNDS[name].model for name in PROFILES)),
        ("memory, MB", *(f"{BOUNDS[name].memory_mb:,}" for name in PROFILES)),
    ]
    bounds = [head, line, *(f"| {' | '.join(row)} |" for row in rows)]
    placed = [head.replace("meant for", "part"), line]
    placed += [f"| {' | '.join((part, *places))} |" for part, places in MATRIX.items()]
    return "\n".join([*bounds, "", *placed]) + "\n"
