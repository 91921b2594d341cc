"""A panel that holds what it is told, as the appliance does: real settings in a real file, no stages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from appliance.config import chosen, chosen_store
from appliance.config.load import load
from appliance.config.model import Config, Mqtt
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.presence import reports
from appliance.presence.panel import Facts, Health, SatelliteView, StageHealth, Trouble
from appliance.presence.presence import Presence

FACTS = Facts(
    words=("alexa", "hey_jarvis", "okay_nabu"),
    voices=("default", "en-us", "en-gb"),
    stages=("sound", "wake", "stt"),
    has_temperature=True,
    has_pressure=True,
    name="Test appliance",
    model="Test machine",
    version="0.1.0",
)
KITCHEN = SatelliteView(
    name="kitchen", title="Kitchen satellite", area="Kitchen", model="ESP32", software="1.2", online=True,
    can_mute=True, can_volume=True, words=("alexa",), buttons=("top",), volume=0.5, rssi_dbm=-60.0,
)  # fmt: skip
HEALTH = Health(
    p95_ms=1_234.0,
    first_audio_ms=640.0,
    temperature_c=48.0,
    disk_free_mb=12_345.0,
    memory_pressure_percent=1.5,
    alerts=tuple(Trouble(name, False) for name in reports.ALERTS),
)
QUICK = Mqtt(reconnect_min_seconds=0.05, reconnect_max_seconds=0.2, connect_seconds=2.0)


class HeldPanel:
    """See `presence.panel.Panel`."""

    def __init__(self, data: Path, **environ: str) -> None:
        self._environ = {"APPLIANCE__PATHS__DATA": str(data), **environ}
        self._data = data
        loaded = load(None, self._environ, [])
        self.config: Config = loaded.config
        self.store = chosen_store.ChosenStore(chosen.path_of(data), loaded.chosen, write_seconds=0.0)
        self.muted = self.config.audio.muted
        self.phases: dict[str, str] = {}
        self.found = FACTS
        self.health = HEALTH
        self.stage_health = [StageHealth(name, True) for name in FACTS.stages]
        self.views: list[SatelliteView] = []
        self.done: list[tuple[str, ...]] = []

    def phase(self, site: str) -> str:
        return self.phases.get(site, "idle")

    def stages(self) -> Sequence[StageHealth]:
        return self.stage_health

    def satellites(self) -> Sequence[SatelliteView]:
        return self.views

    async def facts(self) -> Facts:
        return self.found

    async def measure(self) -> Health:
        return self.health

    async def choose(self, changes: Mapping[str, object]) -> None:
        self.store.choose(changes, {"wake": self.config.wake.engine, "tts": self.config.tts.engine})
        self.config = load(None, self._environ, [], in_memory=self.store.values).config

    def mute(self, site: str, muted: bool) -> None:
        if site == "local":
            self.muted = muted
        else:
            self._view(site, muted=muted)

    def volume(self, site: str, level: float) -> None:
        self._view(site, volume=level)

    def _view(self, site: str, **new: object) -> None:
        self.views = [
            msgspec.structs.replace(each, **new) if each.name == site else each for each in self.views
        ]

    def hush(self, site: str) -> None:
        self.done.append(("stop", site))

    def restart(self) -> None:
        self.done.append(("restart",))

    def install(self) -> None:
        self.done.append(("install",))

    def say(self, site: str, text: str) -> None:
        self.done.append(("say", site, text))

    def announce(self, text: str) -> None:
        self.done.append(("announce", text))

    def ask(self, text: str) -> None:
        self.done.append(("ask", text))


@contextlib.asynccontextmanager
async def present(
    address: Address,
    panel: HeldPanel,
    client_id: str = "appliance-test",
    chance: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Presence]:
    """A presence on this broker, with its own connection."""
    client = MqttClient(QUICK, address, client_id, status_topic=f"{client_id}/status")
    connection = asyncio.create_task(client.run())
    presence = Presence(client, panel, client_id, f"{client_id}/status", chance=chance, sample_seconds=0.2)
    presence.start()
    try:
        yield presence
    finally:
        await presence.stop()
        await panel.store.close()
        connection.cancel()
        await asyncio.gather(connection, return_exceptions=True)
