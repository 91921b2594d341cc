"""What the local socket can ask of the house's set-up: name, language, time zone, Home Assistant, a restart.

What only the image, or the system's own administrator, can change says so instead of failing later.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import msgspec

from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config, HomeAssistant
from appliance.control import Answer, Handler
from appliance.errors import ConfigError, ControlError, HomeError
from appliance.firstboot.forgetting import IMAGE
from appliance.folders import sync_folder
from appliance.home import machine_names
from appliance.understanding import phrases

SECRETS = "secrets"
TOKEN = "home-assistant.token"  # noqa: S105 - its file's name
MAX_TEXT = 4_096
ANSWER_SECONDS = 0.3
"""So that who asked for a restart is answered before it."""
ZONE_FILE = Path("/etc/timezone")
ZONE_LINK = Path("/etc/localtime")
NAME_ON_IMAGE = "the name comes from this machine's own number, so that it is the same after every reset"
NAME_ELSEWHERE = "this computer has its name from its own system: sudo hostnamectl set-hostname NAME"
WIFI_ON_IMAGE = (
    "networks are joined from the appliance's own hotspot, or with wifi.txt on the set-up partition "
    "(docs/first-boot.md)"
)
WIFI_ELSEWHERE = "this computer's own system keeps its networks; this needs the appliance's image"
AFTER_RESTART = "Home Assistant is used after a restart"


class SetUp(Protocol):
    """The appliance, as far as its set-up is concerned."""

    config: Config
    store: ChosenStore

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""

    def begin_anew(self) -> None:
        """End the process so that it is started again."""


class HouseRequests:
    """Handlers by name."""

    def __init__(
        self,
        appliance: SetUp,
        data: Path,
        reload: Callable[[], Awaitable[object]] | None,
        image: Path = IMAGE,
    ) -> None:
        """`reload` takes over what the store holds; None: nothing can be chosen here."""
        self._appliance = appliance
        self._data = data
        self._reload = reload
        self._image = image
        self._turns = asyncio.Lock()

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "setup": self._shown,
            "setup_name": self._name,
            "setup_zone": self._zone,
            "setup_language": self._language,
            "setup_home_assistant": self._home_assistant,
            "setup_wifi": self._wifi,
            "restart": self._restart,
        }

    async def _shown(self, request: Answer, note: str = "") -> Answer:
        """All of it; the token only as set or not."""
        del request
        config = self._appliance.config
        on_image = self._image.exists()
        why = "" if self._reload is not None else "this appliance takes nothing chosen while running"
        return {
            "name": machine_names.host(),
            "name_why": NAME_ON_IMAGE if on_image else NAME_ELSEWHERE,
            "language": config.language,
            "languages": list(phrases.LANGUAGES),
            "language_why": why,
            "zone": config.timers.zone or system_zone(),
            "zone_why": why,
            "home_assistant": self._link(),
            "wifi": {"offered": False, "why": WIFI_ON_IMAGE if on_image else WIFI_ELSEWHERE, "connected": ""},
            "note": note,
        }

    def _link(self) -> dict[str, Any]:
        wanted, told = self._wanted(), self._appliance.status().get("home_assistant") or {}
        state, reason = "none", ""
        if wanted.url != self._appliance.config.home_assistant.url:
            state, reason = "restart", AFTER_RESTART
        elif wanted.url:
            state = "connected" if told.get("connected") else "failed"
            reason = "" if told.get("connected") else str(told.get("problem") or "")
        return {"url": wanted.url, "token": bool(wanted.token or wanted.token_file), "state": state,
                "reason": reason}  # fmt: skip

    def _wanted(self) -> HomeAssistant:
        """As it will be after a restart."""
        chosen = self._appliance.store.values
        values = {name: chosen[f"home_assistant.{name}"] for name in ("url", "token_file")
                  if f"home_assistant.{name}" in chosen}  # fmt: skip
        return msgspec.structs.replace(self._appliance.config.home_assistant, **values)

    async def _name(self, request: Answer) -> Answer:
        _text(request, "name")
        raise ControlError("the name cannot be changed here", (await self._shown({}))["name_why"])

    async def _zone(self, request: Answer) -> Answer:
        """`zone`: an IANA name; "" is the system's."""
        zone = _text(request, "zone", empty=True)
        if zone and zone not in await asyncio.to_thread(available_timezones):
            raise ControlError(f"there is no time zone {zone[:64]!r}", 'a name such as "Europe/Berlin"')
        return await self._take({"timers.zone": zone})

    async def _language(self, request: Answer) -> Answer:
        """`language`: one of `languages`."""
        language = _text(request, "language")
        if language not in phrases.LANGUAGES:
            raise ControlError(
                f"{language[:20]!r} is not spoken here", f"one of: {', '.join(phrases.LANGUAGES)}"
            )
        return await self._take({"language": language})

    async def _home_assistant(self, request: Answer) -> Answer:
        """`url`, "" for none, and `token`, "" to keep the one there is. Tried before they are kept."""
        url, token = _text(request, "url", empty=True), _text(request, "token", empty=True)
        if not url:
            return await self._take(
                {"home_assistant.url": "", "home_assistant.token_file": ""}, AFTER_RESTART
            )
        wanted = self._wanted()
        if not token and (not (wanted.token or wanted.token_file) or _host(url) != _host(wanted.url)):
            raise ControlError(
                "this Home Assistant needs its token",
                "in Home Assistant: your profile → Security → Long-lived access tokens → Create token",
            )
        tried = msgspec.structs.replace(
            wanted, url=url, **({"token": token, "token_file": ""} if token else {})
        )
        await checked(tried)
        changes: dict[str, object] = {"home_assistant.url": url}
        if token:
            file = await asyncio.to_thread(keep_secret, self._data / SECRETS, TOKEN, token)
            changes["home_assistant.token_file"] = str(file)
        return await self._take(changes, AFTER_RESTART)

    async def _wifi(self, request: Answer) -> Answer:
        """With `ssid` it is to be joined."""
        offer = (await self._shown({}))["wifi"]
        if "ssid" in request:
            raise ControlError("networks are not joined here", str(offer["why"]))
        return {"offered": offer["offered"], "why": offer["why"], "networks": []}

    async def _restart(self, request: Answer) -> Answer:
        del request
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._appliance.begin_anew)
        return {"restarting": True}

    async def _take(self, changes: dict[str, object], note: str = "") -> Answer:
        if self._reload is None:
            raise ControlError("nothing can be chosen here", "change the configuration file")
        async with self._turns:
            config, store = self._appliance.config, self._appliance.store
            before = {key: store.values.get(key, _value(config, key)) for key in changes}
            engines = {"wake": config.wake.engine, "tts": config.tts.engine}
            if store.choose(changes, engines):
                try:
                    await self._reload()
                except ConfigError:
                    store.choose(before, engines)
                    raise
        return await self._shown({}, note)


async def checked(settings: HomeAssistant) -> None:
    """Is a Home Assistant there, and does it take this token? Raises HomeError, ControlError."""
    from appliance.home.hass import address as addressing
    from appliance.home.hass import session

    address = addressing.resolve(settings)
    try:
        async with session.opened(address, settings, lambda _kind, _reason: None):
            return
    except session.TokenRefused:
        found = addressing.refused(address)
    except HomeError:
        raise
    except (OSError, TimeoutError, session.Lost) as error:
        found = addressing.explain(address, error)
    raise ControlError(found.reason, found.hint)


def keep_secret(folder: Path, name: str, secret: str) -> Path:
    """Write it where only we read it, in one step. Raises ControlError."""
    file, beside = folder / name, folder / f".{name}.new"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(secret.encode())
            new.flush()
            os.fsync(new.fileno())
        beside.replace(file)
        sync_folder(folder)
    except OSError as error:
        raise ControlError(f"{file} cannot be written: {error.strerror}", "see: appliance doctor") from error
    return file


def system_zone(link: Path = ZONE_LINK, file: Path = ZONE_FILE) -> str:
    """The system's own, by name; "UTC" when it has none."""
    try:
        found = str(link.readlink()).partition("zoneinfo/")[2]
    except OSError:
        found = ""
    if not found:
        try:
            with file.open("rb") as opened:
                found = opened.read(100).decode("ascii", "replace").strip()
        except OSError:
            found = ""
    return found or "UTC"


def _host(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port


def _value(config: Config, key: str) -> object:
    value: Any = config
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _text(request: Answer, name: str, *, empty: bool = False) -> str:
    value = request.get(name, "" if empty else None)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not (empty or value.strip()):
        raise ControlError(f"`{name}` is a text", "see: docs/api.md")
    if value and not value.isprintable():
        raise ControlError(f"`{name}` holds signs that nobody sees", "type it anew")
    return value.strip()
