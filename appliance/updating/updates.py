"""Updates as the running appliance sees them: without root; to install, it asks the helper."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

import msgspec

from appliance.config.model import Update
from appliance.errors import ApplianceError
from appliance.updating import asking, fetching, release, state, versions
from appliance.updating.channel import Latest
from appliance.updating.errors import UpdateError
from appliance.updating.places import Places
from appliance.updating.state import State

LOG = logging.getLogger(__name__)
BUSY_SECONDS = 1.0
IDLE_SECONDS = 15.0
FIRST_CHECK_SECONDS = 120.0
"""After a start, other things come first."""
TITLE = "Voice appliance"
MB = 1_000_000

Watcher = Callable[[], None]


class View(msgspec.Struct, frozen=True):
    """What to show, as Home Assistant's update entity wants it."""

    installed: str = ""
    latest: str = ""
    """Equal to `installed` when nothing newer is known."""
    in_progress: bool = False
    percent: int | None = None
    """While something is under way and its progress is known."""
    doing: str = ""
    notes: str = ""
    released: str = ""
    size_mb: int = 0
    trying: bool = False
    """The installed version is on trial."""
    undone: str = ""
    """A version that was tried and taken back, and why."""
    undone_why: str = ""
    problem: str = ""
    hint: str = ""

    def entity(self) -> dict[str, object]:
        """The state payload of an `update` entity of Home Assistant's MQTT discovery."""
        return {
            "installed_version": self.installed,
            "latest_version": self.latest or self.installed,
            "title": TITLE,
            "release_summary": self.notes[:255],
            "in_progress": self.in_progress,
            "update_percentage": self.percent if self.in_progress else None,
        }


class Updates:
    """Knows what is installed and what is newest; asks the helper to install. Does nothing until `run`."""

    def __init__(self, update: Update, places: Places | None = None) -> None:
        self._update = update
        self._places = places or Places()
        self._view = View()
        self._latest: Latest | None = None
        self._check_problem: ApplianceError | None = None
        self._watchers: list[Watcher] = []
        self._look_now = asyncio.Event()

    @property
    def available(self) -> bool:
        """Is this the image, with somebody who installs?"""
        return (self._places.root / release.FILE).exists() and self._places.socket.exists()

    @property
    def view(self) -> View:
        """The last look."""
        return self._view

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call this after each change of `view`; the answer ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def run(self) -> None:
        """Look at the state and ask the channel now and then, for ever. Without the image it just waits."""
        clock = asyncio.get_running_loop().time
        next_check = clock() + FIRST_CHECK_SECONDS
        while True:
            await self.look()
            if self.available and self._update.url and clock() >= next_check:
                next_check = clock() + self._update.check_hours * 3_600 * random.uniform(0.9, 1.1)  # noqa: S311
                await self._check_quietly()
            await self._pause(BUSY_SECONDS if self._view.in_progress else IDLE_SECONDS)

    async def look(self) -> View:
        """Read the helper's state."""
        view = await asyncio.to_thread(self._look)
        if view != self._view:
            self._view = view
            for watcher in tuple(self._watchers):
                watcher()
        return view

    async def check(self) -> View:
        """Ask the channel for its newest version. Raises UpdateError."""
        try:
            self._latest = await asyncio.to_thread(self._ask_channel)
            self._check_problem = None
        except ApplianceError as error:
            self._check_problem = error
            raise
        finally:
            view = await self.look()
        return view

    async def install(self, source: str = "") -> None:
        """Begin to install the channel's newest version, or what lies at this path or address; it restarts.

        Raises UpdateError for what is refused at once; the rest is seen in `view`.
        """
        await asking.ask_later(self._places, "install", source=source)
        await self.look()
        self._look_now.set()

    async def roll_back(self) -> str:
        """Go back to the former version, which is tried like a new one; its name. Raises UpdateError."""
        answer = await asking.ask_later(self._places, "rollback")
        return str(answer.get("version", ""))

    async def _check_quietly(self) -> None:
        try:
            await self.check()
        except ApplianceError as error:
            LOG.info("no newer version could be looked for: %s", error.message)

    async def _pause(self, seconds: float) -> None:
        self._look_now.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._look_now.wait()
        except TimeoutError:
            return

    def _ask_channel(self) -> Latest:
        board = release.read(self._places.root).board
        now = state.read(self._places.state) or State()
        return fetching.latest(self._places, self._update, board, seen=now.serial, chosen=now.channel)

    def _look(self) -> View:
        now = state.read(self._places.state) or State()
        try:
            installed = release.read(self._places.root).version
        except UpdateError:
            return View()
        return view_of(installed, now, self._latest, self._check_problem)


def view_of(installed: str, now: State, latest: Latest | None, problem: ApplianceError | None = None) -> View:
    """Everything in one. Pure."""
    newer = latest is not None and versions.newer(latest.version, installed)
    shown = latest if newer else None
    failed = now.phase == "failed"
    return View(
        installed=installed,
        latest=shown.version if shown else installed,
        in_progress=now.busy,
        percent=now.percent if now.phase in {"fetching", "installing"} and now.percent else None,
        doing=now.doing if now.busy else "",
        notes=shown.notes if shown else "",
        released=shown.released if shown else "",
        size_mb=-(-shown.size // MB) if shown else 0,
        trying=bool(now.running) and now.trying,
        undone=now.undone,
        undone_why=now.undone_why,
        problem=now.problem if failed else problem.message if problem else "",
        hint=now.hint if failed else problem.hint if problem else "",
    )
