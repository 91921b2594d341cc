"""The home through Home Assistant: what it shows to voice assistants, and deeds through its services.

Everything is read anew after each connection and whenever rooms, devices, names, exposure or services change;
the states of what is shown are followed. Nothing here raises for what Home Assistant sends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from appliance.config.model import Home, HomeAssistant
from appliance.home import guard
from appliance.home.deeds import DeedResult
from appliance.home.entities import House
from appliance.home.hass import address as addresses
from appliance.home.hass import deed as deeds
from appliance.home.hass import model, services
from appliance.home.hass.deed import Verdict, Watch
from appliance.home.hass.follower import Follower
from appliance.home.hass.model import Known, Model
from appliance.home.hass.states import UNAVAILABLE, UNKNOWN, Changes, State
from appliance.mqtt.address import Connection
from appliance.tasks import begin, end
from appliance.wire.messages import Deed

LOG = logging.getLogger(__name__)
STATE_SECONDS = 0.05
"""Several new states within it are told as one."""
GENERAL = "homeassistant"
"""Domain of services that every kind of entity has."""


class HassHome:
    """Home Assistant's part of the home. Used in one event loop."""

    def __init__(
        self,
        settings: HomeAssistant,
        home: Home,
        *,
        on_change: Callable[[], None],
        on_state: Callable[[], None] | None = None,
        language: str = "en",
        own_prefix: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_change`: other entities, names or areas; `on_state`: other states.

        `own_prefix` begins the unique ids of what this appliance announces itself: that is never shown.
        """
        self._settings = settings
        self._home = home
        self._on_change = on_change
        self._on_state = on_state or _nothing
        self._language = language
        self._clock = clock
        self._watches: dict[str, set[Watch]] = {}
        self._task: asyncio.Task[None] | None = None
        self._state_timer: asyncio.TimerHandle | None = None
        self._tried = asyncio.Event()
        self._shape: object = None
        self._house: House | None = None
        """As it was shown last, until something changes."""
        self.faults: Counter[str] = Counter()
        """What could not be used, by kind of fault."""
        self._follower = Follower(
            settings,
            own_prefix,
            on_connection=self._connection_changed,
            on_model=self._model_changed,
            on_states=self._states_changed,
            fault=self._fault,
        )

    # --- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect, and go on connecting until stopped."""
        addresses.warn_of_readers(self._settings)
        self._task = begin(self._follower.run(), "home assistant")
        self._task.add_done_callback(_say_why_it_ended)

    async def stop(self) -> None:
        """Close the connection and wait for its end."""
        if self._state_timer:
            self._state_timer.cancel()
        await end(self._task)
        self._task = None

    async def settle(self, limit_seconds: float) -> bool:
        """Wait until everything was read once, or it is clear that it cannot be; False when it was not."""
        try:
            async with asyncio.timeout(limit_seconds):
                await self._tried.wait()
        except TimeoutError:
            return False
        return self.connection.connected

    @property
    def connection(self) -> Connection:
        """Connected means that everything was read; else reason and hint are sentences for a person."""
        return self._follower.connection

    @property
    def model(self) -> Model:
        """What Home Assistant has, without states; the last that was learned while it is away."""
        return self._follower.model

    def house(self) -> House:
        """Everything shown, with its state now. Without Home Assistant everything is unavailable."""
        if self._house is None:
            connected, states = self.connection.connected, self._follower.states.all()
            self._house = model.house(self.model, states, connected, "home", self._language)
        return self._house

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        connection = self.connection
        return {
            "connected": connection.connected,
            "problem": connection.reason,
            "hint": connection.hint,
            "version": self._follower.version,
            "entities": len(self),
            "faults": dict(self.faults),
        }

    def __len__(self) -> int:
        return len(self.model.known)

    # --- deeds --------------------------------------------------------------------------------------------

    async def perform(
        self, deed: Deed, deadline_seconds: float | None = None, granted: Collection[str] = ()
    ) -> list[DeedResult]:
        """Do it on each of its entities and wait for their own word. Never raises; one result each.

        `granted`: entities whose guard somebody who may has lifted, this once.
        """
        seconds = self._home.deed_deadline_seconds if deadline_seconds is None else deadline_seconds
        wanted = dict.fromkeys(deed.entity_id)
        lifted = {*self._home.unguarded, *granted}
        doing = (self._perform(deed, entity_id, seconds, lifted) for entity_id in wanted)
        return list(await asyncio.gather(*doing))

    async def _perform(
        self, deed: Deed, entity_id: str, seconds: float, unguarded: Collection[str]
    ) -> DeedResult:
        started = self._clock()
        known, state = self.model.known.get(entity_id), self._follower.states.get(entity_id)
        if known is None or state is None:
            reason = f"there is no {entity_id} here"
            return DeedResult(entity_id, entity_id, done=False, outcome="unknown", reason=reason)
        before = state.state if self.connection.connected else UNAVAILABLE
        verdict = await self._do(deed, known, state, seconds, unguarded)
        name = model.name_of(known, state)
        after = self._follower.states.get(entity_id)
        return DeedResult(
            entity_id=entity_id,
            name=name,
            done=verdict.outcome in {"done", "already", "sent"},
            outcome=verdict.outcome,
            confirmed=verdict.confirmed,
            reason=f"{name} {verdict.reason}" if verdict.reason else "",
            ms=(self._clock() - started) * 1000,
            before=before,
            after=after.state if after and self.connection.connected else UNKNOWN,
        )

    async def _do(
        self, deed: Deed, known: Known, state: State, seconds: float, unguarded: Collection[str]
    ) -> Verdict:
        session = self._follower.session
        if session is None or not self.connection.connected:
            return Verdict("no broker", reason=deeds.UNREACHABLE)
        if state.state == UNAVAILABLE:
            return Verdict("unavailable", reason="is not available")
        if deed.domain not in {known.domain, GENERAL}:
            return Verdict("refused", reason=f"is no {deed.domain.replace('_', ' ')}")
        guarded = guard.refusal(
            known.id,
            known.domain,
            state.attributes,
            deed.service,
            deed.data,
            unguarded=unguarded,
        )
        if guarded:
            return Verdict("refused", reason=guarded)
        if (deed.domain, deed.service) not in self._follower.services:
            return Verdict("refused", reason=f"cannot {deed.service.replace('_', ' ')}")
        watch = Watch(services.goal(known.domain, deed.service, deed.data, state), state)
        watches = self._watches.setdefault(known.id, set())
        watches.add(watch)
        try:
            return await deeds.call(session, deed, known.id, watch, seconds)
        finally:
            watches.discard(watch)
            if not watches:
                self._watches.pop(known.id, None)

    # --- what the follower says -----------------------------------------------------------------------------

    def _connection_changed(self, connection: Connection) -> None:
        self._tried.set()
        if not connection.connected:
            for watches in self._watches.values():
                for watch in watches:
                    watch.lose()
        self._state_changed()

    def _model_changed(self) -> None:
        """Tell it when it is another house; a second reading often brings nothing new."""
        self._house = None
        states = self._follower.states
        names = {
            key: model.name_of(known, state)
            for key, known in self.model.known.items()
            if (state := states.get(key)) is not None
        }
        shape = (self.model, names)
        if shape != self._shape:
            self._shape = shape
            LOG.info("home: %d entities of Home Assistant", len(names))
            self._on_change()

    def _states_changed(self, changes: Changes) -> None:
        for entity_id in changes.changed:
            for watch in tuple(self._watches.get(entity_id, ())):
                watch.look(self._follower.states.get(entity_id))
        if changes.other_house:
            self._model_changed()
        if changes.changed:
            self._state_changed()

    def _state_changed(self) -> None:
        self._house = None
        if self._state_timer is None:
            loop = asyncio.get_running_loop()
            self._state_timer = loop.call_later(STATE_SECONDS, self._tell_state)

    def _tell_state(self) -> None:
        self._state_timer = None
        self._on_state()

    def _fault(self, kind: str, reason: str) -> None:
        self.faults[kind] += 1
        if self.faults[kind] == 1:
            LOG.warning("home: Home Assistant: %s (more of this kind are only counted)", reason)


def _say_why_it_ended(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        LOG.error("home: Home Assistant is no longer followed; restart the appliance", exc_info=error)


def _nothing() -> None:
    """Nobody wants to hear of states."""
