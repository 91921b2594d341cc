"""The devices that announce themselves on the broker: entities, their states, and deeds on them.

A deed is done when the device's own state topic says so. Nothing here raises for what a device sends: faults
are counted by kind, and the first of each kind is logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from appliance.config.model import Home
from appliance.home import actions, guard
from appliance.home.deeds import DeedResult, Outcome, Watch
from appliance.home.entities import House
from appliance.home.live import Live
from appliance.home.mqtt_devices_view import HouseView
from appliance.home.registry import Registry
from appliance.home.templates import TemplateFault, compiled
from appliance.mqtt import discovery, topics
from appliance.mqtt.address import Connection
from appliance.mqtt.announced import Announced, Announcement, Problem
from appliance.mqtt.client import MqttClient
from appliance.mqtt.outbox import Sent
from appliance.wire.messages import Deed

LOG = logging.getLogger(__name__)
MAX_TOPICS_LISTENED = 20_000
STATE_SECONDS = 0.05
"""Several reports within it are told as one."""
UNDERWAY = frozenset({"opening", "closing", "locking", "unlocking", "arming", "disarming", "pending"})
"""States that are no end: whoever is in one of them at the deadline has not refused."""
LONGEST_SETTLES = 8
"""Announcements that never pause are told after so many settle times."""


class MqttDevices:
    """All entities of the broker. Used in one event loop."""

    def __init__(
        self,
        client: MqttClient,
        home: Home,
        *,
        on_change: Callable[[], None],
        on_state: Callable[[], None] | None = None,
        language: str = "en",
        max_payload_bytes: int = 262_144,
        is_own: Callable[[str, bytes], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_change`: other entities, names or areas (after a quiet moment); `on_state`: other states.

        `is_own` tells from topic and payload what we announced ourselves: we are no device of the house.
        """
        self._client = client
        self._home = home
        self._on_change = on_change
        self._on_state = on_state or _nothing
        self._max_payload_bytes = max_payload_bytes
        self._is_own = is_own
        self._clock = clock
        self._registry = Registry(home.max_entities)
        self._view = HouseView("home", language)
        self._live: dict[str, Live] = {}
        self._listening: dict[str, tuple[Live, ...]] = {}
        self._watches: dict[str, set[Watch]] = {}
        self._change_timer: asyncio.TimerHandle | None = None
        self._state_timer: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()
        self._other = False
        self._unsettled_since = 0.0
        self.faults: Counter[str] = Counter()
        """What could not be used, by kind of fault."""

    # --- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen for announcements."""
        for topic_filter in topics.discovery_filters(self._home.discovery_prefix):
            self._client.subscribe(topic_filter, self._announced)
        self._client.on_connection(self._connection)
        if self._client.connected:
            self._connection(self._client.connection)

    def stop(self) -> None:
        """Listen no more."""
        for timer in (self._change_timer, self._state_timer):
            if timer:
                timer.cancel()
        for topic_filter in topics.discovery_filters(self._home.discovery_prefix):
            self._client.unsubscribe(topic_filter, self._announced)
        for topic in list(self._listening):
            self._client.unsubscribe(topic, self._state)
        self._listening.clear()

    async def settle(self, limit_seconds: float) -> bool:
        """Wait for the first quiet moment after announcements; False when there was none by then."""
        try:
            async with asyncio.timeout(limit_seconds):
                await self._settled.wait()
        except TimeoutError:
            return False
        return True

    def house(self) -> House:
        """Everything there is, with its state now. Without a broker everything is unavailable."""
        now, reachable = self._clock(), self._client.connected
        return self._view.house(self._ids(), self._live, now, reachable=reachable)

    def announced(self) -> Mapping[str, Announced]:
        """What stands behind each entity id."""
        return self._ids()

    def __len__(self) -> int:
        return len(self._registry)

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
        entity = self._ids().get(entity_id)
        if entity is None:
            reason = f"there is no {entity_id} here"
            return DeedResult(entity_id, entity_id, done=False, outcome="unknown", reason=reason)
        live = self._live[entity.key]
        before = live.state(started)
        outcome, confirmed, reason = await self._do(
            deed, entity_id, entity, live, started + seconds, unguarded=unguarded
        )
        now = self._clock()
        return DeedResult(
            entity_id=entity_id,
            name=entity.name,
            done=outcome in {"done", "already", "sent"},
            outcome=outcome,
            confirmed=confirmed,
            reason=f"{entity.name} {reason}" if reason else "",
            ms=(now - started) * 1000,
            before=before,
            after=live.state(now),
        )

    async def _do(
        self,
        deed: Deed,
        entity_id: str,
        entity: Announced,
        live: Live,
        deadline: float,
        *,
        unguarded: Collection[str],
    ) -> tuple[Outcome, bool, str]:
        """Outcome, whether the device confirmed it, and what to say after its name."""
        shown = live.shown(self._clock())
        known = {**live.values, "state": shown.state}
        refused = guard.refusal(
            entity_id,
            entity.component,
            shown.attributes,
            deed.service,
            deed.data,
            unguarded=unguarded,
        )
        plan = actions.plan(entity, deed.domain, deed.service, deed.data, known)
        if refused or isinstance(plan, actions.Refusal):
            return "refused", False, plan.reason if isinstance(plan, actions.Refusal) else refused
        if self._client.connected and not live.available:
            return "unavailable", False, "is not available"
        try:
            payloads = [_payload(step, live) for step in plan.publishes]
        except TemplateFault as fault:
            return "refused", False, f"has a command template that fails: {fault}"
        watch = Watch(live, plan)
        watches = self._watches.setdefault(entity.key, set())
        watches.add(watch)
        try:
            return await self._send_and_wait(entity, payloads, watch, deadline)
        finally:
            watches.discard(watch)
            if not watches:
                self._watches.pop(entity.key, None)

    async def _send_and_wait(
        self,
        entity: Announced,
        payloads: list[tuple[str, str]],
        watch: Watch,
        deadline: float,
    ) -> tuple[Outcome, bool, str]:
        plan, live = watch.plan, watch.live
        for number, (topic, payload) in enumerate(payloads):
            left = max(0.001, deadline - self._clock())
            sent = await self._client.publish(
                topic, payload, entity.qos, retain=entity.retain, expires_seconds=left
            )
            if sent in {Sent.EXPIRED, Sent.DROPPED, Sent.REPLACED}:
                return _unsent(number)
            if sent is Sent.UNCERTAIN and not plan.wanted:
                return "uncertain", False, "may have done it: the connection to the broker was lost"
        assumed = {name: actions.value_of(wish) for name, wish in plan.assumed.items()}
        if assumed and live.assume(assumed):
            self._view.changed(entity.key)
            self._state_changed()
        if not plan.wanted:
            return "sent", False, "was told, but it does not report its state" if plan.changes else ""
        left = deadline - self._clock()
        await watch.wait(min(left, self._home.already_seconds) if watch.already else left)
        return self._judge(entity, live, watch)

    def _judge(self, entity: Announced, live: Live, watch: Watch) -> tuple[Outcome, bool, str]:
        if watch.confirmed:
            return "done", True, ""
        if watch.failed:
            return "silent", False, f"says that it could not: {watch.failed}"
        if not live.available:
            return "unavailable", False, "is not available"
        if not self._client.connected:
            return "uncertain", False, "may have done it: the connection to the broker was lost"
        if watch.already and watch.fulfilled:
            return "already", True, ""
        if entity.options.get("optimistic"):
            return "sent", False, "was told, but it did not report its state"
        state = live.values.get("state")
        if state in UNDERWAY:
            return "uncertain", False, f"is still {state}"
        return "silent", False, "did not answer"

    # --- what comes in --------------------------------------------------------------------------------------

    def _announced(self, topic: str, payload: bytes, retained: bool) -> None:
        del retained
        if self._is_own is not None and self._is_own(topic, payload):
            return
        prefix, limit = self._home.discovery_prefix, self._max_payload_bytes
        announcement = discovery.parse(prefix, topic, payload, limit)
        usable, made, refused = self._with_templates(announcement)
        change = self._registry.apply(usable)
        for problem in (*refused, *change.problems):
            self._fault(problem.kind, problem.topic, problem.reason)
        older = {entity.key: self._forget(entity) for entity in change.removed}
        for entity in change.added:
            self._remember(made[entity.key], older.get(entity.key))
        if change.anything:
            self._view.other()
            self._changed()
            self._state_changed()  # who asks before it is quiet again shall be understood by the new names

    def _with_templates(
        self, announcement: Announcement
    ) -> tuple[Announcement, dict[str, Live], list[Problem]]:
        """Without the entities whose templates are refused."""
        refused: list[Problem] = []
        made: dict[str, Live] = {}
        for entity in announcement.entities:
            try:
                made[entity.key] = Live(entity)
            except TemplateFault as fault:
                refused.append(Problem("value", announcement.topic, str(fault)))
        usable = tuple(live.announced for live in made.values())
        return Announcement(announcement.topic, usable, announcement.problems), made, refused

    def _remember(self, live: Live, older: Live | None) -> None:
        entity = live.announced
        self._live[entity.key] = live
        if older is not None and older.announced.component == entity.component:
            live.inherit(older)
        for topic in entity.topics():
            if topic not in self._listening and len(self._listening) >= MAX_TOPICS_LISTENED:
                self._fault("too many", topic, f"{MAX_TOPICS_LISTENED} topics are listened to already")
                continue
            self._listening[topic] = (*self._listening.get(topic, ()), live)
            self._client.subscribe(topic, self._state, entity.qos)

    def _forget(self, entity: Announced) -> Live | None:
        gone = self._live.pop(entity.key, None)
        for topic in entity.topics():
            listeners = self._listening.pop(topic, ())
            left = tuple(live for live in listeners if live is not gone)
            if left:
                self._listening[topic] = left
            elif listeners:
                self._client.unsubscribe(topic, self._state)
        return gone

    def _state(self, topic: str, payload: bytes, retained: bool) -> None:
        now, changed_any = self._clock(), False
        for live in self._listening.get(topic, ()):
            key = live.announced.key
            heard = live.take(topic, payload, now, retained)
            if heard.changed:
                changed_any = True
                self._view.changed(key)
            if heard.fault:
                self._fault("payload", topic, heard.fault)
            for watch in tuple(self._watches.get(key, ())):
                watch.heard(heard.said_state, retained)
        if changed_any:
            self._state_changed()

    def _connection(self, connection: Connection) -> None:
        if connection.connected and self._home.announce:
            self._client.post(f"{self._home.discovery_prefix}/status", "online")
        self._state_changed()
        if self._change_timer is None:
            self._settle_later()

    # --- telling others -------------------------------------------------------------------------------------

    def _ids(self) -> Mapping[str, Announced]:
        return self._registry.ids()

    def _changed(self) -> None:
        """Something was announced: wait for a quiet moment, but not for ever."""
        now = self._clock()
        self._other = True
        if self._change_timer is None:
            self._unsettled_since = now
        elif now - self._unsettled_since > LONGEST_SETTLES * self._home.settle_seconds:
            return
        self._settle_later()

    def _settle_later(self) -> None:
        if self._change_timer:
            self._change_timer.cancel()
        loop = asyncio.get_running_loop()
        self._change_timer = loop.call_later(self._home.settle_seconds, self._tell_change)

    def _tell_change(self) -> None:
        self._change_timer = None
        if self._client.connected:
            self._settled.set()
        if self._other:
            self._other = False
            LOG.info("home: %d entities", len(self._registry))
            self._on_change()

    def _state_changed(self) -> None:
        if self._state_timer is None:
            loop = asyncio.get_running_loop()
            self._state_timer = loop.call_later(STATE_SECONDS, self._tell_state)

    def _tell_state(self) -> None:
        self._state_timer = None
        self._on_state()

    def _fault(self, kind: str, topic: str, reason: str) -> None:
        self.faults[kind] += 1
        if self.faults[kind] == 1 and kind != "hidden":
            LOG.warning("home: %r: %s (more of this kind are only counted)", topic, reason)


def _payload(step: actions.Publish, live: Live) -> tuple[str, str]:
    """Topic and text of one command. Raises TemplateFault."""
    if not step.template:
        return step.topic, str(step.value)
    variables = {**live.variables(step.template), **step.variables}
    return step.topic, compiled(step.template)(step.value, variables)


def _unsent(before: int) -> tuple[Outcome, bool, str]:
    """Nothing went out, or only the beginning did."""
    if before:
        return "uncertain", False, "did only a part of it: the connection to the broker was lost"
    return "no broker", False, "cannot be reached: there is no connection to the broker"


def _nothing() -> None:
    """Nobody wants to hear of states."""
