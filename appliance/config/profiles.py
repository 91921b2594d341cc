"""What each kind of machine gets as defaults: `profile = "p2"`. Pure but for `this_machine`.

Memory limits come from `budget.table`. The same table is in docs/placement.md. Anything that a person sets
explicitly wins over it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from appliance.budget.table import BUDGETS

Chosen = Literal["p1", "p2", "p3", "p4"]
Value = int | float | str
Path = tuple[str, ...]

AUTO = "auto"
MB = 1024 * 1024
HUB_CORES = 4
HUB_MEMORY_MB = 7_000
"""An 8 GB machine has a little less than 8,192 left for its users."""
ARM = frozenset({"aarch64", "arm64", "armv7l", "armv8l"})
TOGETHER = ("memory_max_mb", "memory_high_mb")
"""Who sets one of them gets neither from a profile: the two must agree."""


class Profile(msgspec.Struct, frozen=True):
    """One column of the table."""

    name: Chosen
    title: str
    values: Mapping[str, Value]
    """Dotted key → value."""


class Machine(msgspec.Struct, frozen=True):
    """What `auto` looks at."""

    cores: int
    memory_mb: int
    architecture: str


def _profile(name: Chosen, title: str, *row: Value) -> Profile:
    """`row` in the order of OWN_KEYS."""
    return Profile(name, title, {**dict(BUDGETS[name].ceilings()), **dict(zip(OWN_KEYS, row, strict=True))})


OWN_KEYS = (
    "limits.stt.threads", "limits.llm.cpu_max_percent", "limits.llm.threads", "limits.tts.threads",
    "llm.max_tokens", "satellites.max_count", "satellites.wake_streams",
    "backup.keep_daily", "backup.keep_weekly", "backup.keep_monthly",
)  # fmt: skip
PROFILES: Mapping[str, Profile] = {
    each.name: each
    for each in (
        _profile("p1", "Raspberry Pi 5 alone", 1, 300, 2, 1, 128, 64, 0, 7, 4, 6),
        _profile("p2", "N100 alone", 1, 400, 3, 1, 192, 64, 0, 14, 8, 12),
        _profile("p3", "N100 hub with satellites and a worker node", 1, 300, 2, 2, 192, 128, 0, 30, 13, 12),
        _profile("p4", "several hubs and worker nodes on one broker", 2, 400, 3, 2, 256, 256, 0, 30, 13, 24),
    )
}
KEYS = tuple(PROFILES["p1"].values)


def this_machine() -> Machine:
    """The machine that this runs on; 0 MB when the kernel does not say."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MB
    except (OSError, ValueError):
        memory = 0
    return Machine(len(os.sched_getaffinity(0)), memory, platform.machine().lower())


def resolve(wanted: str, machine: Machine) -> Profile:
    """The profile of this name; `auto` chooses. P3 and P4 need other machines: only a person knows those."""
    if wanted in PROFILES:
        return PROFILES[wanted]
    is_hub = machine.cores >= HUB_CORES and machine.memory_mb >= HUB_MEMORY_MB
    return PROFILES["p2" if is_hub and machine.architecture not in ARM else "p1"]


def below(profile: Profile, given: Collection[Path]) -> Iterator[tuple[Path, Value]]:
    """(path, value) of everything that the profile sets and that is not given explicitly."""
    for key, value in profile.values.items():
        path = tuple(key.split("."))
        partners = {(*path[:-1], name) for name in TOGETHER} if path[-1] in TOGETHER else {path}
        if partners.isdisjoint(given):
            yield path, value


def table() -> str:
    """The table of docs/placement.md."""
    names = list(PROFILES)
    lines = ["| key | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [
        f"| `{key}` | " + " | ".join(str(PROFILES[name].values[key]) for name in names) + " |" for key in KEYS
    ]
    return "\n".join(lines) + "\n"
