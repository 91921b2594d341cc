"""What skills and other programs ask of the rooms that speak Hermes: sessions, speech, understanding."""

from __future__ import annotations

import asyncio
import uuid

import msgspec

from appliance.errors import ControlError
from appliance.pipeline.places import LOCAL
from appliance.satellites import hermes
from appliance.satellites.hermes_rooms import HOME_SITES, HermesRooms, Room
from appliance.satellites.hermes_site import Session, intent

MAX_QUEUED = 4
"""Sessions that wait for a busy room."""
SKILL_SECONDS = 15.0
"""Who decides what words mean must go on within it, or the session ends."""
NO_WORDS = "the words of people are not published here: satellites.publish_words is off"


class HermesSkills(HermesRooms):
    """What `hermes_hub` hands on."""

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
