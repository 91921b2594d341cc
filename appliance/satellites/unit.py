"""The reference satellite, `appliance run --mode satellite`: it hears and plays; all else is the hub's."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance import __version__
from appliance import plan as planning
from appliance.audio import pcm
from appliance.claim import claim
from appliance.config.model import Config
from appliance.control import Answer, ControlServer, Handler, socket_path
from appliance.errors import ControlError, Malformed
from appliance.mqtt.address import Connection, satellite_id
from appliance.mqtt.client import MqttClient
from appliance.pipeline.ears import Ears
from appliance.pipeline.trace import Trace, TurnNote
from appliance.satellites import protocol, unit_join, unit_memory
from appliance.satellites.flow import Faults
from appliance.satellites.protocol_audio import Chunk
from appliance.satellites.unit_session import UnitSession
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.tasks import begin, end
from appliance.wire import messages

LOG = logging.getLogger(__name__)
STAGES = frozenset({"sound", "wake"})
TICK_SECONDS = 0.1
SETTLE_SECONDS = 60.0
INJECT_BYTES = 1000 * pcm.BYTES_PER_MS
MODEL = "appliance run --mode satellite"


class Unit:
    """Everything that runs in a satellite. `start`, then `stop`; each may be called once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.data = Path(config.paths.data)
        self._undo = contextlib.AsyncExitStack()
        self._faults = Faults()
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Bring everything up, without waiting for stages or hub. Raises ApplianceError, undone then."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        self._way = unit_join.way(self.config)
        self._undo.enter_context(claim(self.data))
        plan = await asyncio.to_thread(planning.for_satellite, self.config)
        for note in plan.notes:
            LOG.warning("%s", note)
        self.supervisor = Supervisor(self.config, plan.specs, self._message, self._state)
        self._ears = Ears(self.supervisor, self.config)
        self._ears.search(0)
        self.trace = Trace(self._ears.clock_ms)
        self.session = UnitSession(self.config, self._say, self._sound, self._note, self._keep)
        audio = self.config.audio
        kept = unit_memory.load(self.data, unit_memory.Memory(audio.muted, audio.volume))
        self.session.muted, self.session.volume = kept.muted, kept.volume
        await self._start_control()
        self._start_client()
        self._in_background(self._tick(), "tick")
        self._undo.push_async_callback(self.supervisor.stop)
        await self.supervisor.start()

    async def _start_control(self) -> None:
        handlers: dict[str, Handler] = {
            "status": self._status,
            "mute": self._mute,
            "hear": self._hear,
            "hush": self._hush,
        }
        control = ControlServer(socket_path(self.data), handlers, self._watch)
        self._undo.push_async_callback(control.stop)
        await control.start()

    def _start_client(self) -> None:
        name, prefix = self._way.name, self._way.prefix
        own_id = self.config.mqtt.client_id or satellite_id(name, self._way.address.password)
        status_topic = protocol.topic(prefix, name, "up", "availability")
        self.client = MqttClient(self.config.mqtt, self._way.address, own_id, status_topic=status_topic)
        self.client.on_connection(self._connection)
        self.client.subscribe(protocol.topic(prefix, name, "down", "+"), self._from_hub, qos=1)
        self._in_background(self.client.run(), "mqtt")

    def _in_background(self, work: Any, name: str) -> None:
        task = begin(work, name)
        self._undo.push_async_callback(end, task)

    async def stop(self) -> None:
        """Take everything down, in reverse order; may be called twice."""
        await self._undo.aclose()

    async def reload(self, config: Config) -> list[str]:
        """Nothing changes while a satellite runs, but volume and mute; the names of what needs a restart."""
        if config.audio.volume != self.config.audio.volume:
            self.session.set_volume(config.audio.volume)
        if config.audio.muted != self.config.audio.muted:
            self.session.mute(config.audio.muted)
        fixed = [
            name
            for name in ("paths", "mqtt", "satellite", "wake")
            if getattr(config, name) != getattr(self.config, name)
        ]
        self.config = msgspec.structs.replace(self.config, audio=config.audio)
        return fixed

    @property
    def listening(self) -> bool:
        """Are microphone and wake word ready?"""
        return all(self.supervisor.state(name) is State.READY for name in STAGES)

    async def wait_until_settled(self) -> None:
        """Return when no stage is expected to become ready by itself."""
        while not await self.supervisor.wait(lambda: self.supervisor.settled, SETTLE_SECONDS):
            LOG.warning("stages are still starting")

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        connection, ladder = self.client.connection, self.supervisor.ladder
        hub, why = self.session.hub(_now())
        return {
            "version": __version__,
            "listening": self.listening and not self.session.muted,
            "muted": self.session.muted,
            "stages": [msgspec.to_builtins(stage) for stage in self.supervisor.status()],
            "absent": {},
            "sandbox": {"level": ladder.level, "confinement": ladder.confinement, "reasons": ladder.reasons},
            "mqtt": {
                "host": self._way.address.host,
                "port": self._way.address.port,
                "connected": connection.connected,
                "problem": connection.reason,
                "hint": connection.hint,
                "dropped": self.client.dropped,
            },
            "home": {"entities": 0, "areas": 0, "faults": self._faults.counts()},
            "audio": {"device": self.config.audio.device},
            "satellite": {
                "name": self._way.name,
                "hub": hub,
                "why": why,
                "run": self.session.run,
                "state": self.session.state,
                **msgspec.to_builtins(self.session.counters),
            },
        }

    # --- requests -------------------------------------------------------------------------------------------

    async def _status(self, request: Answer) -> Answer:
        del request
        return self.status()

    async def _mute(self, request: Answer) -> Answer:
        muted = request.get("muted")
        if not isinstance(muted, bool):
            raise ControlError("mute needs `muted`, true or false")
        self.session.mute(muted)
        return {"muted": muted}

    async def _hush(self, request: Answer) -> Answer:
        del request
        self.session.hush()
        return {"hushed": True}

    async def _hear(self, request: Answer) -> Answer:
        """Speak into the virtual microphone."""
        if self.config.audio.device != planning.NO_CARD:
            raise ControlError("a real microphone is in use", 'set audio.device = "none" for recordings')
        try:
            speech = base64.b64decode(str(request.get("pcm", "")), validate=True)
        except ValueError as error:
            raise ControlError(f"hear: pcm is not base64: {error}") from error
        for block in pcm.blocks(speech[: len(speech) // pcm.SAMPLE_BYTES * pcm.SAMPLE_BYTES], INJECT_BYTES):
            if not self.supervisor.send("sound", messages.Inject(block)):
                raise ControlError("the sound stage is not ready", "see: appliance status")
        return {"bytes": len(speech)}

    def _watch(self, put: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        return self.trace.watch(lambda note: put(msgspec.to_builtins(note)))

    # --- stages ---------------------------------------------------------------------------------------------

    def _state(self, stage: str, old: State, new: State) -> None:
        LOG.info("stage %s: %s → %s", stage, old.value, new.value)
        if new is State.READY:
            self._ears.stage_ready(stage)
            if stage == "sound":
                self.session.sound_ready()

    def _message(self, stage: str, message: messages.Message) -> None:
        match message:
            case messages.MicAudio(at_ms=at_ms, pcm=block):
                self._ears.microphone(at_ms, block)
                self.session.hear(self._ears.to_audio_clock(at_ms), block)
            case messages.WakeHeard(word=word, score=score, at_ms=at_ms):
                age_ms = self._ears.clock_ms() - at_ms
                self.session.woken(word, score, at_ms, age_ms, _now())
            case messages.PlayStarted(turn=turn, at_ms=at_ms):
                self.session.play_started(turn, self._ears.to_audio_clock(at_ms), _now())
            case messages.Played(turn=turn) if not message.interrupted:
                self.session.played(turn, message.seconds, message.rms)
            case messages.Overrun():
                LOG.warning("sound blocks lost: %d in, %d out", message.input_blocks, message.output_blocks)
            case messages.DeviceState():
                level = logging.INFO if message.present else logging.WARNING
                LOG.log(level, "%s %s: %s", message.direction, message.device, message.hint or "is there")
            case messages.Note():
                LOG.log(logging.getLevelName(message.level.upper()), "%s: %s", stage, message.text)

    def _sound(self, message: messages.Message) -> None:
        self.supervisor.send("sound", message)

    def _note(self, run: int, kind: str, data: dict[str, Any]) -> None:
        note = msgspec.convert(
            {"turn": run, "kind": kind, "at_ms": self._ears.clock_ms(), "data": data, "site": self._way.name},
            TurnNote,
        )
        self.trace.tell(note)

    def _keep(self, muted: bool, volume: float) -> None:
        unit_memory.save(self.data, unit_memory.Memory(muted, volume))

    # --- hub ------------------------------------------------------------------------------------------------

    def _connection(self, connection: Connection) -> None:
        if connection.connected:
            self._say("capabilities", self._capabilities())
        self.session.connection(connection.connected)

    def _capabilities(self) -> protocol.Capabilities:
        settings = self.config.satellite
        return protocol.Capabilities(
            protocol.VERSIONS,
            name=protocol.printable(self._way.name, 64),
            area=protocol.printable(settings.area, 64),
            model=MODEL,
            software=__version__,
            wake_words=tuple(protocol.printable(Path(word).stem, 64) for word in self.config.wake.words),
            max_payload_bytes=65_536,
            max_ahead_ms=3_000,
            volume=True,
            mute=True,
        )

    def _from_hub(self, topic: str, payload: bytes, retained: bool) -> None:
        del retained
        parsed = protocol.parse_topic(self._way.prefix, "down", topic)
        if parsed is None:
            return
        try:
            message = protocol.decode("down", parsed[1], payload)
        except Malformed as error:
            self._faults.count("hub", f"malformed {parsed[1][:20]}", error.message)
            return
        self.session.receive(message, _now())

    def _say(self, leaf: str, message: protocol.Message | Chunk) -> None:
        """What cannot be said now is not said later, unless it is a state."""
        packet = protocol.packet(self._way.prefix, self._way.name, "up", leaf, message)
        if packet.retain or self.client.connected:
            self.client.post(packet.topic, packet.payload, packet.qos, retain=packet.retain)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.session.tick(_now())


def _now() -> float:
    return asyncio.get_running_loop().time()


def join(config: Config, uri: str) -> None:
    """Keep what the hub printed. Raises ApplianceError."""
    joined = unit_join.parse(uri)
    unit_join.save(Path(config.paths.data), joined)
    LOG.info("joined the hub at %s as %s", joined.host, joined.name)
