"""The hub's side of the satellite protocol: between the broker and the pipeline's places.

The name in the topic is who a satellite is; nothing that a payload says changes that.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.config.model import Config
from appliance.errors import Malformed
from appliance.mqtt.address import Connection
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.places import LOCAL, PlaceRefused, Places
from appliance.satellites import protocol
from appliance.satellites.flow import Faults
from appliance.satellites.hub_gate import Gate
from appliance.satellites.hub_output import Wiring
from appliance.satellites.hub_satellite import Satellite
from appliance.satellites.hub_view import SatelliteInfo, describe
from appliance.satellites.protocol_audio import Chunk
from appliance.tasks import begin, end

LOG = logging.getLogger(__name__)
DEFAULT_PREFIX = "appliance"
LOOK_SECONDS = 1.0
ALIVE_SECONDS = 20.0
"""How often each satellite hears that the hub is there."""
GOODBYE_SECONDS = 0.5
MAX_REFUSED = 64
"""Names beyond `satellites.max_count` that are told why."""
OFFLINE = b"offline"
INTRODUCTIONS = (protocol.Capabilities, protocol.Availability, protocol.Mute, protocol.Volume)
"""What is retained comes in any order when the hub starts."""

ButtonListener = Callable[[str, protocol.Button], None]


class SatelliteHub:
    """All satellites of our own protocol. `start`, then `stop`, in one event loop."""

    def __init__(
        self, client: Exchange, places: Places, config: Config, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._places = places
        self._config = config
        self._clock = clock
        self._prefix: str = getattr(config.mqtt, "prefix", DEFAULT_PREFIX)
        self._session = ""
        self._known: dict[str, Satellite] = {}
        self._refused: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._calls = 0
        self.faults = Faults()
        self._gate = Gate(lambda: self._config.satellites, self.faults, clock, self._overran)
        self.on_button: ButtonListener | None = None
        """Hears of every button of a satellite."""
        self.on_change: Callable[[str], None] | None = None
        """Hears the name of a satellite of which `satellites()` says something new."""
        self._wiring = Wiring(
            config=lambda: self._config,
            say=self._say,
            faults=self.faults,
            clock=clock,
            button=self._button,
            call=self.call,
            changed=self._changed,
        )

    # --- what others use ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen for satellites, unless `satellites.enabled` is off."""
        if not self._config.satellites.enabled:
            return
        self._session = secrets.token_hex(4)
        self._client.on_connection(self._connection)
        self._client.subscribe(self._filter, self._message, qos=1)
        self._task = begin(self._care(), "satellites")

    async def stop(self) -> None:
        """Say goodbye, and end what is under way; call it while the connection still runs."""
        if self._task is None:
            return
        await end(self._task)
        self._task = None
        there = [satellite for satellite in self._known.values() if satellite.online]
        for satellite in self._known.values():
            self._leave(satellite)
        if self._client.connected:
            await asyncio.gather(*(self._goodbye(satellite.name) for satellite in there))

    def reconfigure(self, config: Config) -> None:
        """Other limits from now on."""
        self._config = config
        self._gate.reset()

    def satellites(self) -> tuple[SatelliteInfo, ...]:
        """All that are known, by name; also those that are away."""
        return tuple(
            describe(self._known[name], self._gate.dropped(name), self.faults.of(name))
            for name in sorted(self._known)
        )

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        return {
            "connected": sum(1 for each in self._known.values() if each.place is not None),
            "satellites": [msgspec.to_builtins(info) for info in self.satellites()],
            "faults": self.faults.counts(),
        }

    def mute(self, name: str, muted: bool) -> bool:
        """Ask a satellite to close or open its microphone; it says itself when it did. False: it cannot."""
        satellite = self._known.get(name)
        able = satellite is not None and satellite.capabilities is not None and satellite.capabilities.mute
        if able:
            self._say(name, "mute", protocol.Mute(muted))
        return able

    def volume(self, name: str, level: float) -> bool:
        """Ask a satellite to play at this loudness, 0.0 to 1.0. False: it cannot."""
        satellite = self._known.get(name)
        if satellite is None or satellite.capabilities is None or not satellite.capabilities.volume:
            return False
        satellite.volume(level)
        return True

    def connect(self, one: str, other: str) -> bool:
        """Let two places hear each other, satellites or `local`; False when that is not possible."""
        if one == other or not self._places.connect(one, other):
            return False
        self._calls += 1
        for name, peer in ((one, other), (other, one)):
            satellite = self._known.get(name)
            if satellite is not None and satellite.place is not None:
                satellite.call_opened(peer, self._calls)
        return True

    def call(self, name: str, to: str) -> None:
        """A satellite wants to talk to another place, or to hang up ("")."""
        satellite = self._known.get(name)
        if satellite is None or satellite.place is None:
            return
        if not to:
            self._places.hang_up(name)
        elif not self.connect(name, to):
            satellite.call_refused(to, "the other room is busy, or not there")

    # --- from the broker ------------------------------------------------------------------------------------

    @property
    def _filter(self) -> str:
        return protocol.topic(self._prefix, "+", "up", "+")

    def _connection(self, connection: Connection) -> None:
        """Without a connection nobody hears us: every turn over there is over."""
        if not connection.connected:
            for satellite in self._known.values():
                satellite.online = False
                self._leave(satellite)

    def _message(self, topic: str, payload: bytes, retained: bool) -> None:
        if self._task is None:
            return
        parsed = protocol.parse_topic(self._prefix, "up", topic)
        if parsed is None or parsed[0] == LOCAL:
            self.faults.count("", "name", "a topic with a name that no satellite may have")
            return
        name, leaf = parsed
        leaving = leaf == "availability" and payload == OFFLINE
        if not (leaving or retained or self._gate.admit(name, len(payload), known=name in self._known)):
            return
        if not payload and leaf in protocol.LEAVES["up"] and protocol.LEAVES["up"][leaf].retain:
            if leaf == "capabilities":
                self._forget(name)
            return  # what was retained is taken back
        try:
            message = protocol.decode("up", leaf, payload)
        except Malformed as error:
            kind = "malformed" if leaf in protocol.LEAVES["up"] else "unknown topic"
            self.faults.count(name, kind, error.message)
            return
        satellite = self._satellite(name, message)
        if satellite is not None:
            self._receive(satellite, leaf, message, retained=retained)

    def _overran(self, name: str) -> None:
        if name in self._known:
            self._known[name].overran()

    def _satellite(self, name: str, message: protocol.Message | Chunk) -> Satellite | None:
        """Known, or new and let in; only what says who it is makes a satellite known."""
        known = self._known.get(name)
        if known is not None:
            return known
        if not isinstance(message, INTRODUCTIONS):
            self.faults.count(name, "stranger", "it speaks before it says what it is")
            return None
        if isinstance(message, protocol.Availability) and not message.online:
            return None
        if len(self._known) >= self._config.satellites.max_count and not self._make_room():
            self._refuse(name, f"{len(self._known)} satellites are known already (satellites.max_count)")
            return None
        satellite = self._known[name] = Satellite(name, self._wiring)
        return satellite

    def _make_room(self) -> bool:
        """Forget one that is away."""
        away = next(
            (each.name for each in self._known.values() if not each.online and each.capabilities), None
        )
        if away is not None:
            self._forget(away)
        return away is not None

    def _refuse(self, name: str, reason: str) -> None:
        if name not in self._refused and len(self._refused) < MAX_REFUSED:
            self._refused[name] = None
            self.faults.count(name, "refused", reason)
            self._greet(name, reason)

    def _receive(
        self, satellite: Satellite, leaf: str, message: protocol.Message | Chunk, *, retained: bool
    ) -> None:
        satellite.counters.received += 1
        match message:
            case protocol.Availability(online=online):
                self._availability(satellite, online, live=not retained)
            case protocol.Capabilities():
                self._capabilities(satellite, message)
            case _ if retained and not isinstance(message, protocol.Mute | protocol.Volume):
                self.faults.count(satellite.name, "retained", f"{leaf} must not be retained")
            case _:
                satellite.receive(leaf, message)

    # --- coming and going -----------------------------------------------------------------------------------

    def _availability(self, satellite: Satellite, online: bool, *, live: bool) -> None:
        satellite.online, satellite.away = online, not online
        if not online:
            self._leave(satellite)
        elif satellite.place is not None and live:
            satellite.renewed()
            self._greet(name=satellite.name, refused="")
            if satellite.search is not None:
                self._say(satellite.name, "search", satellite.search)
        else:
            self._join(satellite)

    def _capabilities(self, satellite: Satellite, capabilities: protocol.Capabilities) -> None:
        before, satellite.capabilities = satellite.capabilities, capabilities
        if satellite.place is None:
            self._join(satellite)
        elif before != capabilities:
            satellite.place.area = capabilities.area
            if not protocol.common_version(capabilities.protocol):
                self._leave(satellite)
                self._join(satellite)
                return
            if before is not None and before.detects != capabilities.detects:
                satellite.place.search(not capabilities.detects and capabilities.microphone)
            self._changed(satellite.name)

    def _join(self, satellite: Satellite) -> None:
        """Let it take part, once it is there and said what it is."""
        capabilities = satellite.capabilities
        if capabilities is None or not satellite.online or satellite.place is not None:
            return
        if not protocol.common_version(capabilities.protocol):
            satellite.refused = f"it speaks none of the versions {', '.join(map(str, protocol.VERSIONS))}"
        else:
            satellite.refused = self._add(satellite, capabilities)
        self._greet(satellite.name, satellite.refused)
        if satellite.refused:
            self.faults.count(satellite.name, "refused", satellite.refused)
        else:
            LOG.info("satellite %s is here", satellite.name)
        self._changed(satellite.name)

    def _add(self, satellite: Satellite, capabilities: protocol.Capabilities) -> str:
        """Why there is no place for it; empty when there is."""
        search = capabilities.microphone and not capabilities.detects
        try:
            place = self._places.add_place(satellite.name, satellite, capabilities.area, search)
        except PlaceRefused as error:
            return error.message
        satellite.joined(place)
        return ""

    def _leave(self, satellite: Satellite) -> None:
        if satellite.place is None:
            return
        satellite.left()
        self._places.remove_place(satellite.name)
        LOG.info("satellite %s is away", satellite.name)
        self._changed(satellite.name)

    def _forget(self, name: str) -> None:
        """It was taken away for good."""
        satellite = self._known.pop(name, None)
        self._gate.forget(name)
        self._refused.pop(name, None)
        self.faults.forget(name)
        if satellite is not None:
            self._leave(satellite)
            self._changed(name)

    async def _care(self) -> None:
        """Look after everyone for ever."""
        told_at = self._clock()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = self._clock()
            for satellite in tuple(self._known.values()):
                satellite.look(now, self._config.satellites.quiet_seconds)
            if now - told_at >= ALIVE_SECONDS:
                told_at = now
                for satellite in self._known.values():
                    if satellite.online:
                        self._greet(satellite.name, satellite.refused)

    # --- to the broker --------------------------------------------------------------------------------------

    def _greet(self, name: str, refused: str) -> None:
        reason = protocol.printable(refused, 300)
        satellite = self._known.get(name)
        offered = (
            satellite.capabilities.protocol if satellite and satellite.capabilities else protocol.VERSIONS
        )
        version = protocol.common_version(offered)
        self._say(name, "hub", protocol.Hub(True, version, self._session, not refused, reason))

    async def _goodbye(self, name: str) -> None:
        hub = protocol.Hub(False, protocol.VERSION, self._session)
        packet = protocol.packet(self._prefix, name, "down", "hub", hub)
        await self._client.publish(
            packet.topic, packet.payload, packet.qos, retain=packet.retain, expires_seconds=GOODBYE_SECONDS
        )

    def _say(self, name: str, leaf: str, message: protocol.Message | Chunk) -> None:
        """What nobody can hear is not kept for later, unless it is a state."""
        packet = protocol.packet(self._prefix, name, "down", leaf, message)
        if packet.retain or self._client.connected:
            self._client.post(packet.topic, packet.payload, packet.qos, retain=packet.retain)

    def _button(self, name: str, button: protocol.Button) -> None:
        if self.on_button is not None:
            self.on_button(name, button)

    def _changed(self, name: str) -> None:
        if self.on_change is not None:
            self.on_change(name)
