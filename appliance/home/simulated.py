"""A demonstration home: the entities of a house file as real MQTT devices, announced by discovery.

They obey commands and publish their own states, so everything that is true of devices on a broker is true of
them. For tests an entity may carry a fault in its attributes: `"fault": "silent"` (takes commands, does
nothing, says nothing), `"offline"` (says that it is not available) or `"slow"` (does it after
`"fault_seconds"`, 5 when not given).

    python -m appliance.home.simulated --config-file CONNECTION.json

`CONNECTION.json` (readable for its owner alone) holds `host`, `port`, `username`, `password`, `house` (a
path) and, if others than the usual, `prefix` and `topic`. It prints `ready` when everything is announced.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from appliance.config.model import Mqtt
from appliance.errors import ApplianceError, HomeError
from appliance.home import entities
from appliance.home.entities import House
from appliance.home.twins import KINDS, Twin, announcement
from appliance.mqtt.address import Address, Connection
from appliance.mqtt.client import MqttClient
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_FILE_BYTES = 16_384
MAX_COMMAND_BYTES = 1_024
CONNECT_SECONDS = 5.0
PR_SET_PDEATHSIG = 1
SETTINGS = Mqtt(reconnect_min_seconds=0.1, reconnect_max_seconds=2.0, max_waiting=20_000)


class ConnectionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file for `--config-file` holds."""

    host: str
    port: int
    username: str
    password: str
    house: str
    prefix: str = "homeassistant"
    topic: str = ""
    """Where its devices' own topics begin; empty is the user's name."""


class SimulatedHome:
    """A house on a broker. `start` and `stop` in one event loop."""

    def __init__(
        self,
        house: House,
        address: Address,
        *,
        prefix: str = "homeassistant",
        topic: str = "",
        settings: Mqtt = SETTINGS,
    ) -> None:
        """`topic` is where its devices' own topics begin; empty is the user's name."""
        self._house = house
        self._prefix = prefix
        self._topic = topic or address.username or "demo"
        self._status_topic = f"{self._topic}/status"
        self.client = MqttClient(
            settings, address, f"{self._topic}-home-{os.getpid()}", status_topic=self._status_topic
        )
        self._twins = {
            entity.id: Twin(entity, f"{self._topic}/{entity.id.replace('.', '_')}")
            for entity in house.entities
            if entity.domain in KINDS
        }
        self._by_base = {twin.base: twin for twin in self._twins.values()}
        self._running: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._announced = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()
        self.commands = 0
        """Commands that arrived, whether obeyed or not."""

    @property
    def not_simulated(self) -> tuple[str, ...]:
        """Entities of kinds that it does not know."""
        return tuple(entity.id for entity in self._house.entities if entity.id not in self._twins)

    async def start(self, seconds: float = CONNECT_SECONDS) -> None:
        """Connect and announce everything. Raises HomeError when the broker cannot be reached in that time.

        Even then it goes on trying until it is stopped.
        """
        for part in ("set", "+/set"):
            self.client.subscribe(f"{self._topic}/+/{part}", self._command, 1)
        self.client.subscribe(f"{self._prefix}/status", self._birth)
        self.client.on_connection(self._connection)
        self._running = asyncio.create_task(self.client.run())
        try:
            async with asyncio.timeout(seconds):
                await self._announced.wait()
        except TimeoutError:
            state = self.client.connection
            raise HomeError(f"the demonstration home: {state.reason}", state.hint) from None

    async def wait_announced(self) -> None:
        """Wait, for as long as it takes, until everything is announced."""
        await self._announced.wait()

    async def stop(self) -> None:
        """Leave; the broker tells everyone that it is gone."""
        for timer in self._timers:
            timer.cancel()
        await end(self._announcing, self._running)

    def change(self, entity_id: str, state: str, **attributes: int) -> None:
        """Something happened at the device itself: a door was opened, a switch was pressed by hand."""
        twin = self._twins[entity_id]
        twin.put("state", state)
        for name, value in attributes.items():
            twin.put(name, value)
        twin.state = state
        self._report(twin)

    def state(self, entity_id: str) -> str:
        """The true state of the device."""
        return self._twins[entity_id].state

    def remove(self, entity_id: str) -> None:
        """Take the announcement back, as a device does that is removed from its bridge."""
        twin = self._twins.pop(entity_id)
        del self._by_base[twin.base]
        self.client.post(self._discovery_topic(twin), b"", 1, retain=True)

    # --- inside ---------------------------------------------------------------------------------------------

    def _connection(self, connection: Connection) -> None:
        if connection.connected:
            self._announce_soon()

    def _birth(self, topic: str, payload: bytes, retained: bool) -> None:
        """Someone who understands discovery came up: the broker may have lost what it retained."""
        del topic
        if payload == b"online" and not retained and self._announced.is_set():
            self._announce_soon()

    def _announce_soon(self) -> None:
        # Always anew: what is under way may have begun on a connection that is gone.
        if self._announcing is not None:
            self._announcing.cancel()
        self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        waiting = [self._announce_one(twin) for twin in list(self._twins.values())]
        await asyncio.gather(*waiting)
        self._announced.set()

    async def _announce_one(self, twin: Twin) -> None:
        payload = announcement(self._house, twin.entity, twin.base, self._status_topic)
        for topic, said in twin.reports().items():
            self.client.post(topic, said, 1, retain=True)
        await self.client.publish(self._discovery_topic(twin), msgspec.json.encode(payload), 1, retain=True)

    def _discovery_topic(self, twin: Twin) -> str:
        name = twin.base.rpartition("/")[2]
        return f"{self._prefix}/{twin.entity.domain}/{self._topic}/{name}/config"

    def _command(self, topic: str, payload: bytes, retained: bool) -> None:
        base, _, what = topic.removeprefix(f"{self._topic}/").partition("/")
        twin = self._by_base.get(f"{self._topic}/{base}")
        if twin is None or retained or len(payload) > MAX_COMMAND_BYTES:
            return
        self.commands += 1
        if twin.fault in {"silent", "offline"}:
            return
        text = payload.decode(errors="replace")
        if twin.fault == "slow":
            self._later(twin.slow_seconds, lambda: self._obey(twin, what, text))
        else:
            self._obey(twin, what, text)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._timers = {timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()}
        self._timers.add(asyncio.get_running_loop().call_later(seconds, do))

    def _obey(self, twin: Twin, what: str, text: str) -> None:
        if twin.obey(what, text):
            self._report(twin)

    def _report(self, twin: Twin) -> None:
        for topic, said in twin.reports().items():
            self.client.post(topic, said, 1, retain=True)


# --- as a program -------------------------------------------------------------------------------------------


def read_connection(path: Path) -> ConnectionFile:
    """The connection's file. Raises HomeError when others may read it, or when it does not fit."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}", "give the path of a connection file") from error
    if mode & 0o077:
        raise HomeError(f"{path}: holds a password and others may read it", f"chmod 600 {path}")
    try:
        return msgspec.json.decode(raw, type=ConnectionFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HomeError(f"{path}: {error}", "docs/house.md shows a connection file") from error


async def _serve(given: ConnectionFile) -> None:
    house = entities.load(Path(given.house))
    address = Address(given.host, given.port, given.username, given.password)
    home = SimulatedHome(house, address, prefix=given.prefix, topic=given.topic)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    try:
        await _start(home)
        await over.wait()
    finally:
        await home.stop()


async def _start(home: SimulatedHome) -> None:
    """Start, and say so; a broker that is not there yet is waited for."""
    if home.not_simulated:
        print("not simulated:", ", ".join(home.not_simulated), file=sys.stderr)
    try:
        await home.start()
    except HomeError as error:
        print(error, file=sys.stderr)
        await home.wait_announced()
    with contextlib.suppress(BrokenPipeError):
        print("ready", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 with a sentence and a remedy when it cannot start."""
    parser = argparse.ArgumentParser(prog="appliance.home.simulated", description=__doc__)
    parser.add_argument(
        "--config-file", type=Path, required=True, help="where the broker is, and which house"
    )
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starting process ends")
    given = parser.parse_args(arguments)
    if given.die_with_parent:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        asyncio.run(_serve(read_connection(given.config_file)))
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
