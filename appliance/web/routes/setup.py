"""What the first-run wizard sets: name, language, time zone, Home Assistant, Wi-Fi; and forgetting it all."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "setup"
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]


class Link(msgspec.Struct, frozen=True):
    """Home Assistant."""

    url: str
    token: bool
    """There is one. It is never told."""
    state: str
    """"none", "connected", "failed"."""
    reason: str


class Change(msgspec.Struct, frozen=True):
    """The last time that a network was to be joined."""

    state: str = "none"
    """"none", "working" (up to four minutes), "done", "failed"."""
    ssid: str = ""
    reason: str = ""
    """Why it failed."""


class WifiOffer(msgspec.Struct, frozen=True):
    """Can networks be joined here?"""

    offered: bool
    why: str
    """Why not."""
    connected: str
    """The network that it is in, as far as was looked."""
    change: Change = Change()


class Setup(msgspec.Struct, frozen=True):
    """The house's set-up. `…_why`: why it cannot be changed here; empty when it can."""

    name: str
    name_why: str
    language: str
    languages: list[str]
    language_why: str
    zone: str
    zone_why: str
    home_assistant: Link
    wifi: WifiOffer
    note: str = ""
    """What is still to be done about a change; empty: nothing."""


class Network(msgspec.Struct, frozen=True):
    """A Wi-Fi network that is in the air."""

    ssid: str
    signal_percent: int
    secured: bool


class Wifi(msgspec.Struct, frozen=True):
    """All of them."""

    offered: bool
    why: str
    networks: list[Network]
    connected: str = ""
    change: Change = Change()


class Name(Body, frozen=True):
    """Another name of the machine."""

    name: Annotated[str, Meta(min_length=1, max_length=63, pattern=r"\S")]


class Zone(Body, frozen=True):
    """Another time zone, for alarms and answers."""

    zone: Annotated[str, Meta(max_length=64, description='such as "Europe/Berlin"; empty: the system\'s')]


class Language(Body, frozen=True):
    """Another language."""

    language: Annotated[str, Meta(min_length=2, max_length=16, description="one of `languages`")]


class HomeAssistant(Body, frozen=True):
    """Where it is, and who we are there."""

    url: Annotated[str, Meta(max_length=500, description="empty: none")]
    token: Annotated[
        str, Meta(max_length=4_000, description="a long-lived access token; empty keeps the one there is")
    ] = ""


class Joining(Body, frozen=True):
    """A network to join."""

    ssid: Annotated[str, Meta(min_length=1, max_length=32)]
    passphrase: Annotated[str, Meta(max_length=64)] = ""


class Sure(Body, frozen=True):
    """Nothing of it comes back."""

    sure: Annotated[bool, Meta(description="must be true")]


class Restarting(msgspec.Struct, frozen=True):
    """It begins anew."""

    restarting: bool


class Forgotten(msgspec.Struct, frozen=True):
    """What happens now."""

    note: str


def _setup(told: dict[str, Any]) -> Setup:
    return msgspec.convert(told, Setup)


@route("GET /api/setup", "admin", TAG, "What is set up")
async def shown(context: Context) -> Setup:
    """With the reason for whatever cannot be changed on this machine."""
    return _setup(await context.ask("setup"))


@route("POST /api/setup/name", "admin", TAG, "Name the machine")
async def name(context: Context, data: Name) -> Setup:
    """In force at once. 409 with the reason where the name is not the appliance's to give, or can be none."""
    return _setup(await context.ask("setup_name", name=data.name))


@route("POST /api/setup/zone", "admin", TAG, "Choose the time zone")
async def zone(context: Context, data: Zone) -> Setup:
    """Of alarms, timers and answers about the time; in force at once."""
    return _setup(await context.ask("setup_zone", zone=data.zone))


@route("POST /api/setup/language", "admin", TAG, "Choose the language")
async def language(context: Context, data: Language) -> Setup:
    """In force at once; what a stage needs for it and does not have is shown by GET /health."""
    told = _setup(await context.ask("setup_language", language=data.language))
    await context.speak()
    return told


@route("POST /api/setup/home-assistant", "admin", TAG, "Connect Home Assistant, or leave it out")
async def home_assistant(context: Context, data: HomeAssistant) -> Setup:
    """URL and token are tried first; 409 says what is wrong. The token is kept in a file, and never told.

    Another host needs its token anew. It is in force at once.
    """
    return _setup(await context.ask("setup_home_assistant", url=data.url, token=data.token))


@route("GET /api/setup/wifi", "admin", TAG, "Wi-Fi networks")
async def wifi(context: Context) -> Wifi:
    """Those that can be joined here, looked for anew; `why` where none can; `change` while one is tried."""
    return msgspec.convert(await context.ask("setup_wifi"), Wifi)


@route("POST /api/setup/wifi", "admin", TAG, "Join a Wi-Fi network")
async def join(context: Context, data: Joining) -> Wifi:
    """It begins, and `change` of GET /api/setup/wifi tells what came of it; the answer may not arrive when
    the appliance leaves the network. A network that does not work is forgotten. 409 where none are joined.
    """
    told = await context.ask("setup_wifi", ssid=data.ssid, passphrase=data.passphrase)
    return msgspec.convert(told, Wifi)


@route("POST /api/restart", "admin", TAG, "Begin anew", status=202)
async def restart(context: Context) -> Restarting:
    """The whole appliance ends and is started again; this takes some seconds."""
    return msgspec.convert(await context.ask("restart"), Restarting)


@route("POST /api/factory-reset", "admin", TAG, "Forget everything")
async def factory_reset(context: Context, data: Sure) -> Forgotten:
    """On the appliance's image: the machine starts anew as on its first day. Elsewhere 409."""
    told = await context.ask("factory_reset", sure=data.sure)
    return Forgotten(str(told["factory reset"]))


ROUTES: list[Any] = [
    shown, name, zone, language, home_assistant, wifi, join, restart, factory_reset,
]  # fmt: skip
