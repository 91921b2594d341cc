"""Which stage gives its memory back, and when. Pure: time and pressure are parameters.

Only stages that are loaded on demand come into question, the one that was used longest ago first, none that
is in use, none within `keep_seconds` of its last use, and one in `pause_seconds` at most. Pressure begins
above one limit and ends below a lower one, so that a figure that hovers at a limit unloads nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LOW_PERCENT, ENOUGH_PERCENT = 8.0, 15.0
"""Without the kernel's pressure: memory that is still available, below and above which it begins and ends."""


class Rules(msgspec.Struct, frozen=True):
    """See `config.model.Budget`."""

    on_percent: float = 10.0
    off_percent: float = 5.0
    keep_seconds: float = 60.0
    pause_seconds: float = 60.0
    idle_seconds: float | None = None
    """Not used for so long, it is unloaded without pressure; None never."""


class Pressure(msgspec.Struct, frozen=True):
    """One look; what is not known is None."""

    stalled_percent: float | None = None
    """Share of the last 10 s in which something waited for memory."""
    available_percent: float | None = None
    """Share of the memory that could be had without swapping."""
    source: str = ""
    """Where that was read."""


class Held(msgspec.Struct, frozen=True):
    """A stage that is loaded on demand, and is loaded now."""

    name: str
    used_at: float
    """Seconds of a monotonic clock: its last use, or when it was loaded."""
    in_use: bool = False


class State(msgspec.Struct, frozen=True):
    """What is remembered between two looks."""

    pressed: bool = False
    unloaded_at: float | None = None


class Step(msgspec.Struct, frozen=True):
    """What to remember, and which stage to unload, if any, and why."""

    state: State
    unload: str = ""
    reason: str = ""


def pressed(rules: Rules, before: bool, pressure: Pressure) -> bool:
    """Is memory short now? What is not known changes nothing but the start: without a figure it is not."""
    if pressure.stalled_percent is not None:
        return pressure.stalled_percent >= (rules.off_percent if before else rules.on_percent)
    if pressure.available_percent is not None:
        return pressure.available_percent < (ENOUGH_PERCENT if before else LOW_PERCENT)
    return False


def step(rules: Rules, state: State, pressure: Pressure, held: Iterable[Held], now: float) -> Step:
    """One look at `now` (seconds of a monotonic clock)."""
    short = pressed(rules, state.pressed, pressure)
    kept = State(short, state.unloaded_at)
    resting = state.unloaded_at is not None and now - state.unloaded_at < rules.pause_seconds
    free = [each for each in held if not each.in_use and now - each.used_at >= rules.keep_seconds]
    oldest = min(free, key=lambda each: each.used_at, default=None)
    if oldest is None or resting:
        return Step(kept)
    if short:
        return Step(State(short, now), oldest.name, _words(pressure))
    if rules.idle_seconds is not None and now - oldest.used_at >= rules.idle_seconds:
        return Step(State(short, now), oldest.name, f"nobody asked it for {rules.idle_seconds:g} s")
    return Step(kept)


def _words(pressure: Pressure) -> str:
    where = f" ({pressure.source})" if pressure.source else ""
    if pressure.stalled_percent is not None:
        return f"{pressure.stalled_percent:g} % of the last 10 s waited for memory{where}"
    return f"{pressure.available_percent:.0f} % of the memory is available{where}"
