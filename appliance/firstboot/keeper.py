"""Keeps the way into the network: watches it, and runs the set-up hotspot when there is none.

Decisions are `hotspot.Hotspot`'s; here they are carried out. What takes long (scanning, raising, joining) is
one task at a time, and its result is an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from appliance.errors import ApplianceError
from appliance.firstboot import codes, phrases
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import Fault, SetupError
from appliance.firstboot.exchange import Attempt, Show, Verdict
from appliance.firstboot.hotspot import (
    Drop,
    Effect,
    Event,
    Hotspot,
    Join,
    Joined,
    JoinFailed,
    Network,
    Patience,
    Phase,
    Raise,
    Raised,
    RaiseFailed,
    Scan,
    Scanned,
    Submitted,
    Tell,
    Tick,
    Visited,
)
from appliance.firstboot.networks import CannotJoin, Networks
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.ownership import Claim, Wrong
from appliance.firstboot.page_process import USER, PageProcess, listen
from appliance.firstboot.wifi import Wifi, checked
from appliance.tasks import end

LOG = logging.getLogger(__name__)
ADDRESS, PORT = "10.42.0.1", 80
LOOK_SECONDS = 5.0
LOOK_ONLINE_SECONDS = 30.0
GRACE_SECONDS = 2.0
"""The answer reaches the telephone before the hotspot ends."""
PASSWORD_DIGITS = 16
"""53 bits: what is sent over the hotspot cannot be read later by who recorded it."""


class Teller(Protocol):
    """Whom the keeper tells what happens, for loudspeaker and screen."""

    def tell(self, what: str, reason: phrases.Reason) -> None:
        """Something to say."""

    def show(self, phase: Phase, password: str) -> None:
        """Something to show; the hotspot's password while it is up."""


class Settings(msgspec.Struct, frozen=True):
    """Who we are, and where the page is."""

    name: str
    language: str
    password_file: Path
    patience: Patience = Patience()
    address: str = ADDRESS
    port: int = PORT
    look_seconds: float = LOOK_SECONDS
    look_online_seconds: float = LOOK_ONLINE_SECONDS
    grace_seconds: float = GRACE_SECONDS
    page_user: str = USER

    @property
    def authority(self) -> str:
        """As a browser says it in `Host`."""
        return self.address if self.port == PORT else f"{self.address}:{self.port}"


class Keeper:
    """`run` never ends; cancel it."""

    def __init__(
        self, settings: Settings, networks: Networks, claim: Callable[[], Claim], teller: Teller
    ) -> None:
        """`claim` gives the one whose code counts now."""
        self._settings = settings
        self._networks = networks
        self._claim = claim
        self._teller = teller
        self._seen: list[Seen] = []
        self._card = ""
        self._password = ""
        self._task: asyncio.Task[None] | None = None
        self._page = PageProcess(self._attempt, self._visited, self._page_gone, settings.page_user)
        self._hotspot: Hotspot | None = None

    @property
    def phase(self) -> Phase:
        """What is being done."""
        return self._hotspot.phase if self._hotspot else Phase.WAITING

    async def run(self) -> None:
        """Watch for ever. A NetworkManager that does not answer is asked again."""
        self._hotspot = Hotspot(self._settings.patience, self._now())
        try:
            while True:
                await self._look()
                online = self._hotspot.phase is Phase.ONLINE
                settings = self._settings
                await asyncio.sleep(settings.look_online_seconds if online else settings.look_seconds)
        finally:
            await end(self._task)
            await self._drop()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _look(self) -> None:
        try:
            state = await self._networks.state()
        except SetupError as error:
            LOG.warning("%s", error.message)
        else:
            self._card = state.card or self._card
            self._on(Network(state.online, bool(self._card)))
        self._on(Tick())

    def _on(self, event: Event) -> None:
        assert self._hotspot is not None
        before = self._hotspot.phase
        effects = self._hotspot.handle(event, self._now())
        if self._hotspot.phase is not before:
            LOG.info("network: %s → %s", before.value, self._hotspot.phase.value)
            self._teller.show(self._hotspot.phase, self._password)
        deeds = [effect for effect in effects if not isinstance(effect, Tell)]
        for effect in effects:
            if isinstance(effect, Tell):
                self._teller.tell(effect.what, effect.reason)
        if deeds:
            self._task = asyncio.create_task(self._after(self._task, deeds))

    async def _after(self, before: asyncio.Task[None] | None, deeds: Sequence[Effect]) -> None:
        """The former task is over before these begin."""
        if before is not None and not before.done():
            await end(before)
        for deed in deeds:
            await self._do(deed)

    async def _do(self, deed: Effect) -> None:
        match deed:
            case Scan():
                await self._result(self._scan(), Scanned(), Scanned())
            case Raise(reason=reason):
                await self._result(self._raise(reason), Raised(), RaiseFailed())
            case Drop():
                await asyncio.sleep(self._settings.grace_seconds)
                await self._drop()
            case Join(wifi=wifi):
                await self._result(self._join(wifi), Joined(), JoinFailed("other"))

    async def _result(self, deed: Awaitable[None], good: Event, bad: Event) -> None:
        try:
            await deed
        except CannotJoin as error:
            self._on_soon(JoinFailed(error.reason))
        except ApplianceError as error:
            LOG.warning("%s", error.message)
            self._on_soon(bad)
        else:
            self._on_soon(good)

    def _on_soon(self, event: Event) -> None:
        """When this task is over: what comes of it may be the next one."""
        asyncio.get_running_loop().call_soon(self._on, event)

    async def _scan(self) -> None:
        self._seen = await self._networks.scan()

    async def _raise(self, reason: phrases.Reason | None) -> None:
        settings = self._settings
        self._password = hotspot_password(settings.password_file)
        trouble = phrases.why(reason, settings.language) if reason else ""
        show = Show(settings.name, settings.language, settings.authority, tuple(self._seen), trouble)
        try:
            await self._networks.raise_hotspot(self._card, settings.name, self._password, settings.address)
            await self._page.start(show, listen(settings.address, settings.port))
        except ApplianceError:
            await self._drop()
            raise

    async def _join(self, wifi: Wifi) -> None:
        """The hotspot's password has done its work: the next hotspot has another one."""
        await self._networks.join(wifi)
        RealDisk().remove(self._settings.password_file)

    async def _drop(self) -> None:
        await self._page.stop()
        try:
            await self._networks.drop_hotspot()
        except SetupError as error:
            LOG.warning("%s", error.message)

    def _visited(self) -> None:
        self._on(Visited())

    def _page_gone(self) -> None:
        self._on_soon(RaiseFailed())

    async def _attempt(self, attempt: Attempt) -> Verdict:
        """Everything is checked again here: the page is not trusted. What was not seen may be hidden."""
        hidden = attempt.ssid not in {seen.ssid for seen in self._seen}
        try:
            wifi = checked(attempt.ssid, attempt.password, hidden=hidden)
        except Fault:
            return self._refused("ssid")
        try:
            await asyncio.to_thread(self._claim().check, attempt.code)
        except Wrong as error:
            return self._refused("too_early" if error.wait_seconds else "wrong_code", error.wait_seconds)
        except SetupError as error:
            LOG.warning("%s", error.message)
            return self._refused("no_code")
        if self.phase is not Phase.OPEN:
            return self._refused("busy")
        self._on_soon(Submitted(wifi))
        return Verdict(True)

    def _refused(self, trouble: phrases.Trouble, wait_seconds: float = 0.0) -> Verdict:
        words = phrases.trouble(trouble, self._settings.language, wait_seconds)
        return Verdict(False, words, wait_seconds)


def hotspot_password(file: Path) -> str:
    """The one that is kept, or a new one. Raises SetupError."""
    disk = RealDisk()
    known = (disk.read(file, 64) or b"").decode("ascii", "replace").strip()
    if len(known) == PASSWORD_DIGITS and known.isdecimal():
        return known
    made = codes.made(PASSWORD_DIGITS)
    put(disk, file, made.encode())
    return made
