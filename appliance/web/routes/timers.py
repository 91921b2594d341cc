"""Timers, alarms and reminders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar.params import Parameter
from msgspec import Meta

from appliance.errors import ControlError
from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "timers"
Room = Annotated[
    str, Meta(max_length=64, description="the satellite that rings; empty: the appliance itself")
]


class TimerInfo(msgspec.Struct, frozen=True):
    """One of them."""

    id: int
    kind: Literal["timer", "alarm", "reminder"]
    state: str
    name: str
    room: str
    at: str
    """Local time of the next occurrence; empty when it counts down."""
    zone: str
    days: list[int]
    """Weekdays of a repeated one, Monday is 0."""
    left_s: float | None
    """Until it rings; null while that is not known."""


class Wanted(Body, frozen=True):
    """A new one: a sentence, or a length with perhaps a name."""

    text: Annotated[str, Meta(max_length=250, description='as one says it: "wake me at 7 tomorrow"')] = ""
    seconds: Annotated[float, Meta(ge=1, le=86_400)] | None = None
    name: Annotated[str, Meta(max_length=60)] = ""
    room: Room = ""


class Set(msgspec.Struct, frozen=True):
    """What was set."""

    answer: str
    """As it would be said."""
    timers: list[TimerInfo]


class Said(msgspec.Struct, frozen=True):
    """As it would be said."""

    answer: str


class Stopped(msgspec.Struct, frozen=True):
    """Was there anything to silence?"""

    stopped: bool


async def _all(context: Context) -> list[TimerInfo]:
    return msgspec.convert((await context.ask("timers"))["timers"], list[TimerInfo])


@route("GET /api/timers", "read", TAG, "All that are set")
async def listed(context: Context) -> list[TimerInfo]:
    """Also those that ring now."""
    return await _all(context)


@route("POST /api/timers", "control", TAG, "Set one", status=201)
async def create(context: Context, data: Wanted) -> Set:
    """By `text` in the language of the house, or by `seconds`."""
    if bool(data.text.strip()) == (data.seconds is not None):
        raise ControlError("a timer is set by `text` or by `seconds`", "give one of the two")
    if data.seconds is None:
        told = await context.ask("timer_set", text=data.text.strip(), room=data.room)
        return msgspec.convert(told, Set)
    started = await context.ask("timer_start", seconds=data.seconds, name=data.name, room=data.room)
    made = [timer for timer in await _all(context) if timer.id == started["id"]]
    return Set(started["answer"], made)


@route("POST /api/timers/stop", "control", TAG, "Silence what rings")
async def stop(
    context: Context, room: Annotated[str, Parameter(max_length=64, description="only there")] = ""
) -> Stopped:
    """Everywhere, or in one room."""
    return Stopped((await context.ask("timer_stop", room=room))["stopped"])


@route("DELETE /api/timers", "control", TAG, "Cancel all")
async def cancel_all(context: Context) -> Said:
    """Timers, alarms and reminders."""
    return Said((await context.ask("timer_cancel", id="all"))["answer"])


@route("DELETE /api/timers/{timer_id:int}", "control", TAG, "Cancel one")
async def cancel(
    context: Context, timer_id: Annotated[int, Parameter(ge=0, le=2**53, description="from GET /api/timers")]
) -> Said:
    """By its number."""
    return Said((await context.ask("timer_cancel", id=timer_id))["answer"])


ROUTES: list[Any] = [listed, create, stop, cancel_all, cancel]
