"""Rooms: say something there, and silence."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from appliance.web import conversations, speech
from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "rooms"
SILENT = (conversations.PREFIX, speech.PREFIX)
Text = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"\S", description="what to say")]
RoomName = Annotated[
    str, Meta(min_length=1, max_length=200, description="the name of a place, or of its area")
]


class Announcement(Body, frozen=True):
    """To say in some rooms."""

    text: Text
    rooms: Annotated[list[str], Meta(max_length=64, description="none: everywhere")] = msgspec.field(
        default_factory=list
    )


class Told(msgspec.Struct, frozen=True):
    """Where it is said."""

    rooms: list[str]


class Saying(Body, frozen=True):
    """To say in one room."""

    text: Text
    room: RoomName = "local"


class Where(Body, frozen=True):
    """A room; empty is the appliance itself."""

    room: Annotated[str, Meta(max_length=200)] = ""


class Hushed(msgspec.Struct, frozen=True):
    """Silence."""

    hushed: bool


class Mute(Body, frozen=True):
    """Close or open the own microphone."""

    muted: bool


class Muted(msgspec.Struct, frozen=True):
    """How it is now."""

    muted: bool


@route("POST /api/announce", "control", TAG, "Say this in rooms, or everywhere")
async def announce(context: Context, data: Announcement) -> Told:
    """In each room when it is free. Everywhere does not mean in conversations that are only typed."""
    rooms = data.rooms
    if not rooms:
        known = (str(each["name"]) for each in (await context.ask("status"))["rooms"])
        rooms = [name for name in known if not name.startswith(SILENT)]
    return Told((await context.ask("announce", text=data.text, rooms=rooms))["rooms"])


@route("POST /api/say", "control", TAG, "Say this in one room")
async def say(context: Context, data: Saying) -> Told:
    """Aloud, when the room is free; for the sound of it see /tts."""
    return Told((await context.ask("announce", text=data.text, rooms=[data.room]))["rooms"])


@route("POST /api/hush", "control", TAG, "Silence: end what is said or done")
async def hush(context: Context, data: Where) -> Hushed:
    """At the appliance itself, or in a room."""
    if data.room:
        await context.ask("room_hush", room=data.room)
    else:
        await context.ask("hush")
    return Hushed(True)


@route("POST /api/mute", "control", TAG, "Close or open the own microphone")
async def mute(context: Context, data: Mute) -> Muted:
    """Until it is opened again, or the appliance starts anew."""
    return Muted((await context.ask("mute", muted=data.muted))["muted"])


ROUTES: list[Any] = [announce, say, hush, mute]
