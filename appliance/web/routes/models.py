"""Models and voices: which there are, bring one, take one away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from appliance.errors import ControlError
from appliance.web.answers import EVENTS, Body, only, route
from appliance.web.context import Context

TAG = "models"
POLL_SECONDS = 0.5
QUIET_POLLS = 20
"""After so many without anything new a comment keeps the connection alive."""
Name = Annotated[str, Parameter(max_length=100, description="from GET /api/models")]


class Fetch(msgspec.Struct, frozen=True):
    """A model on its way."""

    name: str
    state: str
    """"waiting", "running", "done", "failed", "cancelled"."""
    done_bytes: int
    total_bytes: int
    """0 while that is not known."""
    error: str
    hint: str


class ModelInfo(msgspec.Struct, frozen=True):
    """One model."""

    name: str
    kind: str
    engine: str
    state: str
    """"package", "verified", "present", "missing"."""
    needed: bool
    """By the configuration."""
    size_bytes: int
    ram_mb: int
    licence: str
    languages: list[str]
    pinned: bool
    """Its checksum is known."""
    source: str


class Models(msgspec.Struct, frozen=True):
    """All, and what is on its way."""

    models: list[ModelInfo]
    fetches: list[Fetch]


class Removed(msgspec.Struct, frozen=True):
    """Gone."""

    removed: str
    freed_bytes: int


class How(Body, frozen=True):
    """How to fetch."""

    trust_first: Annotated[
        bool, Meta(description="accept a file whose checksum nobody vouched for, and pin what arrives")
    ] = False


@route("GET /api/models", "admin", TAG, "Every known model")
async def listed(context: Context) -> Models:
    """Its state on this machine, size, memory, languages and licence."""
    return msgspec.convert(await context.ask("models"), Models)


@route("POST /api/models/{name:str}/fetch", "admin", TAG, "Bring one", status=202)
async def fetch(context: Context, name: Name, data: How) -> Fetch:
    """It is verified before it is used; how far it is: GET /api/models/events."""
    told = await context.ask("model_fetch", name=name, trust_first=data.trust_first)
    return msgspec.convert(told["fetch"], Fetch)


@route("DELETE /api/models/{name:str}/fetch", "admin", TAG, "Stop bringing it")
async def cancel(context: Context, name: Name) -> Fetch:
    """What has arrived is kept for another try."""
    return msgspec.convert((await context.ask("model_cancel", name=name))["fetch"], Fetch)


@route("DELETE /api/models/{name:str}", "admin", TAG, "Take one away")
async def remove(context: Context, name: Name) -> Removed:
    """One that is not needed, and that was fetched."""
    return msgspec.convert(await context.ask("model_remove", name=name), Removed)


@route("GET /api/models/events", "admin", TAG, "Progress of what is on its way", operation_class=only(EVENTS))
async def events(
    context: Context,
    once: Annotated[bool, Parameter(description="end when nothing is on its way any more")] = False,
) -> Stream:
    """Server-sent events `fetches`: the whole list, whenever something of it changed."""
    first = (await context.ask("model_fetches"))["fetches"]
    return Stream(
        _progress(context, first, once=once), media_type=EVENTS, headers={"cache-control": "no-store"}
    )


async def _progress(context: Context, shown: list[Any], *, once: bool) -> AsyncIterator[bytes]:
    yield _event(shown)
    quiet = 0
    while not (once and all(each["state"] not in {"waiting", "running"} for each in shown)):
        await asyncio.sleep(POLL_SECONDS)
        try:
            now = (await context.ask("model_fetches"))["fetches"]
        except ControlError:
            return
        quiet = 0 if now != shown else quiet + 1
        if now != shown:
            shown = now
            yield _event(shown)
        elif quiet % QUIET_POLLS == 0:
            yield b": still here\n\n"


def _event(fetches: list[Any]) -> bytes:
    return b"event: fetches\ndata: " + msgspec.json.encode(fetches) + b"\n\n"


ROUTES: list[Any] = [listed, fetch, cancel, remove, events]
