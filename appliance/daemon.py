"""Composition root: puts broker, home, stages and turns together, and takes them apart again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import msgspec

from appliance import __version__
from appliance import plan as planning
from appliance.audio import pcm
from appliance.claim import claim
from appliance.config.model import Config
from appliance.control import ControlServer, socket_path
from appliance.dialogue.events import DeedResult
from appliance.errors import ApplianceError, ControlError
from appliance.home.broker import EmbeddedBroker
from appliance.home.deeds import DeedResult as Performed
from appliance.home.deeds import Outcome
from appliance.home.entities import House
from appliance.home.mqtt_devices import MqttDevices
from appliance.mqtt.address import Address, client_id, resolve
from appliance.mqtt.client import MqttClient
from appliance.pipeline.conductor import Conductor
from appliance.requests import Requests
from appliance.rooms import Rooms
from appliance.supervision.spec import StageSpec
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.understanding import phrases
from appliance.wire import messages

LOG = logging.getLogger(__name__)
EMBEDDED = "embedded"
VOICE_STAGES = frozenset({"sound", "wake", "vad", "stt", "intent", "tts"})
SETTLE_SECONDS = 60.0
INJECT_BYTES = 1000 * pcm.BYTES_PER_MS


def stage_specs(config: Config) -> list[StageSpec]:
    """The stages that this configuration can start now. Raises ApplianceError for a missing model."""
    return list(planning.make(config).specs)


_SPOKEN: dict[Outcome, phrases.Reason] = {
    "silent": "no_answer",
    "uncertain": "no_answer",
    "unavailable": "unavailable",
    "unknown": "unavailable",
    "no broker": "home_gone",
    "refused": "refused",
}


class BrokerHome:
    """The devices on the broker, as the pipeline wants them."""

    def __init__(self, devices: MqttDevices, language: str) -> None:
        self._devices = devices
        self._language = language

    def house(self) -> House:
        """What is there now."""
        return self._devices.house()

    async def perform(self, deed: messages.Deed) -> list[DeedResult]:
        """Do it, and wait for each device's own state."""
        return [self._told(outcome) for outcome in await self._devices.perform(deed)]

    def _told(self, outcome: Performed) -> DeedResult:
        """The same with a reason that can be spoken in the house's language."""
        spoken = _SPOKEN.get(outcome.outcome)
        reason = phrases.failure_answer(self._language, spoken, outcome.name) if spoken else ""
        if spoken:
            LOG.warning("%s: %s", outcome.entity_id, outcome.reason)
        return DeedResult(
            outcome.entity_id, outcome.name, outcome.done, outcome.confirmed, reason, round(outcome.ms, 1)
        )


class Appliance:
    """Everything that runs. `start`, then `stop`; each may be called once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.data = Path(config.paths.data)
        self.broker: EmbeddedBroker | None = None
        self._plan = planning.Plan((), {})
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()
        self._undo = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Bring everything up, without waiting for slow stages. Raises ApplianceError, and is undone then."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        _make_private(self.data)
        self._undo.enter_context(claim(self.data))
        self._plan = await asyncio.to_thread(planning.make, self.config)
        for note in self._plan.notes:
            LOG.warning("%s", note)
        self.address = await self._broker_address()
        own_id = client_id(self.config.mqtt)
        self.client = MqttClient(self.config.mqtt, self.address, own_id, status_topic=f"{own_id}/status")
        self.devices = MqttDevices(
            self.client,
            self.config.home,
            on_change=lambda: self.conductor.house_changed(names=True),
            on_state=lambda: self.conductor.house_changed(names=False),
            language=self.config.language,
            max_payload_bytes=self.config.mqtt.max_payload_bytes,
        )
        self.supervisor = Supervisor(self.config, self._plan.specs, self._message, self._state)
        home = BrokerHome(self.devices, self.config.language)
        self.conductor = Conductor(self.supervisor, home, self.config)
        self._undo.callback(self.conductor.close)
        await self._start_control()
        self._start_home()
        self._undo.push_async_callback(self.supervisor.stop)
        await self.supervisor.start()
        self._in_background(self._look_for_missing(), "missing pieces")

    async def _start_control(self) -> None:
        self._rooms = Rooms(self.conductor)
        handlers = Requests(self).handlers() | self._rooms.handlers()
        control = ControlServer(socket_path(self.data), handlers, self._watch)
        self._undo.push_async_callback(control.stop)
        await control.start()

    def _start_home(self) -> None:
        # Undone in reverse: with the connection gone first, nothing is unsubscribed one by one.
        self._undo.callback(self.devices.stop)
        self._in_background(self.client.run(), "mqtt")
        self.devices.start()

    def _in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._undo.push_async_callback(_cancel, task)

    async def stop(self) -> None:
        """Take everything down, in reverse order; may be called twice."""
        await self._undo.aclose()

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

    async def wait_until_settled(self) -> None:
        """Return when no stage is expected to become ready by itself."""
        while not await self.supervisor.wait(lambda: self.supervisor.settled, SETTLE_SECONDS):
            LOG.warning("stages are still starting")

    def hear(self, speech: bytes) -> None:
        """Speak 16 kHz mono s16le into the virtual microphone. Raises ControlError with a real one."""
        if self.config.audio.device != planning.NO_CARD:
            raise ControlError(
                "a real microphone is in use", 'set audio.device = "none" to feed it recordings'
            )
        for block in pcm.blocks(speech, INJECT_BYTES):
            if not self.supervisor.send("sound", messages.Inject(block)):
                raise ControlError("the sound stage is not ready", "see: appliance status")

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        house = self.devices.house()
        return {
            "version": __version__,
            "listening": self.listening and not self.conductor.muted,
            "muted": self.conductor.muted,
            "stages": [msgspec.to_builtins(stage) for stage in self.supervisor.status()],
            "absent": {name: msgspec.to_builtins(why) for name, why in self._plan.absent.items()},
            "sandbox": self._sandbox_status(),
            "mqtt": self._mqtt_status(),
            "home": {
                "entities": len(house.entities),
                "areas": len(house.areas),
                "faults": dict(self.devices.faults),
            },
            "audio": {"device": self.config.audio.device},
            "rooms": self._rooms.status(),
        }

    def _sandbox_status(self) -> dict[str, Any]:
        ladder = self.supervisor.ladder
        return {
            "level": ladder.level,
            "confinement": ladder.confinement,
            "reasons": ladder.reasons,
            "hint": ladder.hint,
        }

    def _mqtt_status(self) -> dict[str, Any]:
        connection = self.client.connection
        trouble = self.broker.trouble if self.broker else ""
        return {
            "host": self.address.host,
            "port": self.address.port,
            "connected": connection.connected,
            "problem": trouble or connection.reason,
            "hint": connection.hint,
            "dropped": self.client.dropped,
        }

    async def _broker_address(self) -> Address:
        if self.config.mqtt.host != EMBEDDED:
            return resolve(self.config.mqtt)
        self.broker = EmbeddedBroker(self.data, self.config.mqtt.port, self.config.home.discovery_prefix)
        self._undo.push_async_callback(self.broker.stop)
        return await self.broker.start()

    def _message(self, stage: str, message: messages.Message) -> None:
        self.conductor.message(stage, message)

    def _state(self, stage: str, old: State, new: State) -> None:
        LOG.info("stage %s: %s → %s", stage, old.value, new.value)
        self.conductor.stage_changed(stage, new.value, ready=new is State.READY)
        self._listening.set()

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
            plan = await asyncio.to_thread(planning.make, self.config)
        except ApplianceError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
            return
        for name in self._plan.absent.keys() - plan.absent.keys():
            LOG.info("stage %s: what it needs has arrived", name)
        self._plan = plan
        await self.supervisor.reload(plan.specs, self.config)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _make_private(data: Path) -> None:
    """The data directory, readable by its owner alone."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ApplianceError(
            f"the data directory {data} cannot be made: {error.strerror}",
            "set paths.data to a folder you own",
        ) from error
