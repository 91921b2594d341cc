"""What a timer, an alarm and a reminder are, and what can become of them. Pure: the time is a parameter.

There are two ways to say when something is due:

- *elapsed time* ("in ten minutes"): a `Due`. Within one boot of the machine it is counted on the clock that
  runs through suspension and never steps; across boots by the wall clock, or, when nobody knows how long the
  machine was off, from the last moment it was known to run.
- *the wall clock* ("at seven"): local time and an IANA zone, so that daylight saving and a changed zone file
  do what people expect.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.errors import ApplianceError

Kind = Literal["timer", "alarm", "reminder"]
State = Literal["running", "paused", "ringing", "done", "cancelled", "missed"]

MAX_TIMERS = 100
"""In one home, all kinds together."""
MAX_LABEL = 60
MAX_TEXT = 200
MIN_SECONDS = 1.0
MAX_SECONDS = 7 * 86_400.0
"""Longest time that can be counted; beyond it people mean a date."""
MAX_NAME = 64
"""Of rooms and persons."""
DRIFT_SECONDS = 2.0
"""A wall clock that moved less against the elapsed time is not written down again."""


class TimerError(ApplianceError):
    """A timer cannot be kept or changed."""


class Now(msgspec.Struct, frozen=True):
    """One reading of all clocks. `boot_s` counts since the machine started, suspension included."""

    wall_s: float
    boot_s: float
    boot_id: str
    trusted: bool
    """Is the wall clock right, as far as the machine can tell?"""


class Due(msgspec.Struct, frozen=True):
    """A moment in elapsed time. `exact`: `boot_s` is known, and not only the latest that it can be."""

    wall_s: float
    boot_s: float
    boot_id: str
    wall_known: bool
    """`wall_s` was worked out with a clock that was right."""
    exact: bool = True


class Timer(msgspec.Struct, frozen=True):
    """One timer, alarm or reminder. Its number is not given to another one."""

    id: int
    kind: Kind
    state: State = "running"
    label: str = ""
    text: str = ""
    """What a reminder is about."""
    room: str = "local"
    person: str = ""
    created_s: float = 0.0
    """Wall clock, seconds since 1970; only the order matters."""
    duration_s: float = 0.0
    """As it was asked for; 0 for the wall clock."""
    left_s: float = 0.0
    """What was left when it was paused."""
    due: Due | None = None
    """When running in elapsed time: also an alarm that was snoozed."""
    at: str = ""
    """Local time of the next occurrence, "2026-11-22T07:00"; empty in elapsed time."""
    zone: str = ""
    """IANA name of the zone of `at`."""
    days: tuple[int, ...] = ()
    """Weekdays of a repeated one, Monday is 0; empty for once."""
    rang_boot_s: float = 0.0
    """When it began to ring."""
    late_s: float = 0.0
    """How late it rang, or was found to be missed."""

    @property
    def over(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in ("done", "cancelled", "missed")


def due_in(seconds: float, now: Now) -> Due:
    """The moment so far ahead."""
    return Due(now.wall_s + seconds, now.boot_s + seconds, now.boot_id, now.trusted)


def left(due: Due, now: Now) -> float:
    """Seconds until then, negative when it is past. `due` was refreshed in this boot."""
    return due.boot_s - now.boot_s


def refresh(due: Due, now: Now, seen: Now | None) -> Due:
    """The same moment as this boot's clock counts it; `seen` is the last reading that was written down."""
    if due.boot_id == now.boot_id and due.exact:
        return _with_wall(due, now)
    if due.wall_known and now.trusted:
        return Due(due.wall_s, now.boot_s + due.wall_s - now.wall_s, now.boot_id, wall_known=True)
    if due.boot_id == now.boot_id:
        return due
    # Nobody knows how long the machine was off: it is due no later than if it had been off for no time.
    ran_until = seen.boot_s if seen is not None and seen.boot_id == due.boot_id else due.boot_s
    return msgspec.structs.replace(
        due, boot_s=max(due.boot_s - ran_until, 0.0), boot_id=now.boot_id, exact=False
    )


def _with_wall(due: Due, now: Now) -> Due:
    """Write down when that will be by the wall clock, in case the machine is switched off until then."""
    wall_s = now.wall_s + left(due, now)
    if not now.trusted or (due.wall_known and abs(wall_s - due.wall_s) < DRIFT_SECONDS):
        return due
    return msgspec.structs.replace(due, wall_s=wall_s, wall_known=True)


def believe(now: Now, seen: Now | None, patience_s: float) -> Now:
    """The reading, trusted also when the clock was right before in this boot, or nobody will ever set it.

    Without a time server for `patience_s` since the machine started, a clock that is not behind the last
    known time is the best there is: an alarm that may be wrong is better than none.
    """
    if now.trusted:
        return now
    before = seen is not None and seen.boot_id == now.boot_id and seen.trusted
    not_behind = seen is None or now.wall_s >= seen.wall_s
    if before or (now.boot_s >= patience_s and not_behind):
        return msgspec.structs.replace(now, trusted=True)
    return now


def witness(now: Now, seen: Now | None) -> Now:
    """The reading as it is to be remembered: a clock that is not right makes no known time forgotten."""
    if now.trusted or seen is None:
        return now
    return msgspec.structs.replace(now, wall_s=max(now.wall_s, seen.wall_s))


def pause(timer: Timer, now: Now) -> Timer:
    """Stop counting; only what counts elapsed time can be paused."""
    if timer.state != "running" or timer.due is None or timer.at:
        return timer
    return msgspec.structs.replace(timer, state="paused", left_s=max(left(timer.due, now), 0.0), due=None)


def resume(timer: Timer, now: Now) -> Timer:
    """Count on."""
    if timer.state != "paused":
        return timer
    return msgspec.structs.replace(timer, state="running", left_s=0.0, due=due_in(timer.left_s, now))


def lengthen(timer: Timer, seconds: float, now: Now) -> Timer:
    """So much more, or less; what rings counts again from now. The result is due at once when all is gone."""
    if timer.state == "paused":
        return msgspec.structs.replace(timer, left_s=_bounded(timer.left_s + seconds))
    if timer.state == "ringing":
        return snooze(timer, max(seconds, MIN_SECONDS), now)
    if timer.due is None:
        return timer
    return msgspec.structs.replace(timer, due=due_in(_bounded(left(timer.due, now) + seconds), now))


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_SECONDS)


def snooze(timer: Timer, seconds: float, now: Now) -> Timer:
    """Ring again so much later."""
    return msgspec.structs.replace(
        timer, state="running", due=due_in(seconds, now), rang_boot_s=0.0, late_s=0.0
    )


def restored(timer: Timer) -> Timer:
    """As it is after a restart: what was ringing has not been stopped, so it is due still."""
    if timer.state != "ringing":
        return timer
    return msgspec.structs.replace(timer, state="running", rang_boot_s=0.0, late_s=0.0)
