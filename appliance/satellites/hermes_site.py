"""One room that speaks Hermes: its loudspeaker, and its session as others see it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from appliance.audio import pcm as audio
from appliance.pipeline.places import Place
from appliance.pipeline.trace import TurnNote
from appliance.satellites import hermes, hermes_wav

GATHER_SECONDS = 0.08
"""What is made within it goes out as one WAV: a satellite pauses between two."""
MAX_WAV_SECONDS = 8.0
"""Microcontrollers hold no more."""
LATE_SECONDS = 2.0
"""A satellite that has not said by then that it played everything never will."""
MAX_SLOTS = 64
MAX_QUEUED_BYTES = 8 * 1024 * 1024
OUTCOMES: dict[str, hermes.Reason] = {
    "answered": "nominal",
    "captured": "nominal",
    "silent": "timeout",
    "late": "timeout",
    "interrupted": "abortedByUser",
}
Toggled = Literal["dialogueSession", "ttsSay", "playAudio"]

Post = Callable[[str, msgspec.Struct | bytes], None]


@dataclass
class Session:
    """What the world knows of an exchange; it may last for several turns."""

    id: str
    custom_data: str | None = None
    lang: str | None = None
    wake_word: str | None = None
    intent_filter: tuple[str, ...] | None = None
    tell_not_recognized: bool = False
    skill: bool = False
    """Somebody else decides what its words mean, and goes on with it."""
    quiet: bool = False
    """Somebody uses only the loudspeaker or the recogniser: no event tells of a session."""
    recognized: bool = True
    started: bool = False
    turns: set[int] = field(default_factory=set)


class HermesSite:
    """See `places.Output`. `post` publishes; nothing here waits."""

    def __init__(self, name: str, post: Post, words: Callable[[], bool], language: str) -> None:
        self.name = name
        self.place: Place | None = None
        self.session: Session | None = None
        self.says: dict[int, hermes.Say] = {}
        """Requests of `tts/say` by the turn that speaks them."""
        self.detects = False
        """It finds its wake word itself."""
        self.on_text: Callable[[Session, str, float], None] | None = None
        """Gets what was heard in a session that somebody else decides about."""
        self._post = post
        self._words = words
        self._language = language
        self._turn = 0
        self._rate_hz = 0
        self._queue = bytearray()
        self._ended = False
        self._playing = ""
        self._timer: asyncio.TimerHandle | None = None
        self._heard: tuple[str, float] = ("", 0.0)

    # --- loudspeaker --------------------------------------------------------------------------------------

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        """Gather for a moment, then send one WAV after the other."""
        if turn != self._turn or rate_hz != self._rate_hz:
            self._silence()
            self._turn, self._rate_hz = turn, rate_hz
        if len(self._queue) + len(pcm) <= MAX_QUEUED_BYTES:
            self._queue += pcm
        self._soon()

    def end(self, turn: int) -> None:
        """Nothing more follows."""
        if turn != self._turn:
            self._silence()
            self._turn, self._rate_hz = turn, self._rate_hz or audio.RATE_HZ
        self._ended = True
        self._soon()

    def cancel(self, turn: int) -> None:
        """Forget what is queued. Hermes cannot stop a WAV that plays: it is short."""
        if turn == self._turn:
            self._silence()

    def chime(self, turn: int) -> None:
        """Satellites show the start of a session by themselves."""

    def tick(self, turn: int) -> None:
        """There is no such message."""

    def volume(self, level: float) -> None:
        """Loudness from now on."""
        message = hermes.SetVolume(site_id=self.name, volume=min(1.0, max(0.0, level)))
        self._post("rhasspy/audioServer/setVolume", message)

    def searched(self, on: bool, reason: str) -> None:
        """Hermes has a message for trouble only."""
        if not on:
            error = hermes.Failure(site_id=self.name, error=f"not searched for the wake word: {reason}"[:500])
            self._post("hermes/error/hotword", error)

    def finished(self, request: str | None) -> None:
        """The satellite played this WAV (or, without an id, the last one)."""
        if self._playing and request in {None, "", self._playing}:
            self._next()

    def _soon(self) -> None:
        if not self._playing and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._next)

    def _next(self) -> None:
        """Send what was gathered; or, when that was all, the reply is over."""
        self._stop_timer()
        was_playing, self._playing = bool(self._playing), ""
        if self._queue:
            self._send(self._queue[: int(MAX_WAV_SECONDS * self._rate_hz) * audio.SAMPLE_BYTES])
        elif self._ended:
            turn, self._turn, self._ended = self._turn, 0, False
            if was_playing:
                self._toggle("toggleOn", "ttsSay")
            if self.place is not None:
                self.place.played(turn)

    def _send(self, pcm: bytearray) -> None:
        request = uuid.uuid4().hex
        wav = hermes_wav.encode(self._rate_hz, bytes(pcm))
        del self._queue[: len(pcm)]
        self._playing = request
        self._toggle("toggleOff", "ttsSay")
        self._post(hermes.play_topic(self.name, request), wav)
        if self.place is not None:
            self.place.play_started(self._turn)
        seconds = len(pcm) / audio.SAMPLE_BYTES / self._rate_hz
        self._timer = asyncio.get_running_loop().call_later(seconds + LATE_SECONDS, self._next)

    def _silence(self) -> None:
        self._stop_timer()
        if self._playing:
            self._toggle("toggleOn", "ttsSay")
        self._queue.clear()
        self._turn, self._ended, self._playing = 0, False, ""

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- session ------------------------------------------------------------------------------------------

    def note(self, note: TurnNote) -> None:
        """Tell the session's events."""
        match note.kind:
            case "wake":
                self._wake(note)
            case "listening":
                self._listening(note.turn)
            case "endpoint":
                stop = hermes.StopListening(site_id=self.name, session_id=self._session_id)
                self._post("hermes/asr/stopListening", stop)
            case "transcript":
                self._transcript(note.data)
            case "intent":
                self._intent(note.data)
            case "reply":
                self._begin(note.turn)
            case "done":
                self._done(note.turn, str(note.data.get("outcome", "")))
            case _:
                pass

    def open(self, session: Session) -> None:
        """The next turn here belongs to this session."""
        self.session = session

    def close(self, reason: hermes.Reason) -> None:
        """End the session, if there is one."""
        session, self.session = self.session, None
        if session is None or not session.started or session.quiet:
            return
        self._post(
            "hermes/dialogueManager/sessionEnded",
            hermes.SessionEnded(
                site_id=self.name,
                session_id=session.id,
                termination=hermes.Termination(reason),
                custom_data=session.custom_data,
            ),
        )
        self._toggle("toggleOn", "dialogueSession")

    def gone(self) -> None:
        """The satellite is not there any more."""
        self.close("siteUnavailable")
        self._silence()
        self.place = None

    def _wake(self, note: TurnNote) -> None:
        word = str(note.data.get("word", ""))[:64]
        self.close("abortedByUser")
        self.session = Session(uuid.uuid4().hex, lang=self._language, wake_word=word)
        if not self.detects:
            score = float(note.data.get("score", 0.0))
            heard = hermes.Detected(site_id=self.name, model_id=word, current_sensitivity=score)
            self._post(hermes.detected_topic(word), heard)

    def _begin(self, turn: int) -> Session:
        session = self.session
        if session is None:
            session = self.session = Session(uuid.uuid4().hex, lang=self._language)
        session.turns.add(turn)
        if not session.started and not session.quiet:
            session.started = True
            self._toggle("toggleOff", "dialogueSession")
            self._post(
                "hermes/dialogueManager/sessionStarted",
                hermes.SessionStarted(
                    site_id=self.name,
                    session_id=session.id,
                    custom_data=session.custom_data,
                    lang=session.lang,
                ),
            )
        return session

    def _listening(self, turn: int) -> None:
        session = self._begin(turn)
        self._post("hermes/asr/toggleOn", hermes.Toggle(site_id=self.name, reason="dialogueSession"))
        self._post(
            "hermes/asr/startListening",
            hermes.StartListening(
                site_id=self.name,
                session_id=session.id,
                wakeword_id=session.wake_word,
                intent_filter=session.intent_filter,
                lang=session.lang,
            ),
        )

    def _transcript(self, data: dict[str, Any]) -> None:
        session = self.session
        if session is None:
            return
        text, confidence = str(data.get("text", "")), float(data.get("confidence", 0.0))
        self._heard = (text, confidence)
        captured = hermes.TextCaptured(
            site_id=self.name,
            text=text[:1_000] if self._words() else "",
            likelihood=confidence,
            seconds=float(data.get("ms", 0.0)) / 1000,
            session_id=session.id,
            wakeword_id=session.wake_word,
            lang=session.lang,
        )
        self._post("hermes/asr/textCaptured", captured)

    def _intent(self, data: dict[str, Any]) -> None:
        session = self.session
        if session is None:
            return
        name, (text, confidence) = str(data.get("intent", "")), self._heard
        session.recognized = bool(name)
        if not self._words():
            return
        if name:
            deeds = data.get("deeds", [])
            message = intent(self.name, name, text, deeds, confidence, session=session)
            self._post(hermes.intent_topic(name), message)
        else:
            self.not_recognized(session, text)

    def not_recognized(self, session: Session, text: str) -> None:
        """Tell that nobody knows what that means."""
        message = hermes.NotRecognized(
            site_id=self.name,
            session_id=session.id,
            input=text[:1_000] if self._words() else "",
            custom_data=session.custom_data,
        )
        self._post("hermes/nlu/intentNotRecognized", message)
        if session.tell_not_recognized:
            self._post("hermes/dialogueManager/intentNotRecognized", message)

    def _done(self, turn: int, outcome: str) -> None:
        say = self.says.pop(turn, None)
        if say is not None:
            over = hermes.SayFinished(site_id=self.name, id=say.id, session_id=say.session_id)
            self._post("hermes/tts/sayFinished", over)
        session = self.session
        if session is None or turn not in session.turns:
            return
        if session.skill and outcome == "captured":
            if self.on_text is not None:
                self.on_text(session, *self._heard)
            return
        if session.skill and outcome == "answered":
            return  # a word in between; who decides about it goes on
        reason = OUTCOMES.get(outcome, "error")
        self.close("intentNotRecognized" if reason == "nominal" and not session.recognized else reason)

    @property
    def _session_id(self) -> str | None:
        return self.session.id if self.session is not None else None

    def _toggle(self, which: str, reason: Toggled) -> None:
        self._post(f"hermes/hotword/{which}", hermes.Toggle(site_id=self.name, reason=reason))


def intent(
    site: str, name: str, text: str, deeds: Any, confidence: float, *, session: Session | None = None
) -> hermes.Intent:
    """An intent as others want it: the values of its deeds are its slots."""
    slots = tuple(slot for deed in deeds for slot in _slots(deed))[:MAX_SLOTS]
    return hermes.Intent(
        site_id=site,
        input=text,
        intent=hermes.IntentName(name, confidence),
        slots=slots,
        session_id=session.id if session else None,
        custom_data=session.custom_data if session else None,
        raw_input=text,
        wakeword_id=session.wake_word if session else None,
        lang=session.lang if session else None,
    )


def _slots(deed: Any) -> Iterator[hermes.Slot]:
    table = deed if isinstance(deed, dict) else msgspec.to_builtins(deed)
    values = [("name", entity_id) for entity_id in table["entity_id"]] + list(table["data"].items())
    for key, value in values:
        yield hermes.Slot(key, key, {"kind": "Unknown", "value": value}, str(value))
