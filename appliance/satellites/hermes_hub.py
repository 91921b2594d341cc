"""Satellites that speak Hermes: between the broker and the pipeline's places.

A room appears when it sends audio or a wake word, and is forgotten when it has been quiet for long. The words
of people are published only when `satellites.publish_words` allows it (docs/hermes.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from appliance.audio import pcm as audio
from appliance.config.model import Config
from appliance.errors import Malformed
from appliance.mqtt.address import Connection
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.places import Places
from appliance.satellites import hermes, hermes_wav
from appliance.satellites.hermes_rooms import HOME_SITES
from appliance.satellites.hermes_skills import HermesSkills
from appliance.tasks import begin, end

LOOK_SECONDS = 1.0
MAX_REASONS = 16


class HermesHub(HermesSkills):
    """All rooms that speak Hermes. `start`, then `stop`, in one event loop."""

    def __init__(
        self, client: Exchange, places: Places, config: Config, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(client, places, config, clock)
        self._care: asyncio.Task[None] | None = None
        self._frames: dict[str, Callable[[str, bytes], None]] = {
            hermes.FRAME: self._frame,
            hermes.SESSION_FRAME: self._frame,
            hermes.PLAY_FINISHED: self._play_finished,
            hermes.DETECTED: self._detected,
        }
        self._handlers: dict[str, Callable[[Any], None]] = {
            "hermes/hotword/toggleOn": lambda message: self._toggled(message, on=True),
            "hermes/hotword/toggleOff": lambda message: self._toggled(message, on=False),
            "hermes/asr/startListening": self._start_listening,
            "hermes/asr/stopListening": self._stop_listening,
            "hermes/dialogueManager/startSession": self._start_session,
            "hermes/dialogueManager/continueSession": self._continue_session,
            "hermes/dialogueManager/endSession": self._end_session,
            "hermes/tts/say": self._say,
            "hermes/nlu/query": self._query,
            "rhasspy/audioServer/setVolume": lambda _message: None,
        }

    # --- what others use ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen, unless `satellites.enabled` or `satellites.hermes` is off."""
        settings = self._config.satellites
        if not (settings.enabled and settings.hermes):
            return
        self._client.on_connection(self._connection)
        for topic_filter, handler in self._frames.items():
            self._client.subscribe(topic_filter, self._guarded(handler))
        for topic in self._handlers:
            self._client.subscribe(topic, self._json)
        self._care = begin(self._look_after(), "hermes")

    async def stop(self) -> None:
        """End what is under way."""
        if self._care is None:
            return
        tasks = [self._care, *self._tasks]
        self._care = None
        await end(*tasks)
        for name in tuple(self._rooms):
            self._forget(name)

    def reconfigure(self, config: Config) -> None:
        """Other limits from now on."""
        self._config = config
        self._gate.reset()

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows."""
        rooms = {
            name: {"detects": room.site.detects, "off": sorted(room.off), "faults": self.faults.of(name)}
            for name, room in sorted(self._rooms.items())
        }
        return {"rooms": rooms, "faults": self.faults.counts()}

    # --- from the broker ----------------------------------------------------------------------------------

    def _connection(self, connection: Connection) -> None:
        if not connection.connected:
            self._echoes.clear()
            for name in tuple(self._rooms):
                self._forget(name)

    def _guarded(self, handler: Callable[[str, bytes], None]) -> Callable[[str, bytes, bool], None]:
        def handle(topic: str, payload: bytes, retained: bool) -> None:
            if self._care is None or self._is_echo(topic, payload):
                return
            if retained:
                self.faults.count("", "retained", topic)
                return
            try:
                handler(topic, payload)
            except Malformed as error:
                self.faults.count("", "malformed", error.message)

        return handle

    def _json(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message with the site in its payload."""

        def handle(topic: str, payload: bytes) -> None:
            self._handlers[topic](hermes.decode(hermes.INCOMING[topic], payload))

        self._guarded(handle)(topic, payload, retained)

    # --- satellites ---------------------------------------------------------------------------------------

    def _frame(self, topic: str, payload: bytes) -> None:
        name = hermes.site_of(topic, 2)
        if not self._gate.admit(name, len(payload), known=name in self._rooms):
            return
        wav = hermes_wav.decode(payload)
        if wav.rate_hz != audio.RATE_HZ:
            self.faults.count(name, "audio", f"{wav.rate_hz} Hz; {audio.RATE_HZ} are needed")
            return
        room = self._room(name, search=True)
        if room is None or room.site.place is None:
            return
        room.heard_at = self._clock()
        room.site.place.hear(room.audio_ms, wav.pcm)
        room.audio_ms += len(wav.pcm) // audio.BYTES_PER_MS

    def _play_finished(self, topic: str, payload: bytes) -> None:
        room = self._rooms.get(hermes.site_of(topic, 2))
        if room is not None:
            room.heard_at = self._clock()
            room.site.finished(hermes.decode(hermes.PlayFinished, payload).id)

    def _detected(self, topic: str, payload: bytes) -> None:
        """A satellite heard its wake word itself. One whose topic names it cannot speak for another."""
        message, word = hermes.decode(hermes.Detected, payload), topic.split("/")[2]
        name = word if word in self._rooms else hermes.checked_site(message.site_id)
        if name in HOME_SITES or not self._gate.admit(name, len(payload), known=name in self._rooms):
            return
        room = self._room(name, search=False)
        if room is None or room.site.place is None or room.off:
            return
        room.heard_at = self._clock()
        if not room.site.detects:
            room.site.detects = True
            room.site.place.search(on=False)
        said = (message.model_id or word)[:64]
        room.site.place.woken(said, message.current_sensitivity, room.audio_ms)

    def _toggled(self, message: hermes.Toggle, *, on: bool) -> None:
        room = self._rooms.get(message.site_id)
        if room is None or room.site.place is None:
            return
        reason = message.reason or "unknown"
        was = bool(room.off)
        if on:
            room.off.discard(reason)
        elif len(room.off) < MAX_REASONS:
            room.off.add(reason)
        if was != bool(room.off) and not room.site.detects:
            room.site.place.search(on=not room.off)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, room in tuple(self._rooms.items()):
                self._look(name, room, self._clock())
