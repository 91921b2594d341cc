"""What is due, too late, or has rung long enough. Pure: timers and clocks in, changes and effects out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from appliance.timers import calendar
from appliance.timers.model import Now, State, Timer, left, refresh

DAYS_AHEAD_SECONDS = calendar.NEXT_DAYS * calendar.DAY_SECONDS


class Policy(msgspec.Struct, frozen=True):
    """How long things ring, and how late they may be."""

    ring_s: float = 600.0
    late_s: float = 6 * 3600.0
    """What is later is not rung any more, but told once."""
    zone: str = "UTC"


class Effect(msgspec.Struct, frozen=True):
    """What has to be heard. `timer` is as it was when it became due."""

    kind: Literal["ring", "unheard", "missed"]
    timer: Timer
    late_s: float = 0.0
    sure: bool = True
    """False: nobody knows how late it is."""


class Step(msgspec.Struct, frozen=True):
    """Timers that changed (those that are over are to be forgotten), effects, and when to look again."""

    changed: tuple[Timer, ...]
    effects: tuple[Effect, ...]
    next_s: float | None
    """Seconds until something happens; None when nothing will, or not before a clock is right."""


def step(timers: Iterable[Timer], now: Now, seen: Now | None, policy: Policy) -> Step:
    """What happens to every timer now. `seen` is the reading before."""
    changed, effects, waits = [], [], []
    for timer in timers:
        after, effect = _advance(anchored(timer, now, seen), now, policy)
        if after != timer:
            changed.append(after)
        if effect is not None:
            effects.append(effect)
        wait = _wait(after, now, policy)
        if wait is not None:
            waits.append(wait)
    return Step(tuple(changed), tuple(effects), min(waits, default=None))


def anchored(timer: Timer, now: Now, seen: Now | None) -> Timer:
    """The same timer, counted on this boot's clock."""
    if timer.state == "running" and timer.due is not None:
        due = refresh(timer.due, now, seen)
        return timer if due is timer.due else msgspec.structs.replace(timer, due=due)
    if not timer.days or timer.state != "running" or not now.trusted:
        return timer
    if calendar.epoch(timer.at, timer.zone) - now.wall_s <= DAYS_AHEAD_SECONDS:
        return timer
    # A clock that was far ahead was put right: the next occurrence is nearer than was thought.
    here = calendar.local(now.wall_s, timer.zone)
    earlier = calendar.parse(timer.at).replace(year=here.year, month=1, day=1)
    return msgspec.structs.replace(timer, at=calendar.following(calendar.written(earlier), timer.days, here))


def remaining(timer: Timer, now: Now) -> float | None:
    """Seconds until it rings; None while that cannot be known. Negative when it is late."""
    if timer.state == "paused":
        return timer.left_s
    if timer.due is not None:
        return left(timer.due, now)
    if not timer.at or not now.trusted:
        return None
    return calendar.epoch(timer.at, timer.zone) - now.wall_s


def finished(timer: Timer, now: Now, state: State) -> Timer:
    """It is over; a repeated one waits for its next day."""
    if not timer.days:
        return msgspec.structs.replace(timer, state=state, due=None)
    here = calendar.local(now.wall_s, timer.zone)
    at = calendar.following(timer.at, timer.days, here)
    return msgspec.structs.replace(timer, state="running", at=at, due=None, rang_boot_s=0.0, late_s=0.0)


def _advance(timer: Timer, now: Now, policy: Policy) -> tuple[Timer, Effect | None]:
    if timer.state == "ringing":
        if now.boot_s - timer.rang_boot_s < policy.ring_s:
            return timer, None
        return finished(timer, now, "missed"), Effect("unheard", timer)
    wait = remaining(timer, now)
    if timer.state != "running" or wait is None or wait > 0:
        return timer, None
    late_s, sure = -wait, timer.due is None or timer.due.exact
    if late_s > policy.late_s:
        told = msgspec.structs.replace(timer, late_s=late_s)
        return finished(told, now, "missed"), Effect("missed", timer, late_s)
    ringing = msgspec.structs.replace(timer, state="ringing", rang_boot_s=now.boot_s, late_s=late_s)
    return ringing, Effect("ring", ringing, late_s, sure)


def _wait(timer: Timer, now: Now, policy: Policy) -> float | None:
    if timer.state == "ringing":
        return max(timer.rang_boot_s + policy.ring_s - now.boot_s, 0.0)
    return remaining(timer, now) if timer.state == "running" else None
