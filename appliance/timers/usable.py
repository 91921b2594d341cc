"""What was read from disk, made safe to work with. Pure."""

from __future__ import annotations

import math

from msgspec.structs import replace

from appliance.timers import calendar, model
from appliance.timers.model import Timer, TimerError


def usable(timer: Timer, zone: str) -> Timer | None:
    """The timer as it is after a restart, in `zone` when its own is gone; None for what cannot be one."""
    numbers = [timer.created_s, timer.duration_s, timer.left_s]
    if timer.due is not None:
        numbers += [timer.due.wall_s, timer.due.boot_s]
    if not all(map(math.isfinite, numbers)) or not 0 <= timer.left_s <= model.MAX_SECONDS:
        return None
    if max(len(timer.room), len(timer.person)) > model.MAX_NAME or not set(timer.days) <= set(range(7)):
        return None
    whole = model.restored(timer)
    if timer.at:
        return _with_zone(whole, zone)
    fits = timer.state == "paused" if timer.due is None else timer.state != "paused"
    return whole if fits and not timer.days else None


def _with_zone(timer: Timer, zone: str) -> Timer | None:
    known = replace(timer, zone=timer.zone if _exists(timer.zone) else zone)
    try:
        year = calendar.parse(known.at).year
    except TimerError:
        return None
    return known if known.state == "running" and 1970 < year < calendar.LAST_YEAR else None


def _exists(zone: str) -> bool:
    try:
        calendar.zone(zone)
    except TimerError:
        return False
    return True


def first_zone(*names: str) -> str:
    """The first of these zones that exists; "UTC" when none does."""
    return next((name for name in names if name and _exists(name)), "UTC")
