"""People: who they are, what they may, their PIN and voice."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar.params import Parameter
from msgspec import Meta

from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "people"
Name = Annotated[str, Parameter(max_length=200, description="from GET /api/people")]


class Person(msgspec.Struct, frozen=True):
    """One of them, without secrets."""

    name: str
    role: str
    permissions: list[str]
    """Rules of their own; docs/judgement.md."""
    rooms: list[str]
    """Where they usually are."""
    voices: int
    """How much of their voice is known."""
    pin: bool


class Wanted(Body, frozen=True):
    """A new one."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    role: Literal["owner", "adult", "child", "guest"] = "adult"
    permissions: Annotated[list[str], Meta(max_length=32)] = msgspec.field(default_factory=list)
    rooms: Annotated[list[str], Meta(max_length=32)] = msgspec.field(default_factory=list)


class Pin(Body, frozen=True):
    """Digits that confirm guarded deeds."""

    pin: Annotated[str, Meta(min_length=1, max_length=64)]


class Removed(msgspec.Struct, frozen=True):
    """Forgotten, with voice, PIN and audit."""

    removed: str
    still_in_rules: list[str]
    """Rules of the configuration that name them: only a hand can take those out."""


class HasPin(msgspec.Struct, frozen=True):
    """Set."""

    name: str
    pin: bool


class Place(Body, frozen=True):
    """Where they will speak."""

    room: Annotated[str, Meta(min_length=1, max_length=200)] = "local"


class Enrolment(msgspec.Struct, frozen=True):
    """Begun."""

    name: str
    room: str
    needed: int
    """So many sentences are needed."""


@route("GET /api/people", "admin", TAG, "All people")
async def listed(context: Context) -> list[Person]:
    """Without PINs and voices."""
    return msgspec.convert((await context.ask("person_list"))["people"], list[Person])


@route("POST /api/people", "admin", TAG, "Add one", status=201)
async def add(context: Context, data: Wanted) -> Person:
    """Who is not known is treated as `policy.unknown` says."""
    told = await context.ask(
        "person_add", name=data.name, role=data.role, permissions=data.permissions, rooms=data.rooms
    )
    return msgspec.convert(told, Person)


@route("DELETE /api/people/{name:str}", "admin", TAG, "Forget one, everywhere")
async def remove(context: Context, name: Name) -> Removed:
    """Profile, voice, PIN, timers' owner and audit."""
    return msgspec.convert(await context.ask("person_remove", name=name), Removed)


@route("PUT /api/people/{name:str}/pin", "admin", TAG, "Set a PIN")
async def pin(context: Context, name: Name, data: Pin) -> HasPin:
    """It is kept as a slow hash, and never told again."""
    return msgspec.convert(await context.ask("person_pin", name=name, pin=data.pin), HasPin)


@route("POST /api/people/{name:str}/voice", "admin", TAG, "Learn a voice")
async def voice(context: Context, name: Name, data: Place) -> Enrolment:
    """From what is heard next in that room; only numbers are kept, no sound."""
    return msgspec.convert(await context.ask("person_enrol", name=name, room=data.room), Enrolment)


ROUTES: list[Any] = [listed, add, remove, pin, voice]
