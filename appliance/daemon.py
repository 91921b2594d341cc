"""Composition root: puts broker, home, stages and turns together, and takes them apart again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import msgspec

from appliance import __version__
from appliance import plan as planning
from appliance.audio import pcm
from appliance.config.model import Config, Mqtt
from appliance.control import ControlServer, socket_path
from appliance.dialogue.turn import DeedResult
from appliance.errors import ApplianceError, ControlError
from appliance.home.broker import EmbeddedBroker
from appliance.home.entities import House
from appliance.home.mqtt_devices import MqttDevices
from appliance.mqtt.client import MqttClient
from appliance.pipeline.conductor import Conductor
from appliance.requests import Requests
from appliance.supervision.spec import StageSpec
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.wire import messages

LOG = logging.getLogger(__name__)
EMBEDDED = "embedded"
VOICE_STAGES = frozenset({"sound", "wake", "vad", "stt", "intent", "tts"})
INJECT_BYTES = 1000 * pcm.BYTES_PER_MS


def stage_specs(config: Config) -> list[StageSpec]:
    """The stages that this configuration can start now. Raises ApplianceError for a missing model."""
    return list(planning.make(config).specs)


class BrokerHome:
    """The devices on the broker, as the pipeline wants them."""

    def __init__(self, devices: MqttDevices, deadline_seconds: float) -> None:
        self._devices = devices
        self._deadline_seconds = deadline_seconds

    def house(self) -> House:
        """What is there now."""
        return self._devices.house()

    async def perform(self, deed: messages.Deed) -> list[DeedResult]:
        """Do it, and wait for each device's own state."""
        return await self._devices.perform(deed, self._deadline_seconds)


class Appliance:
    """Everything that runs. `start`, then `stop`; each may be called once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.data = Path(config.paths.data)
        self._broker: EmbeddedBroker | None = None
        self._plan = planning.Plan((), {})
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()

    async def start(self) -> None:
        """Bring everything up, without waiting for slow stages. Raises ApplianceError."""
        _make_private(self.data)
        self._plan = planning.make(self.config)
        for note in self._plan.notes:
            LOG.warning("%s", note)
        self.mqtt = await self._start_broker()
        self.client = MqttClient(self.mqtt)
        self.devices = MqttDevices(self.client, self.config.home, self._house_changed)
        self.supervisor = Supervisor(self.config, self._plan.specs, self._message, self._state)
        self.conductor = Conductor(
            self.supervisor, BrokerHome(self.devices, self.config.home.deed_deadline_seconds), self.config
        )
        self._control = ControlServer(socket_path(self.data), Requests(self).handlers(), self._watch)
        await self._control.start()
        self._tasks = [asyncio.create_task(self.client.run(), name="mqtt")]
        await self.devices.start()
        await self.supervisor.start()
        self._tasks.append(asyncio.create_task(self._look_for_missing(), name="missing pieces"))

    async def stop(self) -> None:
        """Take everything down, in reverse order."""
        for task in self._tasks[1:]:
            task.cancel()
        self.conductor.close()
        await self._control.stop()
        await self.supervisor.stop()
        for task in self._tasks[:1]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._broker is not None:
            await self._broker.stop()

    async def reload(self, config: Config) -> list[str]:
        """Take over what can change while running; the names of what needs a restart."""
        fixed = [
            name for name in ("paths", "mqtt", "home") if getattr(config, name) != getattr(self.config, name)
        ]
        kept = {name: getattr(self.config, name) for name in fixed}
        self.config = msgspec.structs.replace(config, **kept)
        self.conductor.reconfigure(self.config)
        await self._replan()
        return fixed

    @property
    def listening(self) -> bool:
        """Are all stages that a spoken turn needs ready?"""
        return all(self.supervisor.state(name) is State.READY for name in VOICE_STAGES)

    async def wait_until_listening(self) -> None:
        """Return when a spoken turn is possible."""
        while not self.listening:
            self._listening.clear()
            await self._listening.wait()

    def hear(self, speech: bytes) -> None:
        """Speak 16 kHz mono s16le into the virtual microphone. Raises ControlError with a real one."""
        if self.config.audio.device != planning.NO_CARD:
            raise ControlError(
                "a real microphone is in use", 'set audio.device = "none" to feed it recordings'
            )
        for block in pcm.blocks(speech, INJECT_BYTES):
            self.supervisor.send("sound", messages.Inject(block))

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        house = self.devices.house()
        return {
            "version": __version__,
            "listening": self.listening and not self.conductor.muted,
            "muted": self.conductor.muted,
            "stages": [msgspec.to_builtins(stage) for stage in self.supervisor.status()],
            "absent": {name: msgspec.to_builtins(why) for name, why in self._plan.absent.items()},
            "sandbox": msgspec.to_builtins(self.supervisor.ladder),
            "mqtt": {"host": self.mqtt.host, "port": self.mqtt.port, **self.client.status()},
            "home": {"entities": len(house.entities), "areas": len(house.areas)},
            "audio": {"device": self.config.audio.device},
        }

    async def _start_broker(self) -> Mqtt:
        if self.config.mqtt.host != EMBEDDED:
            return self.config.mqtt
        self._broker = EmbeddedBroker(self.data, self.config.mqtt.port)
        await self._broker.start()
        return self._broker.settings(self.config.mqtt)

    def _message(self, stage: messages.StageName, message: messages.Message) -> None:
        self.conductor.message(stage, message)

    def _state(self, stage: messages.StageName, old: State, new: State) -> None:
        LOG.info("stage %s: %s → %s", stage, old.value, new.value)
        self.conductor.stage_changed(stage, new.value, ready=new is State.READY)
        self._listening.set()

    def _house_changed(self, *, names: bool) -> None:
        self.conductor.house_changed(names=names)

    def _watch(self, put: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        return self.conductor.trace.watch(lambda note: put(msgspec.to_builtins(note)))

    async def _look_for_missing(self) -> None:
        """A stage whose library or model arrives later joins then."""
        while True:
            await asyncio.sleep(self.config.supervision.missing_retry_seconds)
            if self._plan.absent:
                invalidate_caches()
                await self._replan()

    async def _replan(self) -> None:
        """Start, restart or leave out the stages that the configuration asks for now."""
        try:
            plan = planning.make(self.config)
        except ApplianceError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
            return
        for name in self._plan.absent.keys() - plan.absent.keys():
            LOG.info("stage %s: what it needs has arrived", name)
        self._plan = plan
        await self.supervisor.reload(plan.specs)


def _make_private(data: Path) -> None:
    """The data directory, readable by its owner alone."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ApplianceError(
            f"the data directory {data} cannot be made: {error.strerror}",
            "set paths.data to a folder you own",
        ) from error
