"""What the appliance keeps on its disk: timers, snapshots, and, where somebody wants that, what was said."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from appliance.backup import telling
from appliance.backup.mending import Mended, mend
from appliance.backup.snapshots import Snapshots
from appliance.bells import Bells
from appliance.config.model import Config
from appliance.control import Handler
from appliance.history.history import History
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.places import LOCAL
from appliance.tasks import end
from appliance.timers.requests import TimerRequests
from appliance.timers.service import Timers

LOST = "was damaged and is lost; what is left of it was set aside"
TELL_SECONDS = 1.0


async def mended(config: Config) -> tuple[Mended, ...]:
    """Repair what is damaged, before anything of it is opened. Raises BackupError."""
    return await asyncio.to_thread(mend, config, datetime.now(UTC))


class Records:
    """`start`, then `stop`."""

    def __init__(
        self, config: Config, data: Path, conductor: Conductor, lost: tuple[Mended, ...] = ()
    ) -> None:
        """`lost` is what was mended before, so that it is said aloud."""
        self._config = config
        self._conductor = conductor
        self._lost = lost
        self._telling: asyncio.Task[None] | None = None
        self.bells = Bells(conductor, lambda: self._config.timers.volume)
        self.timers = conductor.timers = Timers(
            config.timers, data, self.bells, language=config.language, area=self._area_of
        )
        self.history = conductor.history = History(config.history, data, time.time)
        self.snapshots = Snapshots(config)

    async def start(self) -> None:
        """Read what is kept, and keep more. Raises TimerError."""
        await self.timers.start()
        await self.history.start()
        await self.snapshots.start()
        if self._lost:
            self._telling = asyncio.create_task(self._tell(), name="mended")

    async def stop(self) -> None:
        """Write what waits; may be called twice."""
        await end(self._telling)
        await self.snapshots.stop()
        await self.timers.stop()
        await self.bells.close()
        await self.history.stop()

    async def reconfigure(self, config: Config) -> None:
        """Other settings from now on."""
        self._config = config
        self.timers.reconfigure(config.timers, config.language)
        await self.history.reconfigure(config.history)
        self.snapshots.reconfigure(config)

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return TimerRequests(self.timers).handlers() | self.history.handlers() | self.snapshots.handlers()

    def troubles(self) -> tuple[str, ...]:
        """What is wrong with keeping, as sentences."""
        lost = (f"{Path(each.path).name} {LOST}" for each in self._lost if each.snapshot is None)
        return tuple(filter(None, (*lost, self.snapshots.trouble, self.snapshots.offsite_trouble)))

    def _area_of(self, room: str) -> str:
        place = self._conductor.place(room)
        return place.area if place is not None else ""

    async def _tell(self) -> None:
        words = telling.words([(each.path, each.snapshot) for each in self._lost], self._config.language)
        while not self.bells.announce(LOCAL, words):  # noqa: ASYNC110 - a room tells nobody that it is free
            await asyncio.sleep(TELL_SECONDS)
