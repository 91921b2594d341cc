"""What one trial found, and the limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

COLD_START_SECONDS = 300.0
HEALTHY_SECONDS = 60.0
LOG_SECONDS = 2.0
LAG_SECONDS = 60.0
ALERT_SECONDS = 10.0
WELL = frozenset({"ready", "resting"})
"""States of a stage; one that rests is started when somebody asks it something."""


class Result(msgspec.Struct, frozen=True):
    """One row of the table; `hint` is what to do when it is not `ok`."""

    what: str
    ok: bool
    found: str
    limit: str
    hint: str = ""


def cold_start(seconds: float | None, trouble: str = "") -> Result:
    """From the command to a wake word being heard; None did not happen."""
    ok = seconds is not None and seconds <= COLD_START_SECONDS
    found = f"listening after {seconds:.1f} s" if seconds is not None else trouble or "it never listened"
    return Result("cold start", ok, found, f"{COLD_START_SECONDS:.0f} s", "" if ok else "appliance doctor")


def healthy(seconds: float | None, unhealthy: tuple[str, ...]) -> Result:
    """All stages and the broker: how long that took from a cold start, and what is not healthy now."""
    ok = seconds is not None and seconds <= HEALTHY_SECONDS and not unhealthy
    found = f"after {seconds:.1f} s" if seconds is not None else "not from a cold start"
    found += f"; now not: {', '.join(unhealthy)}" if unhealthy else "; all of the running one now"
    return Result("all healthy", ok, found, f"{HEALTHY_SECONDS:.0f} s", "" if ok else "appliance status")


def unhealthy(status: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a running appliance is not as it should be; a stage that nobody chose does not count."""
    found = [
        f"stage {stage['name']} ({stage['state']})"
        for stage in status["stages"]
        if stage["state"] not in WELL
    ]
    if not status["mqtt"]["connected"]:
        found.append("broker")
    if not status["listening"] and not status["muted"] and not found:
        found.append("it does not listen")
    return tuple(found)


def log_queries(answered: Mapping[str, int], seconds: float, trouble: str = "") -> Result:
    """How many lines each query gave."""
    ok = not trouble and seconds <= LOG_SECONDS and answered.get("all", 0) > 0
    lines = ", ".join(f"{name} {count}" for name, count in answered.items())
    found = trouble or f"{lines} lines in {seconds:.2f} s"
    return Result("log queries", ok, found, f"{LOG_SECONDS:.0f} s", "" if ok else "appliance logs --live")


def backup(lag_seconds: float | None, files: int, trouble: str = "", hint: str = "") -> Result:
    """How far the newest whole snapshot is behind what is kept."""
    ok = lag_seconds is not None and lag_seconds <= LAG_SECONDS
    found = f"{files} files, whole, {lag_seconds:.1f} s behind" if lag_seconds is not None else trouble
    return Result("backup", ok, found, f"{LAG_SECONDS:.0f} s", "" if ok else hint or "appliance backup")


def alert(seconds: float | None, entity: str, trouble: str = "", hint: str = "") -> Result:
    """How long a test alert took to whoever listens to its entity on the broker, as Home Assistant does."""
    ok = seconds is not None and seconds <= ALERT_SECONDS
    found = f"{entity} after {1000 * seconds:.0f} ms" if seconds is not None else trouble
    hint = "" if ok else hint or "appliance home-assistant show"
    return Result("test alert", ok, found, f"{ALERT_SECONDS:.0f} s", hint)
