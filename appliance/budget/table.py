"""How much memory each part is allotted on each kind of machine, and what gives way first. Pure data.

`config.profiles` takes the ceilings from here, the supervisor the priorities, `appliance budget` all of it;
the tables of docs/budget.md and docs/placement.md are made from it.

The rows of a profile are allotments: what was measured (tools/bench_memory.py), where it was, with room that
was chosen for larger homes and models; no such home or machine was measured. docs/budget.md says of each
engine how its figures are known. Ceilings are not reservations: between peak and ceiling is room for a larger
model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

ProfileName = Literal["p1", "p2", "p3", "p4"]
Priority = Literal[1, 2, 3]
PROFILES: tuple[ProfileName, ...] = ("p1", "p2", "p3", "p4")

PRIORITIES: Mapping[str, Priority] = {
    "supervisor": 1,
    "broker": 1,
    "sound": 1,
    "wake": 1,
    "vad": 1,
    "stt": 1,
    "intent": 1,
    "tts": 1,
    "web": 2,
    "llm": 3,
}
"""1: no command is heard or done without it. 2: people look at it. 3: what commands do without."""
LOWEST: Priority = 3
MEANINGS: Mapping[int, str] = {
    1: "loaded at start, never unloaded",
    2: "loaded at start, never unloaded",
    3: "loaded when it is asked, unloaded when memory is short",
}


class Row(msgspec.Struct, frozen=True):
    """One part on one kind of machine, in MB."""

    part: str
    loaded_mb: int
    peak_mb: int
    high_mb: int = 0
    """memory.high of its control group: above it the kernel slows it down; 0 for what is no stage."""
    max_mb: int = 0
    """memory.max, and what the supervisor ends it at where the kernel does not count."""

    @property
    def priority(self) -> Priority:
        """See PRIORITIES."""
        return PRIORITIES[self.part]


class Budget(msgspec.Struct, frozen=True):
    """All parts of one kind of machine."""

    profile: ProfileName
    machine_mb: int
    """Memory of the smallest machine that it is meant for."""
    headroom_mb: int
    """Left for the system, its cache and an update."""
    rows: tuple[Row, ...]

    def row(self, part: str) -> Row:
        """Of this part. Raises KeyError for one that there is not."""
        found = next((row for row in self.rows if row.part == part), None)
        if found is None:
            raise KeyError(part)
        return found

    def ceilings(self) -> Iterator[tuple[str, int]]:
        """Key of the configuration → MB, of every stage: what `config.profiles` lays below."""
        for row in self.rows:
            if row.max_mb:
                yield f"limits.{row.part}.memory_max_mb", row.max_mb
                yield f"limits.{row.part}.memory_high_mb", row.high_mb


def _budget(profile: ProfileName, machine_mb: int, headroom_mb: int, *rows: tuple[int, ...]) -> Budget:
    parts = zip(PRIORITIES, rows, strict=True)
    return Budget(profile, machine_mb, headroom_mb, tuple(Row(part, *row) for part, row in parts))


# Parts in the order of PRIORITIES: supervisor, broker, sound, wake, vad, stt, intent, tts, web, llm.
BUDGETS: Mapping[ProfileName, Budget] = {
    each.profile: each
    for each in (
        _budget(
            "p1", 3_800, 900,
            (40, 60), (5, 20), (10, 16, 120, 160), (65, 110, 192, 256), (15, 24, 128, 192),
            (300, 450, 896, 1_024), (30, 60, 192, 256), (130, 220, 448, 512), (45, 80),
            (650, 900, 2_816, 3_072),
        ),
        _budget(
            "p2", 7_600, 1_500,
            (40, 60), (5, 20), (10, 16, 120, 160), (65, 110, 192, 256), (15, 24, 128, 192),
            (300, 600, 1_344, 1_536), (30, 60, 192, 256), (130, 260, 640, 768), (45, 80),
            (1_400, 1_800, 4_608, 5_120),
        ),
        _budget(
            "p3", 7_600, 1_500,
            (45, 80), (10, 40), (10, 16, 120, 160), (65, 150, 192, 256), (15, 32, 128, 192),
            (300, 900, 1_792, 2_048), (40, 90, 192, 256), (130, 320, 896, 1_024), (45, 90),
            (1_400, 1_800, 3_584, 4_096),
        ),
        _budget(
            "p4", 15_500, 2_500,
            (50, 100), (15, 60), (10, 16, 120, 160), (65, 170, 192, 256), (15, 40, 128, 192),
            (600, 1_500, 2_688, 3_072), (60, 120, 192, 256), (130, 400, 1_280, 1_536), (45, 100),
            (1_400, 2_200, 5_632, 6_144),
        ),
    )
}  # fmt: skip


Origin = Literal["measured", "partly", "estimated"]
"""Both figures with a real engine and model; the loaded one only, or with another model; neither."""


class Engine(msgspec.Struct, frozen=True):
    """What one engine uses, in MB."""

    loaded_mb: int
    peak_mb: int
    origin: Origin


ENGINES: Mapping[tuple[str, str], Engine] = {
    ("sound", "portaudio"): Engine(10, 16, "estimated"),
    ("sound", "virtual"): Engine(8, 9, "measured"),
    ("wake", "openwakeword"): Engine(63, 86, "measured"),
    ("wake", "microwakeword"): Engine(18, 19, "partly"),
    ("vad", "silero"): Engine(14, 14, "measured"),
    ("stt", "pocketsphinx"): Engine(50, 282, "measured"),
    ("stt", "vosk"): Engine(75, 190, "measured"),
    ("intent", "hassil"): Engine(25, 44, "measured"),
    ("tts", "espeak"): Engine(12, 14, "measured"),
    ("tts", "piper"): Engine(130, 220, "estimated"),
}
WITH_ANOTHER_MODEL: Mapping[tuple[str, str], Engine] = {("stt", "vosk"): Engine(300, 450, "estimated")}
"""The same with a model that was fetched, instead of the one that comes with the appliance."""
MODEL_LOADED_EXTRA_MB = 150
"""Beside its file: 141 MB were measured with a file of 493 MB and weights by chance. The context of another
model takes more or less."""
MODEL_PEAK_EXTRA_MB = 250
"""Reading a prompt of 218 tokens took no more than loading; the rest is an allowance, not measured."""


def language_model(file_mb: int) -> Engine:
    """A language model of this size."""
    return Engine(file_mb + MODEL_LOADED_EXTRA_MB, file_mb + MODEL_PEAK_EXTRA_MB, "partly")


def markdown() -> str:
    """The table of docs/budget.md."""
    lines = []
    for budget in BUDGETS.values():
        lines += [
            f"### {budget.profile}: {budget.machine_mb:,} MB, {budget.headroom_mb:,} MB of it left free",
            "| part | priority | loaded MB | peak MB | slowed above MB | ended above MB |",
            "|---|---|---|---|---|---|",
        ]
        for row in budget.rows:
            ceilings = f"{row.high_mb:,} | {row.max_mb:,}" if row.max_mb else "- | -"
            lines.append(
                f"| {row.part} | {row.priority} | {row.loaded_mb:,} | {row.peak_mb:,} | {ceilings} |"
            )
        loaded = sum(row.loaded_mb for row in budget.rows)
        peak = sum(row.peak_mb for row in budget.rows)
        lines += [f"| **all** | | {loaded:,} | {peak:,} | | |", ""]
    return "\n".join(lines)
