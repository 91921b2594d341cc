"""When another machine, or another setting, is due: from figures of the running appliance. Pure.

Each piece of advice carries the figure it comes from and the limit that this figure passed. What is not known
gives no advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from appliance.budget.table import ProfileName

STORE_WRITE_MS = 50.0
MODEL_WAIT_MS = 1_000.0
MEMORY_SHARE = 0.5
SPEAKERS = 3
REAL_TIME_FACTOR = 0.7
"""Of one core; above 1 the recogniser falls behind who speaks."""
NEXT: Mapping[ProfileName, ProfileName] = {"p1": "p2", "p2": "p3", "p3": "p4", "p4": "p4"}


class Figures(msgspec.Struct, frozen=True):
    """What was measured; None is not known."""

    store_write_p95_ms: float | None = None
    model_wait_p95_ms: float | None = None
    memory_mb: float | None = None
    """Of all parts of the appliance together."""
    machine_mb: int | None = None
    speakers: int | None = None
    """The most who spoke at the same time, in the last hour."""
    real_time_factor: float | None = None


class Advice(msgspec.Struct, frozen=True):
    """One piece of advice."""

    name: str
    figure: str
    limit: str
    why: str
    do: str


def advise(figures: Figures, profile: ProfileName) -> tuple[Advice, ...]:
    """All that these figures ask for, on a machine of this profile."""
    found = (rule(figures, profile) for rule in _RULES)
    return tuple(advice for advice in found if advice is not None)


def _store(figures: Figures, _profile: ProfileName) -> Advice | None:
    ms = figures.store_write_p95_ms
    if ms is None or ms <= STORE_WRITE_MS:
        return None
    return Advice(
        "store", f"19 of 20 writes took up to {ms:.0f} ms", f"{STORE_WRITE_MS:.0f} ms",
        "timers, audit and history wait for the disk",
        "put the data on an SSD or NVMe disk (paths.data), or keep less: history.days",
    )  # fmt: skip


def _model(figures: Figures, profile: ProfileName) -> Advice | None:
    ms = figures.model_wait_p95_ms
    if ms is None or ms <= MODEL_WAIT_MS:
        return None
    do = (
        "add a worker node"
        if profile == "p4"
        else f"have a server answer (llm.engine), or go on to {NEXT[profile]}"
    )
    return Advice(
        "language model", f"19 of 20 questions waited up to {ms / 1000:.1f} s for others",
        f"{MODEL_WAIT_MS / 1000:.0f} s", "it answers one question at a time", do,
    )  # fmt: skip


def _memory(figures: Figures, profile: ProfileName) -> Advice | None:
    used, there = figures.memory_mb, figures.machine_mb
    if used is None or not there or used <= MEMORY_SHARE * there:
        return None
    do = "choose a smaller language model, or a machine with more memory"
    return Advice(
        "memory", f"{used:,.0f} of {there:,} MB, {100 * used / there:.0f} %", f"{MEMORY_SHARE:.0%}",
        "little is left for an update, a larger home or another voice",
        do if profile == "p4" else f"{do} ({NEXT[profile]})",
    )  # fmt: skip


def _speakers(figures: Figures, profile: ProfileName) -> Advice | None:
    most = figures.speakers
    if most is None or most <= SPEAKERS:
        return None
    do = "give some rooms another hub" if profile in {"p3", "p4"} else "go on to p3, with a worker node"
    return Advice(
        "speakers", f"{most} spoke at the same time", f"{SPEAKERS}",
        "one recogniser serves all of them, and each waits longer", do,
    )  # fmt: skip


def _recogniser(figures: Figures, profile: ProfileName) -> Advice | None:
    factor = figures.real_time_factor
    if factor is None or factor <= REAL_TIME_FACTOR:
        return None
    do = "choose a smaller model (stt.model)"
    return Advice(
        "recogniser", f"{factor:.2f} s of processor for a second of speech", f"{REAL_TIME_FACTOR:g} s",
        "it hardly keeps up with who speaks, and answers come late",
        do if profile == "p4" else f"{do}, or go on to {NEXT[profile]}",
    )  # fmt: skip


_RULES: tuple[Callable[[Figures, ProfileName], Advice | None], ...] = (
    _store,
    _model,
    _memory,
    _speakers,
    _recogniser,
)
