"""The appliance's side of a change that only root can make: it asks, waits, and tells what came of it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from appliance.firstboot import changes, names, phrases, wifi
from appliance.firstboot.changes import Join, Look, Rename, Told
from appliance.firstboot.disk import RealDisk
from appliance.firstboot.errors import SetupError
from appliance.firstboot.forgetting import IMAGE
from appliance.firstboot.places import Places

UNIT = Path("/usr/lib/systemd/system/appliance-change.path")
"""Starts the root side."""
CARDS = Path("/sys/class/net")
NAME_ELSEWHERE = "this computer has its name from its own system: sudo hostnamectl set-hostname NAME"
WIFI_ELSEWHERE = "this computer's own system keeps its networks; this needs the appliance's image"
NO_CARD = "this machine has no Wi-Fi; a cable is as good"
LOOK_SECONDS = 0.2
RENAME_SECONDS, SCAN_SECONDS, JOIN_SECONDS = 20.0, 45.0, 240.0
FRESH_SECONDS = 15.0
"""So long a scan is shown again."""
LOGS = "journalctl -u appliance-change"


class Change(msgspec.Struct, frozen=True):
    """What came of joining a network."""

    state: Literal["none", "working", "done", "failed"] = "none"
    ssid: str = ""
    reason: str = ""


class Asking:
    """One for the appliance. Nothing is kept but what was last told."""

    def __init__(
        self,
        places: Places | None = None,
        request: Path = changes.REQUEST,
        *,
        signs: tuple[Path, ...] = (IMAGE, UNIT),
        cards: Path = CARDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`signs` are files that are there where the root side is."""
        self._places = places or Places()
        self._request = request
        self._signs = signs
        self._cards = cards
        self._clock = clock
        self._turns = asyncio.Lock()
        self._seen: Told | None = None
        self._seen_at = 0.0
        self._joining: tuple[str, float] | None = None
        """Id and begin of what has no answer yet."""
        self._change = Change()

    def why_no_name(self) -> str:
        """Why the name cannot be changed here; empty when it can."""
        return "" if self._there() else NAME_ELSEWHERE

    def why_no_wifi(self) -> str:
        """Why networks cannot be joined here; empty when they can."""
        if not self._there():
            return WIFI_ELSEWHERE
        return "" if any(self._cards.glob("*/phy80211")) else NO_CARD

    def _there(self) -> bool:
        return all(sign.exists() for sign in self._signs) and self._request.parent.is_dir()

    @property
    def connected(self) -> str:
        """SSID that was last told."""
        return self._seen.connected if self._seen is not None else ""

    async def rename(self, name: str) -> None:
        """Raises SetupError; then it has its old name."""
        if why := self.why_no_name():
            raise SetupError("the name cannot be changed here", why)
        good = names.chosen(name)
        async with self._turns:
            self._settle("en")
            told = await self._asked(Rename(_id(), good), RENAME_SECONDS)
        if told.state != "done":
            raise SetupError(told.message or "the name could not be changed", LOGS)

    async def join(self, ssid: str, password: str, language: str) -> None:
        """Begin; `change` tells what comes of it. Raises SetupError."""
        if why := self.why_no_wifi():
            raise SetupError("networks are not joined here", why)
        wifi.checked(ssid, password)
        async with self._turns:
            if self.change(language).state == "working":
                raise SetupError("it is trying a network already", "wait a minute")
            asked = Join(_id(), ssid, password)
            await asyncio.to_thread(self._write, asked)
            self._joining, self._change = (asked.id, self._clock()), Change("working", ssid)

    def change(self, language: str) -> Change:
        """What came of the last joining, in the words of this language."""
        self._settle(language)
        return self._change

    def _settle(self, language: str) -> None:
        """Take the answer of a joining, or give it up."""
        if self._joining is None:
            return
        number, began = self._joining
        told = self._told(number)
        if told is None or told.state == "working":
            if self._clock() - began <= JOIN_SECONDS:
                return
            told = Told(number, "failed", message=f"there was no answer within {JOIN_SECONDS:.0f} seconds")
        self._joining = None
        self._change = Change(told.state, self._change.ssid, _reason(told, language))
        self._seen_at = 0.0
        if self._seen is not None:
            self._seen = msgspec.structs.replace(self._seen, connected=told.connected)

    async def networks(self, language: str) -> tuple[dict[str, Any], ...]:
        """What is in the air: `ssid`, `signal_percent`, `secured`; the last that is known while joining.

        Raises SetupError.
        """
        async with self._turns:
            fresh = self._seen is not None and self._clock() - self._seen_at < FRESH_SECONDS
            if not fresh and self.change(language).state != "working":
                told = await self._asked(Look(_id()), SCAN_SECONDS)
                if told.state != "done":
                    raise SetupError(told.message or "networks could not be looked for", LOGS)
                self._seen, self._seen_at = told, self._clock()
        seen = self._seen.networks if self._seen is not None else ()
        return tuple(
            {"ssid": each.ssid, "signal_percent": each.signal, "secured": each.secured} for each in seen
        )

    async def _asked(self, request: changes.Request, seconds: float) -> Told:
        """The answer. Raises SetupError when none comes."""
        await asyncio.to_thread(self._write, request)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await asyncio.sleep(LOOK_SECONDS)
                    told = self._told(request.id)
                    if told is not None and told.state != "working":
                        return told
        except TimeoutError:
            await asyncio.to_thread(RealDisk().remove, self._request)
            raise SetupError(f"there was no answer within {seconds:.0f} seconds", LOGS) from None

    def _told(self, number: str) -> Told | None:
        content = RealDisk().read(self._places.run / changes.ANSWER, changes.MAX_ANSWER_BYTES + 1)
        told = changes.told(content) if content else None
        return told if told is not None and told.id == number else None

    def _write(self, request: changes.Request) -> None:
        """It is there as a whole, for root alone to see. Raises SetupError."""
        beside = self._request.with_name(f".{self._request.name}.new")
        disk = RealDisk()
        disk.create(beside, changes.encode(request), 0o600)
        disk.rename(beside, self._request)


def _reason(told: Told, language: str) -> str:
    if told.state == "done":
        return ""
    if told.why in {"password", "not_found", "no_address"} or not told.message:
        return phrases.why(told.why if told.why in phrases.REASONS["en"] else "other", language)  # type: ignore[arg-type]
    return told.message


def _id() -> str:
    return secrets.token_hex(8)
