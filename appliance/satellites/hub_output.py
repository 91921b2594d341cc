"""What a place does, said to its satellite: progress, words, and speech as it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.config.model import Config
from appliance.pipeline.places import Place
from appliance.pipeline.trace import TurnNote
from appliance.satellites import protocol
from appliance.satellites.flow import Faults
from appliance.satellites.hub_runs import CALL, Runs
from appliance.satellites.hub_speech import Speech
from appliance.satellites.protocol_audio import Chunk

IDLE = "idle"
_STATES: dict[str, protocol.State] = {
    "listening": "listening",
    "endpoint": "transcribing",
    "transcript": "thinking",
    "reply": "speaking",
}
_TEXTS = {"partial": "partial", "transcript": "final", "reply": "reply"}


class Wiring(msgspec.Struct, frozen=True):
    """What all satellites use."""

    config: Callable[[], Config]
    say: Callable[[str, str, protocol.Message | Chunk], None]
    """(name, leaf of `down`, message)"""
    faults: Faults
    clock: Callable[[], float]
    button: Callable[[str, protocol.Button], None]
    call: Callable[[str, str], None]
    """A satellite wants to talk to that place; "" hangs up."""
    changed: Callable[[str], None]


class Counters(msgspec.Struct):
    """What happened to one satellite's messages."""

    received: int = 0
    audio_bytes: int = 0
    lost_chunks: int = 0
    stale_chunks: int = 0
    speech_seconds_dropped: float = 0.0
    vanished: int = 0


class SatelliteOutput:
    """See `places.Output`."""

    def __init__(self, name: str, wiring: Wiring) -> None:
        self.name = name
        self.online = False
        self.away = False
        """It said that it went, or its will did."""
        self.capabilities: protocol.Capabilities | None = None
        self.place: Place | None = None
        """While it takes part."""
        self.refused = ""
        """Why it does not, though it is there."""
        self.mute = protocol.Mute(muted=False)
        self.level_of_volume: float | None = None
        self.health = protocol.Level()
        self.state: str = IDLE
        self.search: protocol.Search | None = None
        self.counters = Counters()
        self._wiring = wiring
        self._listen_anew()

    def _listen_anew(self) -> None:
        self._runs = Runs()
        self._call_run = 0
        self._speech: Speech | None = None
        self._pump: asyncio.TimerHandle | None = None
        self._owes_since = self._wiring.clock()
        self.state = IDLE

    # --- what its place does ------------------------------------------------------------------------------

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        """The next piece of speech."""
        if not self._has_loudspeaker:
            return
        self._speech_of(turn).put(rate_hz, pcm)
        self._send_speech()

    def end(self, turn: int) -> None:
        """Nothing more follows."""
        if not self._has_loudspeaker:
            if self.place is not None:
                asyncio.get_running_loop().call_soon(self.place.played, turn)
            return
        self._speech_of(turn).end()
        self._send_speech()

    def cancel(self, turn: int) -> None:
        """Silence at once."""
        if not self._runs.known(turn):
            self._call_over()
            return
        run = self._runs.run_of(turn)
        if self._speech is not None and self._speech.run == run:
            if self._speech.owed:
                self._say("cancel", protocol.Cancel(run))
            self._forget_speech()
        if run == self._call_run:
            self._call_over()

    def chime(self, turn: int) -> None:
        """This place answers."""
        self._say("chime", protocol.Chime(self._runs.run_of(turn)))

    def tick(self, turn: int) -> None:
        """The answer takes long."""
        self._say("tick", protocol.Tick(self._runs.run_of(turn)))

    def volume(self, level: float) -> None:
        """Loudness from now on."""
        if self.capabilities is not None and self.capabilities.volume:
            self._say("volume", protocol.Volume(min(1.0, max(0.0, level))))

    def searched(self, on: bool, reason: str) -> None:
        """Its stream is searched, or not."""
        self.search = protocol.Search(on, protocol.printable(reason, 300))
        self._say("search", self.search)

    def note(self, note: TurnNote) -> None:
        """Something happened in one of its turns."""
        if note.kind == "intent":
            self._progress(note.turn, "acting" if note.data.get("deeds") else "thinking")
        elif note.kind in _STATES:
            self._progress(note.turn, _STATES[note.kind])
        elif note.kind == "done":
            self._done(note)
        if note.kind in _TEXTS:
            self._text(note)

    def _done(self, note: TurnNote) -> None:
        run = self._runs.run_of(note.turn)
        outcome: Any = note.data.get("outcome", "")
        self._say("run", protocol.Progress(run, "done", outcome))
        if self._speech is not None and self._speech.run == run:
            self._forget_speech()
        self.state = IDLE
        self._wiring.changed(self.name)

    def _text(self, note: TurnNote) -> None:
        wanted = self.capabilities is not None and self.capabilities.text
        if wanted and self._wiring.config().satellites.send_text:
            kind: Any = _TEXTS[note.kind]
            text = str(note.data.get("text", ""))[: protocol.MAX_TEXT_CHARS]
            self._say("text", protocol.Text(self._runs.run_of(note.turn), kind, text))

    def _progress(self, turn: int, state: protocol.State) -> None:
        if self.state == state:
            return
        self.state = state
        self._owes_since = self._wiring.clock()
        self._say("run", protocol.Progress(self._runs.run_of(turn), state))
        self._wiring.changed(self.name)

    # --- calls ----------------------------------------------------------------------------------------------

    def call_opened(self, peer: str, number: int) -> None:
        """A line to that place is open."""
        self._call_run = CALL | number % (1 << 30)
        self._say("intercom", protocol.Call(self._call_run, _peer(peer), on=True))

    def call_refused(self, peer: str, reason: str) -> None:
        """It cannot be opened."""
        self._say("intercom", protocol.Call(CALL, _peer(peer), on=False, reason=reason))

    def _call_over(self) -> None:
        if self._call_run:
            run, self._call_run = self._call_run, 0
            self._forget_speech()
            self._say("intercom", protocol.Call(run, "", on=False))

    def _hang_up(self) -> None:
        if self._call_run:
            self._wiring.call(self.name, "")

    # --- speech ---------------------------------------------------------------------------------------------

    @property
    def _has_loudspeaker(self) -> bool:
        return self.capabilities is not None and self.capabilities.loudspeaker

    def _speech_of(self, turn: int) -> Speech:
        if not self._runs.known(turn) and self.place is not None and self.place.turn != turn:
            if not self._call_run:  # somebody else opened the line
                self.call_opened("", turn)
            self._runs.bind(turn, self._call_run)
        run = self._runs.run_of(turn)
        if self._speech is None or self._speech.run != run:
            self._forget_speech()
            able = self.capabilities or protocol.Capabilities((protocol.VERSION,))
            self._speech = Speech(run, able.max_payload_bytes, able.max_ahead_ms / 1000)
        return self._speech

    def _send_speech(self) -> None:
        self._stop_pumping()
        speech, now = self._speech, self._wiring.clock()
        if speech is None:
            return
        for chunk in speech.due(now):
            self._say("speech", chunk)
        wait = speech.wait_seconds(now)
        if wait is not None:
            self._pump = asyncio.get_running_loop().call_later(wait, self._send_speech)

    def _forget_speech(self) -> None:
        self._stop_pumping()
        if self._speech is not None:
            self.counters.speech_seconds_dropped += self._speech.dropped_seconds
        self._speech = None

    def _stop_pumping(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None

    def _say(self, leaf: str, message: protocol.Message | Chunk) -> None:
        self._wiring.say(self.name, leaf, message)


def _peer(name: str) -> str:
    return name if protocol.NAME.fullmatch(name) else ""
