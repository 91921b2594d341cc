"""The table against what is measured, the verdict, and advice: what `appliance budget` shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from appliance.budget.advice import Advice, Figures, advise
from appliance.budget.fit import Fit, Planned, judge
from appliance.budget.machine import Hardware
from appliance.budget.measure import Measured
from appliance.budget.placement import Suggestion, suggest
from appliance.budget.table import ProfileName
from appliance.config.model import Config

Mark = Literal["", "over", "near"]
SLACK = 1.25
"""Over its budget is what took a quarter more than planned; below that it is a matter of measuring."""
SLACK_MB = 8.0
NEAR_LIMIT = 0.9


class Line(msgspec.Struct, frozen=True):
    """One part, in MB; what is not known is None, a ceiling of 0 is none."""

    part: str
    priority: int
    loaded_mb: int
    peak_mb: int
    origin: str
    """How the two are known: measured, partly, estimated (`table.Origin`), or table."""
    high_mb: int
    max_mb: int
    now_mb: float | None = None
    most_mb: float | None = None
    source: str = ""
    """How now and most are known: group, pss, rss."""
    resting: bool = False
    """Not loaded until it is asked."""
    mark: Mark = ""


class Report(msgspec.Struct, frozen=True):
    """All of it."""

    profile: ProfileName
    hardware: Hardware
    suggestion: Suggestion
    fit: Fit
    lines: tuple[Line, ...]
    figures: Figures
    advice: tuple[Advice, ...]
    running: bool

    @property
    def good(self) -> bool:
        """Does everything fit, and is nothing over its budget?"""
        return self.fit.good and all(line.mark != "over" for line in self.lines)


def make(
    config: Config,
    profile: ProfileName,
    hardware: Hardware,
    planned: Iterable[Planned],
    *,
    measured: Mapping[str, Measured | None],
    status: Mapping[str, Any] | None,
    store_write_p95_ms: float | None = None,
) -> Report:
    """Put it together. `status` is what `appliance status` shows, None when nothing runs."""
    parts = list(planned)
    stages = {str(each["name"]): each for each in (status or {}).get("stages", ())}
    lines = tuple(_line(config, part, measured.get(part.part), stages.get(part.part)) for part in parts)
    figures = _figures(stages, lines, hardware.memory_mb, store_write_p95_ms)
    satellites = len(((status or {}).get("satellites") or {}).get("satellites", ()))
    return Report(
        profile, hardware, suggest(hardware, satellites), judge(parts, hardware.memory_mb), lines, figures,
        advise(figures, profile), status is not None,
    )  # fmt: skip


def _line(config: Config, part: Planned, measured: Measured | None, stage: Mapping[str, Any] | None) -> Line:
    limits = getattr(config.limits, part.part, None)
    high, most_allowed = (limits.memory_high_mb, limits.memory_max_mb) if limits is not None else (0, 0)
    line = Line(
        part.part, part.priority, part.loaded_mb, part.peak_mb, part.origin, high, most_allowed,
        resting=bool((stage or {}).get("resting")),
    )  # fmt: skip
    if measured is None:
        return line
    most = measured.now_mb if measured.peak_mb is None else max(measured.now_mb, measured.peak_mb)
    return msgspec.structs.replace(
        line,
        now_mb=measured.now_mb,
        most_mb=most,
        source=measured.source,
        mark=mark(line, measured.now_mb, most),
    )


def mark(line: Line, now_mb: float, most_mb: float) -> Mark:
    """Over its budget, near its ceiling, or neither."""
    if most_mb > max(line.peak_mb * SLACK, line.peak_mb + SLACK_MB):
        return "over"
    return "near" if line.high_mb and now_mb > NEAR_LIMIT * line.high_mb else ""


def _figures(
    stages: Mapping[str, Mapping[str, Any]], lines: Iterable[Line], machine_mb: int, store_ms: float | None
) -> Figures:
    stt, llm = ((stages.get(name) or {}).get("load") or {} for name in ("stt", "llm"))
    used = [line.now_mb for line in lines if line.now_mb is not None]
    return Figures(
        store_write_p95_ms=store_ms,
        model_wait_p95_ms=llm.get("waited_p95_ms"),
        memory_mb=round(sum(used), 1) if used else None,
        machine_mb=machine_mb or None,
        speakers=stt.get("most_at_once"),
        real_time_factor=stt.get("real_time_factor"),
    )
