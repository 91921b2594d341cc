"""Commands as they come from the broker: counted, bounded, one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from appliance.errors import ApplianceError
from appliance.mqtt.exchange import Exchange
from appliance.presence import commands
from appliance.presence.announcing import Device
from appliance.presence.entities import Entity, Topics, satellite_node

LOG = logging.getLogger(__name__)
MAX_WAITING = 32
COMMANDS_PER_SECOND = 20.0
COMMAND_BURST = 40.0

Value = bool | float | str
Find = Callable[[str], Device | None]
"""From a node id to its device."""
Obey = Callable[[str, Entity, Value], Awaitable[None]]
"""Does it: satellite or "", entity, value. Raises ApplianceError."""
Told = Callable[[str], None]
"""Hears of a state topic whose true state must be said again."""


class Asking:
    """Listens on the command topics."""

    def __init__(
        self,
        client: Exchange,
        topics: Topics,
        *,
        find: Find,
        obey: Obey,
        told: Told,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._topics = topics
        self._find = find
        self._obey = obey
        self._told = told
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[str, str, bytes]] = asyncio.Queue(MAX_WAITING)
        self._allowance, self._allowed_at = COMMAND_BURST, clock()
        self.faults: dict[str, int] = {}
        """What was refused, by kind."""

    def start(self) -> None:
        """Listen."""
        self._client.subscribe(self._topics.commands, self._hear, qos=1)

    def stop(self) -> None:
        """Listen no more."""
        self._client.unsubscribe(self._topics.commands, self._hear)

    async def run(self) -> None:
        """Obey for ever."""
        while True:
            satellite, object_id, payload = await self._waiting.get()
            node = self._topics.node
            device = self._find(satellite_node(node, satellite) if satellite else node)
            entity = device.entity(object_id) if device is not None else None
            if device is None or entity is None or not entity.commanded:
                self._fault("unknown topic", "a command for an entity that there is not")
                continue
            try:
                await self._obey(satellite, entity, commands.value_of(entity, payload))
            except commands.Wrong as wrong:
                self._fault(f"wrong {object_id}", f"a command for {object_id} {wrong}")
            except ApplianceError as error:
                LOG.warning("%s could not be changed: %s", object_id, error)
            self._told(device.topics.state(object_id))

    def _hear(self, topic: str, payload: bytes, retained: bool) -> None:
        asked = self._topics.asked(topic)
        if retained:
            self._fault("retained", "a retained command is not obeyed: it would be again at every start")
        elif asked is None:
            self._fault("unknown topic", "a command topic that is none")
        elif not self._may():
            self._fault("too many", f"more than {COMMANDS_PER_SECOND:.0f} commands a second")
        elif self._waiting.full():
            self._fault("too many", f"{MAX_WAITING} commands wait already")
        else:
            self._waiting.put_nowait((*asked, payload[: commands.MAX_PAYLOAD_BYTES + 1]))

    def _may(self) -> bool:
        now = self._clock()
        earned = (now - self._allowed_at) * COMMANDS_PER_SECOND
        self._allowance, self._allowed_at = min(COMMAND_BURST, self._allowance + earned), now
        if self._allowance < 1.0:
            return False
        self._allowance -= 1.0
        return True

    def _fault(self, kind: str, reason: str) -> None:
        """Counted; said once per kind."""
        self.faults[kind] = self.faults.get(kind, 0) + 1
        if self.faults[kind] == 1:
            LOG.warning("Home Assistant's side: %s (told once, then counted)", reason)
