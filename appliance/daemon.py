"""Composition root: puts broker, home, stages and turns together, and takes them apart again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from importlib import invalidate_caches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from appliance import datafolder, reception, status
from appliance import plan as planning
from appliance.answering import Answering
from appliance.audio import pcm
from appliance.calls.server import CallServer, calls_path
from appliance.claim import claim
from appliance.config import chosen
from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config
from appliance.control import ControlServer, socket_path
from appliance.errors import ApplianceError, ControlError
from appliance.home import mosquitto
from appliance.home.broker import EmbeddedBroker
from appliance.home.homes import Homes, home_assistant
from appliance.home.mqtt_devices import MqttDevices
from appliance.judgement.judge import Judge
from appliance.models_requests import ModelsRequests
from appliance.mqtt.address import Address, client_id, guarded_id, resolve
from appliance.mqtt.client import MqttClient
from appliance.observe import logs, writes
from appliance.observe.observer import Observer
from appliance.panel import AppliancePanel
from appliance.pipeline.conductor import Conductor
from appliance.presence import announcing
from appliance.presence.entities import node_id
from appliance.presence.presence import Presence
from appliance.records import Records, mended
from appliance.rooms import Rooms
from appliance.satellites.hermes_hub import HermesHub
from appliance.satellites.hub import SatelliteHub
from appliance.settings_requests import Origins
from appliance.spoken_home import SpokenHome
from appliance.supervision.spec import StageSpec
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.tasks import begin, end
from appliance.timers.model import Timer
from appliance.updating.updates import Updates
from appliance.webserver import WebServer
from appliance.wire import messages

if TYPE_CHECKING:  # it brings the WebSocket library, which nobody needs who has no Home Assistant
    from appliance.home.hass.home import HassHome

LOG = logging.getLogger(__name__)
EMBEDDED = "embedded"
NEED_A_RESTART = ("paths", "mqtt", "home", "observe")
VOICE_STAGES = frozenset({"sound", "wake", "vad", "stt", "intent", "tts"})
SETTLE_SECONDS = 60.0
INJECT_BYTES = 1000 * pcm.BYTES_PER_MS


def stage_specs(config: Config) -> list[StageSpec]:
    """The stages that this configuration can start now. Raises ApplianceError for a missing model."""
    return list(planning.make(config).specs)


Read = Callable[[Mapping[str, object]], Config]
"""The configuration from its files, with these values as what was chosen while running."""


class Appliance:
    """Everything that runs. `start`, then `stop`; each may be called once."""

    def __init__(
        self,
        config: Config,
        *,
        chosen_values: Mapping[str, object] | None = None,
        read: Read | None = None,
        restart: Callable[[], None] | None = None,
        origins: Origins | None = None,
    ) -> None:
        """Without `read` it cannot be steered from Home Assistant, so it does not appear there.

        `chosen_values` are what `read` last found chosen; `restart` ends the process to begin it anew.
        """
        self.config = config
        self.data = Path(config.paths.data)
        self.broker: EmbeddedBroker | None = None
        self.presence: Presence | None = None
        self.store = ChosenStore(chosen.path_of(self.data), dict(chosen_values or {}))
        self._read = read
        self._origins = origins
        self._restart = restart or _cannot_restart
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
        datafolder.prepare(self.data)
        self._undo.enter_context(claim(self.data))
        lost = await mended(self.config)
        self._plan = await asyncio.to_thread(planning.make, self.config)
        for note in self._plan.notes:
            LOG.warning("%s", note)
        self._undo.push_async_callback(self.store.close)
        self.address = await self._broker_address()
        self._make_home()
        self.observer = Observer(
            self.status,
            self.data,
            writes.Store(self.data).writable,
            otlp_url=self.config.observe.otlp_url,
        )
        self._undo.callback(self.observer.close)
        self.supervisor = Supervisor(self.config, self._plan.specs, self._message, self._state)
        self.judge = Judge(self.config, self.data, time.monotonic, lambda: datetime.now().astimezone())
        self._undo.push_async_callback(self.judge.stop)
        await self.judge.start()
        home = self.spoken = SpokenHome(self.homes, self.config.language)
        self.answering = Answering(self.supervisor, self._message, self._model_ready)
        self.conductor = Conductor(self.answering, home, self.config, self.judge)
        self._undo.callback(self.conductor.close)
        self._undo.callback(self.conductor.trace.watch(self.observer.note))
        self.records = Records(self.config, self.data, self.conductor, lost)
        self.timers = self.records.timers
        self.updates = Updates(self.config.update)
        self.hub = SatelliteHub(self.client, self.conductor, self.config)
        self.hermes = HermesHub(self.client, self.conductor, self.config)
        self._make_presence()
        self.web = WebServer(self.config, self.data)
        await self._start_control()
        self._start_home()
        self._undo.push_async_callback(self.supervisor.stop)
        await self.supervisor.start()
        self._undo.push_async_callback(self.answering.stop)
        await self.answering.use(self.config.llm)
        self._undo.push_async_callback(self.records.stop)
        await self.records.start()
        self._undo.push_async_callback(self.web.stop)
        await self.web.start(self._voice_first)
        self._start_presence()
        self._in_background(self.observer.run(), "observer")
        self._in_background(self._look_for_missing(), "missing pieces")
        self._in_background(self.updates.run(), "updates")

    def _make_home(self) -> None:
        """The connection to the broker, and the adapters that find devices."""
        config, self._own_id = self.config, client_id(self.config.mqtt)
        self._status_topic = f"{self._own_id}/status"
        node = node_id(self._own_id)
        # Everybody may see the own id in topics; nobody may end this connection by coming with it.
        known_as = guarded_id(self._own_id, self.address.password) if self.broker else self._own_id
        self.client = MqttClient(config.mqtt, self.address, known_as, status_topic=self._status_topic)
        self.devices = MqttDevices(
            self.client,
            config.home,
            on_change=self._names_changed,
            on_state=self._states_changed,
            language=config.language,
            max_payload_bytes=config.mqtt.max_payload_bytes,
            is_own=lambda topic, payload: announcing.is_ours(
                config.home.discovery_prefix, node, topic, payload
            ),
        )
        self.homes = Homes(
            self.devices,
            self.client,
            self.devices.announced,
            self._home_assistant(),
            unguarded=config.home.unguarded,
            own_prefix=node,
        )

    def _home_assistant(self) -> HassHome | None:
        return home_assistant(
            self.config,
            on_change=self._names_changed,
            on_state=self._states_changed,
            own_prefix=node_id(self._own_id),
        )

    def _names_changed(self) -> None:
        self.conductor.house_changed(names=True)

    def _states_changed(self) -> None:
        self.conductor.house_changed(names=False)

    def _make_presence(self) -> None:
        """What Home Assistant sees of us."""
        if self._read is None or self.config.home.discovery_form == "none":
            return
        self.panel = AppliancePanel(
            self, hub=self.hub, store=self.store, reload=self._rechoose, restart=self._restart
        )
        presence = self.presence = Presence(self.client, self.panel, self._own_id, self._status_topic)
        self._undo.callback(self.conductor.trace.watch(self.panel.note))
        self._undo.callback(self.conductor.trace.watch(presence.note))
        self.timers.on_change.append(self._timer_changed)
        self.hub.on_button = lambda name, button: presence.button(name, button.button, button.action)
        self.hub.on_change = lambda _: presence.changed()

    def _timer_changed(self, timer: Timer, event: str) -> None:
        if self.presence is not None:
            if event == "ringing":
                self.presence.timer_finished(self.timers.describe(timer))
            self.presence.changed()

    def _start_presence(self) -> None:
        if self.presence is not None:
            self.presence.start()
            self._undo.push_async_callback(self.presence.stop)

    async def _rechoose(self) -> None:
        """Take over what was chosen while running. Raises ApplianceError."""
        assert self._read is not None
        config = await asyncio.to_thread(self._read, self.store.values)
        logs.configure(config.log.level, config.log.format)
        await self.reload(config)

    async def _start_control(self) -> None:
        self._rooms = Rooms(self.conductor, self.hub.connect)
        models = ModelsRequests(self, lambda _name: self._in_background(self._replan(), "new model"))
        self._undo.push_async_callback(models.close)
        reload = self._rechoose if self._read is not None else None
        handlers = reception.handlers(
            self, self._rooms, models, fixed=NEED_A_RESTART, reload=reload, origins=self._origins
        )
        control = ControlServer(socket_path(self.data), handlers, self._watch)
        calls = CallServer(calls_path(self.data), self.conductor)
        for server in (control, calls):
            self._undo.push_async_callback(server.stop)
            await server.start()

    def _start_home(self) -> None:
        # Undone in reverse: with the connection gone first, nothing is unsubscribed one by one; satellites
        # hear a goodbye before that.
        self._undo.push_async_callback(self.homes.stop)
        self._in_background(self.client.run(), "mqtt")
        self.homes.start()
        self._undo.push_async_callback(self.hub.stop)
        self.hub.start()
        self._undo.push_async_callback(self.hermes.stop)
        self.hermes.start()

    def _in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = begin(work, name)
        self._undo.push_async_callback(end, task)

    async def stop(self) -> None:
        """Take everything down, in reverse order; may be called twice."""
        await self._undo.aclose()

    async def reload(self, config: Config) -> list[str]:
        """Take over what can change while running; the names of what needs a restart."""
        fixed = [name for name in NEED_A_RESTART if getattr(config, name) != getattr(self.config, name)]
        kept = {name: getattr(self.config, name) for name in fixed}
        linked, self.config = self.config.home_assistant, msgspec.structs.replace(config, **kept)
        self.conductor.reconfigure(self.config)
        self.hub.reconfigure(self.config)
        self.hermes.reconfigure(self.config)
        self.judge.reconfigure(self.config)
        if linked != self.config.home_assistant:
            await self.homes.link(self._home_assistant())
            self._names_changed()
        await self.answering.use(self.config.llm)
        await self.records.reconfigure(self.config)
        await self.web.reconfigure(self.config)
        await self._replan()
        if self.presence is not None:
            self.presence.changed(facts=True)
        return fixed

    def begin_anew(self) -> None:
        """End the process so that it is started again, where it was started so that it can."""
        self._restart()

    @property
    def listening(self) -> bool:
        """Are all stages that a spoken turn needs ready?"""
        return all(self.supervisor.state(name) is State.READY for name in VOICE_STAGES)

    async def wait_until_listening(self) -> None:
        """Return when a spoken turn is possible."""
        while not self.listening:
            self._listening.clear()
            await self._listening.wait()

    async def _voice_first(self) -> None:
        """Until it listens, or will not by itself: what comes after that takes no time from it."""
        while not (self.listening or self.supervisor.settled):
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
        return status.of(self, self._plan.absent, self._rooms)

    async def _broker_address(self) -> Address:
        if self.config.mqtt.host != EMBEDDED:
            return resolve(self.config.mqtt)
        self.broker = EmbeddedBroker(
            self.data,
            self.config.mqtt.port,
            self.config.home.discovery_prefix,
            prefix=self.config.mqtt.prefix,
            outside=_outside(self.config),
        )
        self._undo.push_async_callback(self.broker.stop)
        return await self.broker.start()

    def _message(self, stage: str, message: messages.Message) -> None:
        with self.observer.message(stage, message):
            self.conductor.message(stage, message)

    def _model_ready(self) -> None:
        self.conductor.stage_changed("llm", State.READY.value, ready=True)

    def _state(self, stage: str, old: State, new: State) -> None:
        LOG.info("stage %s: %s → %s", stage, old.value, new.value)
        self.conductor.stage_changed(stage, new.value, ready=new is State.READY)
        self._listening.set()
        if self.presence is not None:
            self.presence.changed(facts=True)

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


def _outside(config: Config) -> mosquitto.Outside | None:
    """Where satellites and devices connect to the own broker."""
    mqtt = config.mqtt
    return mosquitto.Outside(mqtt.listen, mqtt.listen_port, mqtt.listen_plain_port) if mqtt.listen else None


def _cannot_restart() -> None:
    LOG.warning("this appliance was not started so that it could begin anew by itself")
