"""Everything about access that one web process has in hand: the file, the limits, who waits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from appliance.errors import ConfigError, ControlError
from appliance.web.access import origins, sessions, tokens
from appliance.web.access.failures import Failures
from appliance.web.access.rate import Buckets
from appliance.web.access.state import State
from appliance.web.access.store import Store
from appliance.web.access.visitor import Visitor, wall
from appliance.web.settings import Settings

T = TypeVar("T")
LOG = logging.getLogger(__name__)
MAX_NOTED = 1_000
LOOSE_FACTOR = 10
"""What costs next to nothing (files of the page, health) may be asked so much more often."""
LOOSE_PATHS = frozenset({"/", "/health", "/healthz", "/metrics", "/favicon.ico"})
LOOSE_PREFIX = "/static/"


class Keeper:
    """One for the process. Raises ConfigError when the settings do not fit."""

    def __init__(self, settings: Settings, *, tls: bool = False) -> None:
        """`tls`: the port speaks it, so whoever comes over the network must."""
        self.settings = settings
        self.tls = tls
        self.allowed = _origins(settings.web.allow_origins)
        self.store = Store(settings.folder)
        self.failures = Failures()
        self.slow = asyncio.Semaphore(1)
        """One passphrase is compared at a time: each takes memory and a core."""
        self._strict = Buckets(settings.web.requests_per_minute)
        self._loose = Buckets(settings.web.requests_per_minute * LOOSE_FACTOR)
        self._tasks: set[asyncio.Task[None]] = set()
        self._noted: dict[str, int] = {}
        """When each was written down last, so that a disk that takes nothing is not asked all the time."""

    def wait_seconds(self, visitor: Visitor, path: str) -> float:
        """How long this one must wait; 0 when the request may go, and is counted."""
        loose = path in LOOSE_PATHS or path.startswith(LOOSE_PREFIX)
        return (self._loose if loose else self._strict).wait_seconds(visitor.counted_as, time.monotonic())

    async def change(self, how: Callable[[State], tuple[State, T]]) -> T:
        """As `Store.change`, without holding up the others."""
        return await asyncio.to_thread(self.store.change, how)

    def note_use(self, visitor: Visitor) -> bool:
        """Keep in mind that this one was here today; True when that was not known yet."""
        state, now = self.store.read(), wall()
        note = sessions.seen if visitor.kind == "session" else tokens.used
        if not visitor.id or not tokens.stale(self._noted.get(visitor.id, 0), now):
            return False
        if len(self._noted) >= MAX_NOTED:
            self._noted.clear()
        self._noted[visitor.id] = now
        if note(state, visitor.id, now) == state:
            return False
        task = asyncio.create_task(self._note(lambda current: (note(current, visitor.id, now), None)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _note(self, how: Callable[[State], tuple[State, None]]) -> None:
        try:
            await self.change(how)
        except ControlError as error:  # a full disk keeps nobody out
            LOG.warning("when somebody was here cannot be kept: %s", error.message)


def _origins(texts: tuple[str, ...]) -> tuple[origins.Origin, ...]:
    found = [origins.origin(text.rstrip("/")) for text in texts]
    for text, each in zip(texts, found, strict=True):
        if each is None:
            raise ConfigError(
                f"web.allow_origins: {text[:80]!r} is no origin", 'such as "https://example.org"'
            )
    return tuple(each for each in found if each is not None)
