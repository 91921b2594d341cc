"""Satellites that speak Hermes: between the broker and the pipeline's places.

A room appears when it sends audio or a wake word, and is forgotten when it has been quiet for long. The words
of people are published only when `satellites.publish_words` allows it (docs/hermes.md).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.audio import pcm as audio
from appliance.config.model import Config
from appliance.errors import ControlError, Malformed
from appliance.mqtt.address import Connection
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.places import LOCAL, Places
from appliance.satellites import hermes, hermes_wav
from appliance.satellites.hermes_rooms import HOME_SITES, HermesRooms, Room
from appliance.satellites.hermes_site import Session, intent

LOOK_SECONDS = 1.0
MAX_QUEUED = 4
"""Sessions that wait for a busy room."""
SKILL_SECONDS = 15.0
"""Who decides what words mean must go on within it, or the session ends."""
NO_WORDS = "the words of people are not published here: satellites.publish_words is off"


class HermesHub(HermesRooms):
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
        self._care = asyncio.create_task(self._look_after(), name="hermes")

    async def stop(self) -> None:
        """End what is under way."""
        if self._care is None:
            return
        tasks = [self._care, *self._tasks]
        self._care = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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
        elif len(room.off) < MAX_QUEUED * 4:
            room.off.add(reason)
        if was != bool(room.off) and not room.site.detects:
            room.site.place.search(on=not room.off)

    # --- what skills and programs ask for -----------------------------------------------------------------

    def _start_listening(self, message: hermes.StartListening) -> None:
        if not self._config.satellites.publish_words:
            self._fail("hermes/error/asr", message.site_id, NO_WORDS, message.session_id)
            return
        room = self._room(hermes.checked_site(message.site_id), search=False)
        if room is not None and room.site.place is not None:
            session = Session(message.session_id or uuid.uuid4().hex, lang=message.lang, quiet=True)
            room.site.open(session)
            room.site.place.listen("dictation")

    def _stop_listening(self, message: hermes.StopListening) -> None:
        room = self._rooms.get(message.site_id)
        if room is not None and room.site.place is not None:
            room.site.place.finish()

    def _start_session(self, message: hermes.StartSession) -> None:
        name = hermes.checked_site(message.site_id)
        if name in HOME_SITES:
            self._at_home(message.init)
            return
        room = self._room(name, search=False)
        if room is None or room.site.place is None:
            return
        if room.site.place.turn or room.site.session is not None:
            self._queue(room, message)
        else:
            self._begin(room, message)

    def _queue(self, room: Room, message: hermes.StartSession) -> None:
        if not message.init.can_be_enqueued or len(room.queued) >= MAX_QUEUED:
            self._fail("hermes/error/dialogueManager", room.site.name, "the site is busy", None)
            return
        room.queued.append(message)
        queued = hermes.SessionQueued(
            site_id=room.site.name, session_id=uuid.uuid4().hex, custom_data=message.custom_data
        )
        self._post("hermes/dialogueManager/sessionQueued", queued)

    def _begin(self, room: Room, message: hermes.StartSession) -> None:
        init, place = message.init, room.site.place
        assert place is not None
        session = Session(
            uuid.uuid4().hex,
            custom_data=message.custom_data,
            lang=message.lang,
            intent_filter=init.intent_filter,
            tell_not_recognized=init.send_intent_not_recognized,
            skill=init.type == "action" and init.intent_filter is not None,
        )
        if session.skill and not self._config.satellites.publish_words:
            self._fail("hermes/error/dialogueManager", room.site.name, NO_WORDS, session.id)
            return
        room.site.open(session)
        if init.type == "notification":
            place.say(init.text or "")
        else:
            place.listen("dictation" if session.skill else "command", init.text or "")

    def _continue_session(self, message: hermes.ContinueSession) -> None:
        room = self._of_session(message.session_id)
        if room is None or room.site.place is None or room.site.session is None:
            return
        session, room.waits_until = room.site.session, None
        session.custom_data = message.custom_data or session.custom_data
        session.intent_filter = message.intent_filter or session.intent_filter
        session.tell_not_recognized = message.send_intent_not_recognized
        # The turn before is over for the session that goes on.
        session.turns.clear()
        room.site.place.listen("dictation" if session.skill else "command", message.text or "")

    def _end_session(self, message: hermes.EndSession) -> None:
        room = self._of_session(message.session_id)
        if room is None or room.site.place is None or room.site.session is None:
            return
        session, room.waits_until = room.site.session, None
        session.skill, session.custom_data = False, message.custom_data or session.custom_data
        session.recognized = True
        session.turns.clear()
        if message.text:
            room.site.place.hush()
            room.site.place.say(message.text)
        else:
            room.site.place.hush()
            room.site.close("nominal")

    def _say(self, message: hermes.Say) -> None:
        name = hermes.checked_site(message.site_id)
        if name in HOME_SITES:
            self._say_at_home(message)
            return
        room = self._room(name, search=False)
        if room is None or room.site.place is None:
            return

        def started(turn: int) -> bool:
            if room.site.session is None:
                session_id = message.session_id or uuid.uuid4().hex
                room.site.open(Session(session_id, lang=message.lang, quiet=True))
            room.site.says[turn] = message
            return True

        if not room.site.place.say(message.text, started):
            self._fail("hermes/error/tts", name, "too much waits to be said already", message.session_id)

    def _query(self, message: hermes.Query) -> None:
        if not self._config.satellites.publish_words:
            self._fail("hermes/error/nlu", message.site_id, NO_WORDS, message.session_id)
            return
        self._in_background(self._answer(message))

    async def _answer(self, message: hermes.Query) -> None:
        """Say what it means; nothing is done."""
        room = self._rooms.get(message.site_id)
        area = room.site.place.area if room is not None and room.site.place is not None else ""
        try:
            meant = await self._places.understand(message.input, area)
        except ControlError as error:
            self._fail("hermes/error/nlu", message.site_id, error.message, message.session_id)
            return
        wanted = message.intent_filter is None or meant.intent in message.intent_filter
        if meant.source != "none" and meant.intent and wanted:
            told = intent(message.site_id, meant.intent, message.input, meant.deeds, 1.0)
            told = msgspec.structs.replace(
                told, id=message.id, session_id=message.session_id, custom_data=message.custom_data
            )
            self._post(hermes.intent_topic(meant.intent), told)
        else:
            unknown = hermes.NotRecognized(
                site_id=message.site_id,
                session_id=message.session_id,
                input=message.input,
                id=message.id,
                custom_data=message.custom_data,
            )
            self._post("hermes/nlu/intentNotRecognized", unknown)

    def _decide(self, room: Room, session: Session, text: str, confidence: float) -> None:
        """Words in a session that somebody else decides about."""
        room.waits_until = self._clock() + SKILL_SECONDS
        self._in_background(self._tell(room, session, text, confidence))

    async def _tell(self, room: Room, session: Session, text: str, confidence: float) -> None:
        area = room.site.place.area if room.site.place is not None else ""
        try:
            meant = await self._places.understand(text, area) if text else None
        except ControlError:
            meant = None
        wanted = session.intent_filter or ()
        if meant is not None and meant.intent and (not wanted or meant.intent in wanted):
            told = intent(room.site.name, meant.intent, text, meant.deeds, confidence, session=session)
            self._post(hermes.intent_topic(meant.intent), told)
            return
        room.site.not_recognized(session, text)
        if not session.tell_not_recognized:
            room.waits_until = None
            room.site.close("intentNotRecognized")

    # --- the appliance itself -----------------------------------------------------------------------------

    def _at_home(self, init: hermes.Init) -> None:
        place = self._places.place(LOCAL)
        if place is None:
            return
        if init.type == "notification":
            place.say(init.text or "")
        elif not place.turn:
            place.listen("command", init.text or "")

    def _say_at_home(self, message: hermes.Say) -> None:
        place = self._places.place(LOCAL)
        if place is None:
            return
        begun = asyncio.get_running_loop().create_future()

        def started(turn: int) -> bool:
            if not begun.done():
                begun.set_result(turn)
            return True

        async def finish() -> None:
            turn = await begun
            while place.turn == turn:  # noqa: ASYNC110 - the own place tells nobody of a turn's end
                await asyncio.sleep(0.05)
            over = hermes.SayFinished(site_id=message.site_id, id=message.id, session_id=message.session_id)
            self._post("hermes/tts/sayFinished", over)

        if place.say(message.text, started):
            self._in_background(finish())

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, room in tuple(self._rooms.items()):
                self._look(name, room, self._clock())
