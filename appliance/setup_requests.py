"""What the local socket can ask of the house's set-up: name, language, time zone, Home Assistant, a restart.

What only the image, or the system's own administrator, can change says so instead of failing later.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
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
from appliance.firstboot.asking import Asking
from appliance.firstboot.errors import SetupError
from appliance.folders import sync_folder
from appliance.home import machine_names
from appliance.understanding import phrases

SECRETS = "secrets"
TOKEN = "home-assistant-{}.token"  # noqa: S105 - its file's name
MAX_TEXT = 4_096
CONNECT_LOOKS, LOOK_SECONDS = 50, 0.1
RENAMED_SECONDS = 3.0
"""So that a page that has more to ask is answered, before its process begins anew for the other name."""
ANSWER_SECONDS = 0.3
"""So that who asked for a restart is answered before it."""
ZONE_FILE = Path("/etc/timezone")
ZONE_LINK = Path("/etc/localtime")


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
        machine: Asking | None = None,
        renamed: Callable[[], None] = lambda: None,
    ) -> None:
        """`reload` takes over what the store holds; None: nothing can be chosen here.

        `renamed` is called when the machine has another name.
        """
        self._renamed = renamed
        self._appliance = appliance
        self._data = data
        self._reload = reload
        self._machine = machine or Asking()
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

    async def _shown(self, request: Answer) -> Answer:
        """All of it; the token only as set or not."""
        del request
        config = self._appliance.config
        why = "" if self._reload is not None else "this appliance takes nothing chosen while running"
        return {
            "name": machine_names.host(),
            "name_why": self._machine.why_no_name(),
            "language": config.language,
            "languages": list(phrases.LANGUAGES),
            "language_why": why,
            "zone": config.timers.zone or system_zone(),
            "zone_why": why,
            "home_assistant": self._link(),
            "wifi": self._offer(),
            "note": "",
        }

    def _link(self) -> dict[str, Any]:
        wanted = self._appliance.config.home_assistant
        told = self._appliance.status().get("home_assistant") or {}
        state, reason = "none", ""
        if wanted.url:
            state = "connected" if told.get("connected") else "failed"
            reason = "" if told.get("connected") else str(told.get("problem") or "")
        return {"url": wanted.url, "token": bool(wanted.token or wanted.token_file), "state": state,
                "reason": reason}  # fmt: skip

    def _offer(self) -> dict[str, Any]:
        """Can networks be joined, and what came of the last time?"""
        why = self._machine.why_no_wifi()
        change = msgspec.to_builtins(self._machine.change(self._appliance.config.language))
        return {"offered": not why, "why": why, "connected": self._machine.connected, "change": change}

    async def _name(self, request: Answer) -> Answer:
        """`name`: in force when this answers; the page's certificate soon after."""
        name = _text(request, "name")
        try:
            await self._machine.rename(name)
        except SetupError as error:
            raise ControlError(error.message, error.hint) from error
        asyncio.get_running_loop().call_later(RENAMED_SECONDS, self._renamed)
        return await self._shown({})

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
            await self._take({"home_assistant.url": "", "home_assistant.token_file": ""})
            return await self._linked("")
        wanted = self._appliance.config.home_assistant
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
            # Another name for another token: the setting has changed then, and the connection is made anew.
            name = TOKEN.format(secrets.token_hex(4))
            file = await asyncio.to_thread(keep_secret, self._data / SECRETS, name, token)
            changes["home_assistant.token_file"] = str(file)
        await self._take(changes)
        return await self._linked(self._appliance.config.home_assistant.token_file)

    async def _linked(self, token_file: str) -> Answer:
        """Forget the tokens that nobody uses any more; wait a little until it is connected."""
        await asyncio.to_thread(forget_secrets, self._data / SECRETS, TOKEN.format("*"), token_file)
        for _ in range(CONNECT_LOOKS):
            if self._link()["state"] != "failed":
                break
            await asyncio.sleep(LOOK_SECONDS)
        return await self._shown({})

    async def _wifi(self, request: Answer) -> Answer:
        """With `ssid` (and `passphrase`) it begins to join that one; `change` tells what comes of it."""
        language = self._appliance.config.language
        networks: tuple[dict[str, Any], ...] = ()
        try:
            if "ssid" in request:
                secret = _text(request, "passphrase", empty=True, strip=False)
                await self._machine.join(_text(request, "ssid", strip=False), secret, language)
            if not self._machine.why_no_wifi():
                networks = await self._machine.networks(language)
        except SetupError as error:
            raise ControlError(error.message, error.hint) from error
        return {**self._offer(), "networks": list(networks)}

    async def _restart(self, request: Answer) -> Answer:
        del request
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._appliance.begin_anew)
        return {"restarting": True}

    async def _take(self, changes: dict[str, object]) -> Answer:
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
        return await self._shown({})


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


def forget_secrets(folder: Path, pattern: str, kept: str) -> None:
    """Remove the files of this pattern but the one that is kept; one that stays is no trouble."""
    for file in folder.glob(pattern):
        if str(file) != kept:
            with contextlib.suppress(OSError):
                file.unlink()


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


def _text(request: Answer, name: str, *, empty: bool = False, strip: bool = True) -> str:
    value = request.get(name, "" if empty else None)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not (empty or value.strip()):
        raise ControlError(f"`{name}` is a text", "see: docs/api.md")
    if value and not value.isprintable():
        raise ControlError(f"`{name}` holds signs that nobody sees", "type it anew")
    return value.strip() if strip else value
