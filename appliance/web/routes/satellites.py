"""Satellites: who they are, and who may become one."""

from __future__ import annotations

import asyncio
import io
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import Parameter
from msgspec import Meta

from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "satellites"
KINDS = {"own": "satellite", "hermes": "hermes"}
QUIET_ZONE = 2
Name = Annotated[str, Parameter(max_length=64, description="from GET /api/satellites")]


class Credential(msgspec.Struct, frozen=True):
    """Who may connect."""

    name: str
    kind: str
    area: str


class Satellites(msgspec.Struct, frozen=True):
    """Those that may come, and those that were seen."""

    allowed: list[Credential]
    seen: list[dict[str, Any]]
    """As `appliance status` tells them: online, muted, volume, health, counters, faults."""


class Wanted(Body, frozen=True):
    """A new one."""

    name: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z", description="also its topics' level")]
    area: Annotated[str, Meta(max_length=255, description="the room in which it stands")] = ""
    protocol: Annotated[Literal["own", "hermes"], Meta(description='"hermes": Rhasspy 2.5')] = "own"
    host: Annotated[str, Meta(max_length=253, description="how it reaches this machine")] = ""


class Made(msgspec.Struct, frozen=True):
    """Its credential, which is shown only now."""

    name: str
    uri: str
    """The one line that makes a satellite: `appliance run --mode satellite --join -`."""
    qr_svg: str
    """The same as a picture."""
    password: str
    host: str
    port: int
    tls: bool
    external: str
    """The broker of somebody else's that must be told; empty with the own one."""
    rights: dict[str, list[str]]
    """What to allow there: topics to read and to write, and what to deny."""


class Muted(msgspec.Struct, frozen=True):
    """A microphone."""

    name: str
    muted: bool


class Loud(msgspec.Struct, frozen=True):
    """A loudspeaker."""

    name: str
    volume: float


class Revoked(msgspec.Struct, frozen=True):
    """Locked out."""

    revoked: str


@route("GET /api/satellites", "read", TAG, "All satellites")
async def listed(context: Context) -> Satellites:
    """Those that may connect, and what each that was seen says about itself."""
    accounts = (await context.ask("account_list"))["accounts"]
    allowed = [msgspec.convert(each, Credential) for each in accounts if each["kind"] in KINDS.values()]
    status = await context.ask("status")
    return Satellites(allowed, list((status.get("satellites") or {}).get("satellites") or []))


@route("POST /api/satellites", "admin", TAG, "Let one in", status=201)
async def add(context: Context, data: Wanted) -> Made:
    """Its credential as a line and as a QR code; it reaches only its own topics."""
    told = await context.ask(
        "account_add", name=data.name, kind=KINDS[data.protocol], area=data.area, host=data.host
    )
    uri = str(told.get("uri", ""))
    rights: dict[str, list[str]] = {
        name: list(told[name]) for name in ("read", "write", "denied") if name in told
    }
    return Made(
        told["name"],
        uri,
        await asyncio.to_thread(qr, uri) if uri else "",
        str(told.get("password", "")),
        str(told.get("host", "")),
        int(told.get("port", 0)),
        bool(told.get("tls", False)),
        str(told.get("external", "")),
        rights,
    )


def qr(text: str) -> str:
    """A picture of it."""
    import segno

    drawn = io.BytesIO()
    segno.make(text, error="l").save(
        drawn,
        kind="svg",
        border=QUIET_ZONE,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        dark="#000",
        light="#fff",
    )
    return drawn.getvalue().decode()


@route("DELETE /api/satellites/{name:str}", "admin", TAG, "Lock one out, at once")
async def revoke(context: Context, name: Name) -> Revoked:
    """What it left on the broker goes too."""
    return Revoked((await context.ask("account_revoke", name=name))["revoked"])


class Mute(Body, frozen=True):
    """Close or open a microphone."""

    muted: bool


class Volume(Body, frozen=True):
    """So loud."""

    volume: Annotated[float, Meta(ge=0.0, le=1.0)]


@route("POST /api/satellites/{name:str}/mute", "control", TAG, "Close or open its microphone")
async def mute(context: Context, name: Name, data: Mute) -> Muted:
    """It says itself when it did."""
    return msgspec.convert(await context.ask("satellite_mute", name=name, muted=data.muted), Muted)


@route("POST /api/satellites/{name:str}/volume", "control", TAG, "Its loudness")
async def volume(context: Context, name: Name, data: Volume) -> Loud:
    """From 0 to 1."""
    return msgspec.convert(await context.ask("satellite_volume", name=name, volume=data.volume), Loud)


ROUTES: list[Any] = [listed, add, revoke, mute, volume]
