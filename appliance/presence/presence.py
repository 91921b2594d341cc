"""The appliance in Home Assistant: announces itself, says its states, does what its controls ask.

Runs in the supervisor's loop, next to the turns; what it does there is bounded and never blocks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance.errors import ApplianceError, HomeError
from appliance.mqtt.address import Connection
from appliance.mqtt.exchange import Exchange
from appliance.presence import announcing, commands, following, remembered, showing, states
from appliance.presence.announcing import Device
from appliance.presence.asking import Asking, Value
from appliance.presence.entities import (
    DEFAULT_PREFIX,
    HAPPENED,
    STATE,
    Entity,
    Topics,
    node_id,
    satellite_node,
)
from appliance.presence.leaving import MAX_FOUND, own_announcements, publish, state_topics
from appliance.presence.panel import LOCAL, Facts, Health, Panel
from appliance.presence.sending import States
from appliance.tasks import begin, end
from appliance.wire.notes import Note

LOG = logging.getLogger(__name__)
SAMPLE_SECONDS = 15.0
BIRTH_SPREAD_SECONDS = 2.0
"""A started Home Assistant hears from everyone at a random moment within it, not at once."""
SETTLE_SECONDS = 0.5
"""For retained announcements to arrive after subscribing."""


class Presence:
    """See the module. `start`, then `stop`; made and used in one event loop."""

    def __init__(
        self,
        client: Exchange,
        panel: Panel,
        client_id: str,
        status_topic: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        sample_seconds: float = SAMPLE_SECONDS,
    ) -> None:
        """`status_topic` is the one of the client's will message."""
        self._client = client
        self._panel = panel
        self._clock = clock
        self._chance = chance
        self._sample_seconds = sample_seconds
        self._status_topic = status_topic
        config = panel.config
        self._file = remembered.path_of(Path(config.paths.data))
        self._prefix = config.home.discovery_prefix
        self._topics = Topics(getattr(config.mqtt, "prefix", DEFAULT_PREFIX), node_id(client_id))
        self._facts = Facts()
        self._health = Health()
        self._states = States()
        self._turns = following.Turns()
        self._asking = Asking(
            client, self._topics, find=self._find, obey=self._obey, told=self._again, clock=clock
        )
        self._devices: dict[str, Device] = {}
        self._announced: remembered.Announced = {}
        self._found: remembered.Announced = {}
        self._payloads: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._announce_at: float | None = None
        self._facts_due = True
        self._sample_at = clock()
        self._tasks: list[asyncio.Task[None]] = []
        self._withdrawn = False

    # --- what others use ------------------------------------------------------------------------------------

    @property
    def node(self) -> str:
        """Our part of discovery topics and unique ids."""
        return self._topics.node

    @property
    def faults(self) -> dict[str, int]:
        """Commands that were refused, by kind."""
        return dict(self._asking.faults)

    def start(self) -> None:
        """Begin; announcements follow as soon as there is a connection."""
        self._announced = remembered.read(self._file)
        self._client.on_connection(self._connection)
        self._asking.start()
        self._client.subscribe(f"{self._prefix}/status", self._birth)
        for topic_filter in own_announcements(self._prefix, self.node):
            self._client.subscribe(topic_filter, self._retained)
        self._tasks = [
            begin(self._live(), "presence"),
            begin(self._asking.run(), "presence commands"),
        ]
        self._connection(self._client.connection)

    async def stop(self) -> None:
        """Say nothing more. What is announced stays: the will message makes it unavailable."""
        if not self._tasks:
            return
        await end(*self._tasks)
        self._tasks = []
        self._asking.stop()
        self._client.unsubscribe(f"{self._prefix}/status", self._birth)
        for topic_filter in own_announcements(self._prefix, self.node):
            self._client.unsubscribe(topic_filter, self._retained)

    def changed(self, *, facts: bool = False) -> None:
        """Something that is shown changed; with `facts` perhaps also which entities there are."""
        self._facts_due |= facts
        self._wake.set()

    def note(self, note: Note) -> None:
        """One note of a turn, from `Trace.watch`."""
        for told in self._turns.take(note):
            match told:
                case following.Event(site, object_id, kind, more):
                    self._happened(site, object_id, kind, **more)
                case following.Last(site, object_id, value):
                    self._last(site, object_id, value)
                case following.Words(site, heard, answer) if site == LOCAL:
                    self._words(heard, answer)
        self._wake.set()

    def button(self, site: str, button: str, action: str) -> None:
        """A button was used, of a satellite or of the appliance itself."""
        self._happened(site, "button", action, button=button)

    def timer_finished(self, name: str) -> None:
        """A timer ran out."""
        self._happened(LOCAL, "timer", "finished", name=name)

    def announced(self) -> remembered.Announced:
        """Discovery topic → object id → component of everything that is announced."""
        return {topic: dict(components) for topic, components in self._announced.items()}

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
        """What is added to the table that `ControlServer` serves."""
        return {"home_assistant_remove": self._remove}

    async def _remove(self, request: dict[str, Any]) -> dict[str, Any]:
        del request
        topics = len({**self._found, **self._announced})
        if not await self.withdraw():
            raise HomeError("the broker did not hear all of it", "try again when it is connected")
        return {"topics": topics}

    async def withdraw(self) -> bool:
        """Leave Home Assistant, without a trace on the broker; False when the broker did not hear all of it.

        Nothing is announced again before the next start; `home.discovery_form = "none"` keeps it so.
        """
        self._withdrawn, self._announce_at = True, None
        former = {**self._found, **self._announced}
        topics = [*former, *(topic for topic in self._payloads if topic not in former)]
        gone = state_topics(self._topics, announcing.identities(former))
        topics += sorted({*self._states.forget(""), *gone})
        if not await publish(self._client, [announcing.Post(topic, b"") for topic in topics]):
            return False
        self._announced, self._found, self._payloads = {}, {}, {}
        await asyncio.to_thread(remembered.write, self._file, {})
        return True

    # --- from the broker ------------------------------------------------------------------------------------

    def _connection(self, connection: Connection) -> None:
        if connection.connected and not self._withdrawn:
            self._announce_at = self._clock() + SETTLE_SECONDS
            self._wake.set()

    def _birth(self, topic: str, payload: bytes, retained: bool) -> None:
        """Home Assistant started: it wants to hear everything again."""
        del topic
        if payload == b"online" and not retained and not self._withdrawn:
            self._announce_at = self._clock() + self._chance() * BIRTH_SPREAD_SECONDS
            self._wake.set()

    def _retained(self, topic: str, payload: bytes, retained: bool) -> None:
        """What the broker still keeps of a former life."""
        if not retained or topic in self._payloads or len(self._found) >= MAX_FOUND:
            return
        if announcing.is_ours(self._prefix, self.node, topic, payload):
            self._found[topic] = announcing.found_components(topic, payload)

    # --- commands -------------------------------------------------------------------------------------------

    def _find(self, node: str) -> Device | None:
        return self._devices.get(node)

    def _again(self, topic: str) -> None:
        self._states.again(topic)
        self.changed()

    async def _obey(self, satellite: str, entity: Entity, value: Value) -> None:
        if satellite and entity.object_id == "volume":
            self._panel.volume(satellite, float(value) / 100)
            return
        wanted = commands.meaning(entity.object_id, value, self._panel.config, self._facts)
        if isinstance(wanted, commands.Choose):
            await self._panel.choose(wanted.changes)
            self._facts_due = True
            return
        if wanted.what == "mute" and not satellite:
            await self._panel.choose({"audio.muted": value})
        self._do(satellite or LOCAL, wanted)

    def _do(self, site: str, wanted: commands.Do) -> None:
        text = str(wanted.value)
        match wanted.what:
            case "mute":
                self._panel.mute(site, bool(wanted.value))
            case "stop":
                self._panel.hush(site)
            case "restart":
                self._panel.restart()
            case "update":
                self._panel.install()
            case "say":
                self._panel.say(site, text)
            case "announce":
                self._panel.announce(text)
            case "ask":
                self._panel.ask(text)

    # --- what happened --------------------------------------------------------------------------------------

    def _device(self, site: str) -> Device | None:
        return self._devices.get(self.node if site == LOCAL else satellite_node(self.node, site))

    def _happened(self, site: str, object_id: str, kind: str, **more: object) -> None:
        """An event: said at once, or not at all."""
        device = self._device(site)
        entity = device.entity(object_id) if device is not None else None
        if device is None or entity is None:
            return
        if kind not in entity.options:
            if object_id != "wake":
                return
            more, kind = {**more, "word": kind}, entity.options[0]
        self._say_once(device.topics.state(object_id), {"event_type": kind, **more})

    def _last(self, site: str, object_id: str, value: str) -> None:
        device = self._device(site)
        if device is not None and not self._withdrawn and device.entity(object_id) is not None:
            self._states.put(device.topics.state(object_id), states.shortened(value), STATE)

    def _words(self, heard: str, answer: str) -> None:
        if not self._panel.config.home.show_words or self.node not in self._devices:
            return
        self._say_once(self._topics.attributes("last_intent"), {"heard": heard, "answer": answer})
        if answer:
            self._say_once(self._topics.state("answer"), states.shortened(answer))

    def _say_once(self, topic: str, said: dict[str, object] | str) -> None:
        if self._client.connected and not self._withdrawn:
            payload = said if isinstance(said, str) else msgspec.json.encode(said)
            self._client.post(topic, payload, HAPPENED.qos, retain=HAPPENED.retain)

    # --- the loop -------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            later = self._sample_seconds
            try:
                later = await self._once()
            except ApplianceError as error:
                LOG.warning("Home Assistant's side: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, later)):
                    await self._wake.wait()

    async def _once(self) -> float:
        """Do what is due; seconds until something is due again."""
        self._wake.clear()
        now = self._clock()
        if now >= self._sample_at:
            self._sample_at = now + self._sample_seconds
            self._health = await self._panel.measure()
        if self._facts_due:
            self._facts_due = False
            self._facts = await self._panel.facts()
        self._look()
        if self._withdrawn or not self._client.connected:
            return self._sample_at - now
        if self._announce_at is None:
            await self._announce(everything=False)
        elif now >= self._announce_at:
            self._announce_at = None
            await self._announce(everything=True)
            self._states.again()
        if self._announce_at is not None:
            return min(self._announce_at, self._sample_at) - now
        due, next_at = self._states.due(now)
        for topic, payload, sending in due:
            self._client.post(topic, payload, sending.qos, retain=sending.retain)
        return min(self._sample_at, self._sample_at if next_at is None else next_at) - now

    def _look(self) -> None:
        """Read the panel: which devices there are, and what they say."""
        panel, status = self._panel, self._status_topic
        own = showing.own_device(panel, self._facts, self._topics, status)
        lines = [*showing.own_lines(panel, self._facts, self._health, own)]
        devices = [own]
        for view in panel.satellites():
            device = showing.satellite_device(panel, view, self._topics, status)
            devices.append(device)
            lines += showing.satellite_lines(panel, view, device)
        self._devices = {device.node: device for device in devices}
        for line in lines if not self._withdrawn else ():
            self._states.put(line.topic, line.payload, line.sending)

    # --- announcing -----------------------------------------------------------------------------------------

    async def _announce(self, *, everything: bool) -> None:
        """Announce what is new or changed, or everything; take back what is gone."""
        payloads, announced = self._wanted()
        former = {**self._found, **self._announced}
        if not everything and payloads == self._payloads and former.keys() <= payloads.keys():
            return
        posts = announcing.posts(payloads, announced, former)
        if not everything:
            posts = [post for post in posts if self._payloads.get(post.topic) != post.payload]
        gone = announcing.identities(former) - announcing.identities(announced)
        empty = state_topics(self._topics, gone, self._devices)
        for topic in empty:
            self._states.forget(topic)
        cleared = [announcing.Post(topic, b"") for topic in empty]
        if announced != former:
            # Remembered first: what a power cut leaves on the broker can then be taken back.
            await asyncio.to_thread(remembered.write, self._file, {**former, **announced})
        if not await publish(self._client, [*posts, *cleared]):
            return  # the connection ended: all of it again with the next one
        if announced != former:
            await asyncio.to_thread(remembered.write, self._file, announced)
        self._payloads, self._announced, self._found = payloads, announced, {}

    def _wanted(self) -> tuple[dict[str, bytes], remembered.Announced]:
        form = self._panel.config.home.discovery_form
        payloads: dict[str, bytes] = {}
        announced: remembered.Announced = {}
        for device in self._devices.values():
            if form != "none":
                payloads |= announcing.messages(self._prefix, form, device, self._facts.version)
                announced |= announcing.announced(self._prefix, form, device)
        return payloads, announced
