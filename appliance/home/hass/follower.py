"""Keeps up with Home Assistant: connects for ever, reads everything, follows states, reads again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from appliance.config.model import HomeAssistant
from appliance.errors import HomeError
from appliance.home.hass import address as addresses
from appliance.home.hass import model, reading
from appliance.home.hass.model import Model
from appliance.home.hass.protocol import Malformed
from appliance.home.hass.session import Lost, Rejected, Session, TokenRefused, opened
from appliance.home.hass.states import Changes, States
from appliance.mqtt.address import Connection, backoff_seconds
from appliance.tasks import end

LOG = logging.getLogger(__name__)
RUNNING = "RUNNING"
STARTING_POLL_SECONDS = 1.0
STARTING_LIMIT_SECONDS = 300.0
"""A Home Assistant that never says that it runs is taken as it is."""
REREAD_SECONDS = 600.0
"""What entities without a registry entry are exposed is told by no event."""
LONGEST_SETTLES = 8
TOKEN_LOOK_SECONDS = 2.0
STEADY_SECONDS = 30.0
"""A connection that lasted so long starts the back-off from its beginning."""
REGISTRIES = (
    *(
        "area_registry_updated",
        "floor_registry_updated",
        "device_registry_updated",
        "entity_registry_updated",
    ),
    "core_config_updated",
)
SERVICES = ("service_registered", "service_removed")
CONNECTED = Connection(connected=True)
PASSING = (OSError, TimeoutError, Lost, Malformed)


class Follower:
    """The connection, and what is known through it. `run` until cancelled."""

    def __init__(
        self,
        settings: HomeAssistant,
        own_prefix: str,
        *,
        on_connection: Callable[[Connection], None],
        on_model: Callable[[], None],
        on_states: Callable[[Changes], None],
        fault: Callable[[str, str], None],
    ) -> None:
        self._settings = settings
        self._own_prefix = own_prefix
        self._on_connection = on_connection
        self._on_model = on_model
        self._on_states = on_states
        self._fault = fault
        self._dirty = asyncio.Event()
        self._services_are_stale = True
        self._view: View | None = None
        self._starting_since = 0.0
        self.connection = addresses.NEVER
        self.session: Session | None = None
        self.model = Model()
        self.states = States(settings.max_entities)
        self.services: frozenset[tuple[str, str]] = frozenset()
        self.version = ""

    # --- connecting -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep connected until cancelled."""
        failures = 0
        try:
            while True:
                started = time.monotonic()
                refused = await self._once()
                steady = time.monotonic() - started > STEADY_SECONDS
                failures = 1 if steady else failures + 1
                if refused:
                    await self._wait_for_another_token()
                else:
                    low, high = self._settings.reconnect_min_seconds, self._settings.reconnect_max_seconds
                    await asyncio.sleep(backoff_seconds(low, high, failures, random.random()))  # noqa: S311
        finally:
            self._set(addresses.STOPPED)

    async def _once(self) -> bool:
        """One connection from its beginning to its end; True when the token was refused."""
        try:
            address = await asyncio.to_thread(addresses.resolve, self._settings)
        except HomeError as error:
            self._set(Connection(False, error.message, error.hint))
            return False
        try:
            async with opened(address, self._settings, self._fault) as session:
                await self._serve(session)
            self._set(addresses.explain(address, None))
        except TokenRefused:
            self._set(addresses.refused(address))
            return True
        except HomeError as error:
            self._set(Connection(False, error.message, error.hint))
        except Rejected as error:
            # A command that is not there yet while it starts, or not at all in a version that is too old.
            hint = "is it still starting? 2024.4 is the oldest version that serves"
            self._set(Connection(False, f"Home Assistant at {address.where} refuses: {error}", hint))
        except PASSING as error:
            self._set(addresses.explain(address, error))
            LOG.debug("Home Assistant: %s: %s", type(error).__name__, error)
        finally:
            self.session = None
        return False

    async def _wait_for_another_token(self) -> None:
        """A long pause, or until the token's file is another one."""
        over = time.monotonic() + self._settings.refused_seconds
        before = await asyncio.to_thread(self._token_stamp)
        while time.monotonic() < over:
            await asyncio.sleep(min(TOKEN_LOOK_SECONDS, self._settings.refused_seconds))
            if await asyncio.to_thread(self._token_stamp) != before:
                return

    def _token_stamp(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            status = Path(self._settings.token_file).stat()
            return status.st_mtime_ns, status.st_size
        return None

    def _set(self, connection: Connection) -> None:
        if connection == self.connection:
            return
        if connection.reason != self.connection.reason and connection not in {addresses.STOPPED, CONNECTED}:
            LOG.warning("home: %s", connection.reason)
        self.connection = connection
        self._on_connection(connection)

    # --- following ------------------------------------------------------------------------------------------

    async def _serve(self, session: Session) -> None:
        """Until the connection ends. Raises Rejected, and what `PASSING` names."""
        self.session, self.version = session, session.version
        self._view, self._services_are_stale, self._starting_since = None, True, 0.0
        await session.say_features()
        for kind in (*REGISTRIES, *SERVICES):
            handler = partial(self._something_changed, kind in SERVICES)
            await session.subscribe("subscribe_events", {"event_type": kind}, handler)
        starting = await self._synchronise(session)
        self._set(CONNECTED)
        LOG.info("home: connected to Home Assistant %s", self.version)
        while not session.closed:
            await self._next_reason(session, STARTING_POLL_SECONDS if starting else REREAD_SECONDS)
            if not session.closed:
                starting = await self._synchronise(session)

    async def _next_reason(self, session: Session, seconds: float) -> None:
        """Until something changed and no more does, or the time is over, or the connection is."""
        if not await _within(seconds, session.wait_closed(), self._dirty.wait()):
            return
        for _ in range(LONGEST_SETTLES):
            self._dirty.clear()
            settle = self._settings.settle_seconds
            if session.closed or not await _within(settle, session.wait_closed(), self._dirty.wait()):
                return

    def _something_changed(self, services: bool, event: msgspec.Raw) -> None:
        del event
        self._services_are_stale |= services
        self._dirty.set()

    async def _synchronise(self, session: Session) -> bool:
        """Read everything and follow the states of what is shown; True while Home Assistant still starts.

        Its lists are whole from the beginning, since they are on its disk; states and services come later.
        """
        self._dirty.clear()
        config = await reading.config(session)
        starting = config.state != RUNNING and self._patience()
        if self._services_are_stale or starting:
            self._services_are_stale = starting
            self.services = await reading.services(session)
        found = await reading.registries(session, config.unit_system.temperature, self._fault)
        self.model = model.build(found, self._settings.max_entities, self._own_prefix)
        if self.model.left_out:
            self._fault("too many", f"{self.model.left_out} entities are above home_assistant.max_entities")
        await self._look_at(session, frozenset(self.model.known), starting)
        self._on_model()
        return starting

    def _patience(self) -> bool:
        now = time.monotonic()
        self._starting_since = self._starting_since or now
        return now - self._starting_since < STARTING_LIMIT_SECONDS

    async def _look_at(self, session: Session, wanted: frozenset[str], starting: bool) -> None:
        """Have the states of these entities, and of no others."""
        old = self._view
        if old is not None and old.wanted == wanted and not old.starting:
            return
        new = View(wanted, starting)
        if wanted:
            fields = {"entity_ids": sorted(wanted)}
            new.number = await session.subscribe("subscribe_entities", fields, partial(self._states, new))
            await _within(self._settings.answer_seconds, session.wait_closed(), new.began.wait())
            if not new.began.is_set():
                raise Lost("the states did not come")
        else:
            self._begin(new, States(self._settings.max_entities), Changes())
        if old is not None and old.number:
            await session.unsubscribe(old.number)

    def _states(self, view: View, raw: msgspec.Raw) -> None:
        """An event of a subscription; those of the one before count until the first of the new one."""
        try:
            if not view.began.is_set():
                fresh = States(self._settings.max_entities)
                changes = self._begin(view, fresh, fresh.take(raw, view.wanted))
            elif view is self._view:
                changes = self.states.take(raw, view.wanted)
            else:
                return
        except Malformed as error:
            self._fault("states", str(error))
            return
        if changes.misfits:
            self._fault("states", f"{changes.misfits} states cannot be read")
        self._on_states(changes)

    def _begin(self, view: View, fresh: States, taken: Changes) -> Changes:
        """The whole truth about what is shown, in place of what was known."""
        old = self.states
        if view.starting:
            fresh.fill_from(old, view.wanted)
        self.states, self._view = fresh, view
        view.began.set()
        return old.difference(fresh, taken.misfits)


class View:
    """One subscription to states."""

    def __init__(self, wanted: frozenset[str], starting: bool) -> None:
        self.wanted = wanted
        self.starting = starting
        """Made while Home Assistant started: what it did not have yet is shown as unavailable."""
        self.number = 0
        self.began = asyncio.Event()


async def _within(seconds: float, *waits: Coroutine[Any, Any, object]) -> bool:
    """Did one of them end within the time?"""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        await end(*tasks)
