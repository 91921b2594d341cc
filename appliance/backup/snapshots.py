"""Daily snapshots while the appliance runs, made by a process of its own: the supervisor stays small."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from appliance.backup import retention
from appliance.backup.catalogue import SNAPSHOTS
from appliance.backup.errors import BackupError
from appliance.backup.making import made_at
from appliance.config.model import Config
from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.tasks import begin, end
from appliance.timers.clock import clock_synchronised

LOG = logging.getLogger(__name__)
START_SECONDS = 120.0
"""After the start others need card and processor more."""
LOOK_SECONDS = 600.0
RETRY_SECONDS = 3_600.0
"""After a failure, and between any two snapshots, whatever the wall clock says meanwhile."""
WORK_SECONDS = 900.0
MAX_ANSWER_BYTES = 65_536
MAX_LISTED = 10_000
MAX_SHOWN = 200


class Taken(msgspec.Struct, frozen=True):
    """One snapshot, or why there is none (`error`, for a person)."""

    path: str = ""
    size: int = 0
    """Bytes."""
    left_out: int = 0
    """Secrets that are not in it."""
    removed: tuple[str, ...] = ()
    """Names of older ones that the retention let go."""
    error: str = ""
    hint: str = ""
    offsite_error: str = ""
    """Why there is no copy of it elsewhere, where one is wanted."""
    offsite_hint: str = ""


def folder(config: Config) -> Path:
    """Where snapshots lie."""
    return Path(config.paths.data) / (config.backup.folder or SNAPSHOTS)


def listed(place: Path) -> dict[datetime, Path]:
    """The snapshots that are there, by their time; empty when the folder cannot be read."""
    found: dict[datetime, Path] = {}
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            when = made_at(path.name)
            if when is not None and len(found) < MAX_LISTED and path.is_file():
                found[when] = path
    return found


class Snapshots:
    """`start` and `stop` once each, in one event loop. `take` makes one at once, for whoever asks."""

    def __init__(
        self,
        config: Config,
        *,
        synchronised: Callable[[], bool] = clock_synchronised,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        start_seconds: float = START_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._config = config
        self._synchronised = synchronised
        self._wall = wall
        self._start_seconds = start_seconds
        self._look_seconds = look_seconds
        self._task: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()
        self._started = 0.0
        self._attempted: float | None = None
        self.trouble = ""
        """Why the last attempt failed, for a person; empty when it did not."""
        self.offsite_trouble = ""
        """Likewise, of the last copy elsewhere; it is tried again every hour."""
        self.last: Taken | None = None

    async def start(self) -> None:
        """Begin to look whether one is due, unless `backup.enabled` says not to."""
        self._started = time.monotonic()
        if self._config.backup.enabled:
            self._task = begin(self._look_for_ever(), "snapshots")

    async def stop(self) -> None:
        """Stop, also in the middle of one: it leaves no part of a file. May be called twice."""
        await end(self._task)
        self._task = None

    def reconfigure(self, config: Config) -> None:
        """Take over settings; whether snapshots are made at all needs a restart."""
        self._config = config

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"backup_list": self._list, "backup_take": self._take}

    async def _list(self, request: Answer) -> Answer:
        del request
        there = await asyncio.to_thread(listed, folder(self._config))
        return {
            "snapshots": [str(there[when]) for when in sorted(there)][-MAX_SHOWN:],
            "trouble": self.trouble, "offsite_trouble": self.offsite_trouble,
        }  # fmt: skip

    async def _take(self, request: Answer) -> Answer:
        del request
        taken = await self.take()
        if taken.error:
            raise ControlError(f"no snapshot was made: {taken.error}", taken.hint)
        # An answer with `error` would be a refusal.
        told: Answer = msgspec.to_builtins(taken)
        return {name: value for name, value in told.items() if name not in {"error", "hint"}}

    async def take(self) -> Taken:
        """Make one now. What goes wrong is in the answer, in `trouble`, and in the log."""
        taken = await self._ordered(offsite_only=False)
        if taken.error:
            if taken.error != self.trouble:
                LOG.error("no snapshot was made: %s (%s)", taken.error, taken.hint)
        else:
            LOG.info("snapshot %s (%d bytes, %d secrets left out)", taken.path, taken.size, taken.left_out)
            self.last = taken
        self.trouble = taken.error
        return taken

    async def _ordered(self, *, offsite_only: bool) -> Taken:
        async with self._one:
            self._attempted = time.monotonic()
            taken = await _work(Order(self._config, self._wall(), offsite_only))
        if taken.offsite_error and taken.offsite_error != self.offsite_trouble:
            LOG.error("there is no copy elsewhere: %s (%s)", taken.offsite_error, taken.offsite_hint)
        if not taken.error:
            self.offsite_trouble = taken.offsite_error
        return taken

    async def _look_for_ever(self) -> None:
        await asyncio.sleep(self._start_seconds)
        while True:
            if self._may():
                if await asyncio.to_thread(self._is_due):
                    await self.take()
                elif self.offsite_trouble:
                    await self._ordered(offsite_only=True)
            await asyncio.sleep(self._look_seconds)

    def _may(self) -> bool:
        """Is the wall clock worth asking, and the last attempt long enough ago?"""
        now = time.monotonic()
        if self._attempted is not None and now - self._attempted < RETRY_SECONDS:
            return False
        patience = self._config.timers.unsynchronised_minutes * 60
        return self._synchronised() or now - self._started >= patience

    def _is_due(self) -> bool:
        return retention.is_due(listed(folder(self._config)), self._wall())


class Order(msgspec.Struct, frozen=True):
    """What the process gets on its standard input."""

    config: Config
    now: datetime
    offsite_only: bool = False
    """Only copy the newest that is there."""


async def _work(order: Order) -> Taken:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appliance.backup"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, limit=MAX_ANSWER_BYTES,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WORK_SECONDS):
            answer, _ = await process.communicate(msgspec.json.encode(order))
        return msgspec.json.decode(answer[:MAX_ANSWER_BYTES], type=Taken)
    except TimeoutError:
        return Taken(error=f"it took longer than {WORK_SECONDS:g} seconds", hint="is the disk very slow?")
    except msgspec.DecodeError:
        return Taken(error=f"its process ended with {process.returncode}", hint="appliance backup")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # restic is of this session, too
            await process.wait()


def prepared(config: Config) -> Path:
    """The folder of snapshots; only the default one is made. Raises BackupError, OSError."""
    place = folder(config)
    if not config.backup.folder:
        place.mkdir(mode=0o700, exist_ok=True)
    elif not place.is_dir():
        # Making it would fill the card when the disk that belongs there is not mounted.
        raise BackupError(f"the folder {place} of backup.folder is not there", "is its disk mounted?")
    return place
