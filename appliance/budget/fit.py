"""Does what is planned fit into this machine? Never a refusal: what does not fit gives way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from appliance.budget.table import (
    ENGINES,
    LOWEST,
    WITH_ANOTHER_MODEL,
    Budget,
    Engine,
    Priority,
    language_model,
)

Verdict = Literal["fits", "tight", "small", "unknown"]
RESERVED_SHARE = 0.10
"""Of a machine, or of a limit around the appliance, for what nobody planned."""
MAX_RESERVED_MB = 512


class Planned(msgspec.Struct, frozen=True):
    """One part as this configuration has it, in MB."""

    part: str
    priority: Priority
    loaded_mb: int
    peak_mb: int
    origin: str
    """How that is known: `table.Origin`, or table: an allotment."""


class Fit(msgspec.Struct, frozen=True):
    """The verdict; `hint` is empty when there is nothing to do."""

    verdict: Verdict
    machine_mb: int
    """What there is: memory of the machine, or the limit around the appliance."""
    usable_mb: int
    need_mb: int
    """Peaks of everything that is planned."""
    vital_mb: int
    """Peaks of what is loaded at start."""
    message: str
    hint: str = ""

    @property
    def good(self) -> bool:
        """Is there nothing to tell?"""
        return self.verdict in {"fits", "unknown"}


def planned(
    budget: Budget, engines: Mapping[str, str], file_mb: Mapping[str, int], parts: Iterable[str]
) -> list[Planned]:
    """What `parts` will take: by their engine where it is known, else as the table allots.

    `engines` is stage → engine, `file_mb` stage → size of its models.
    """
    wanted = set(parts)
    return [
        _planned(budget, row.part, engines.get(row.part, ""), file_mb.get(row.part, 0))
        for row in budget.rows
        if row.part in wanted
    ]


def _planned(budget: Budget, part: str, engine: str, file_mb: int) -> Planned:
    row = budget.row(part)
    seen = _seen(part, engine, file_mb)
    if seen is None:
        return Planned(part, row.priority, row.loaded_mb, row.peak_mb, "table")
    return Planned(part, row.priority, seen.loaded_mb, seen.peak_mb, seen.origin)


def _seen(part: str, engine: str, file_mb: int) -> Engine | None:
    if part == "llm":
        return language_model(file_mb) if file_mb else None
    known = ENGINES.get((part, engine))
    return WITH_ANOTHER_MODEL.get((part, engine), known) if file_mb else known


def judge(parts: Iterable[Planned], machine_mb: int) -> Fit:
    """Whether these fit into `machine_mb`; 0 is not known."""
    everything = list(parts)
    need = sum(part.peak_mb for part in everything)
    vital = sum(part.peak_mb for part in everything if part.priority < LOWEST)
    usable = max(0, machine_mb - min(MAX_RESERVED_MB, round(machine_mb * RESERVED_SHARE)))
    if machine_mb <= 0:
        return Fit("unknown", 0, 0, need, vital, "how much memory this machine has is not known")
    if need <= usable:
        message = f"{need:,} MB at most, of {machine_mb:,} MB"
        return Fit("fits", machine_mb, usable, need, vital, message)
    if vital <= usable:
        message = (
            f"with the language model {need:,} MB are needed at most, there are {machine_mb:,} MB: "
            "it is loaded only while somebody asks it"
        )
        hint = "choose a smaller language model (appliance models list), or leave llm.model empty"
        return Fit("tight", machine_mb, usable, need, vital, message, hint)
    largest = max(everything, key=lambda part: part.peak_mb if part.priority < LOWEST else 0)
    message = (
        f"commands alone need {vital:,} MB at most, there are {machine_mb:,} MB: "
        "stages may be ended and started again while they work"
    )
    hint = f"most goes to {largest.part} ({largest.peak_mb:,} MB): choose a smaller engine or model for it"
    return Fit("small", machine_mb, usable, need, vital, message, hint)
