"""One caller: frames become acts of its place, and what its place wants becomes frames."""

from __future__ import annotations

from collections.abc import Callable

from appliance.audio import pcm
from appliance.calls import protocol
from appliance.pipeline.places import Place
from appliance.pipeline.trace import TurnNote

MAX_AHEAD_MS = 10_000
"""So much more audio than time has passed is let through: a connection that stalled catches up."""
TOO_MUCH = protocol.Refused("too much waits here already", "ask again in a moment")


class Caller:
    """A place's output, and its hands. Used in one event loop."""

    def __init__(
        self, opened: protocol.Open, send: Callable[[protocol.ToCaller], None], clock: Callable[[], float]
    ) -> None:
        """`send` never blocks and never raises; `clock` in seconds."""
        self._sounds = opened.sound
        self._send = send
        self._clock = clock
        self._since: float | None = None
        self._heard_ms = 0.0
        self.dropped_ms = 0.0
        """Audio that came faster than anybody speaks."""
        self.place: Place | None = None

    def receive(self, frame: protocol.FromCaller) -> None:
        """What it said after `Open`."""
        place = self.place
        if place is None:
            return
        match frame:
            case protocol.Audio():
                self._hear(place, frame)
            case protocol.Search(on=on):
                place.search(on)
            case protocol.Talk():
                place.listen()
            case protocol.Finish():
                place.finish()
            case protocol.Ask(text=text, id=number):
                self._queue(number, place.ask(text, self._begun(number)))
            case protocol.Say(text=text, id=number):
                self._queue(number, place.say(text, self._begun(number)))
            case protocol.Hush():
                place.hush()
            case protocol.Playing(turn=turn, at_ms=at_ms):
                place.play_started(turn, at_ms)
            case protocol.Played(turn=turn):
                place.played(turn)

    def _hear(self, place: Place, frame: protocol.Audio) -> None:
        now = self._clock()
        if self._since is None:
            self._since = now
        whole = frame.pcm[: len(frame.pcm) // pcm.SAMPLE_BYTES * pcm.SAMPLE_BYTES]
        lasts = pcm.milliseconds(whole)
        if self._heard_ms + lasts > (now - self._since) * 1000 + MAX_AHEAD_MS:
            self.dropped_ms += lasts
            return
        self._heard_ms += lasts
        place.hear(frame.at_ms, whole)

    def _begun(self, number: int) -> Callable[[int], bool]:
        def begin(turn: int) -> bool:
            self._send(protocol.Begun(number, turn))
            return self.place is not None  # nobody waits for it any more once the caller is gone

        return begin

    def _queue(self, number: int, taken: bool) -> None:
        if not taken:
            self._send(protocol.Refused(TOO_MUCH.message, TOO_MUCH.hint, number))

    # --- the place's output (see `pipeline.places.Output`) -----------------------------------------------

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        """A piece of speech; a typed conversation does not want it."""
        if self._sounds:
            self._send(protocol.Play(turn, rate_hz, pcm))

    def end(self, turn: int) -> None:
        """All of it was handed over."""
        if self._sounds:
            self._send(protocol.End(turn))
        elif self.place is not None:
            self.place.play_started(turn)
            self.place.played(turn)

    def cancel(self, turn: int) -> None:
        """Silence."""
        if self._sounds:
            self._send(protocol.Cancel(turn))

    def chime(self, turn: int) -> None:
        """The wake word was heard."""
        self._send(protocol.Sound(turn, "chime"))

    def tick(self, turn: int) -> None:
        """It takes long."""
        self._send(protocol.Sound(turn, "tick"))

    def volume(self, level: float) -> None:
        """So loud."""
        self._send(protocol.Volume(level))

    def note(self, note: TurnNote) -> None:
        """What happens."""
        self._send(protocol.Note(note.turn, note.kind, note.at_ms, note.data))

    def searched(self, on: bool, reason: str) -> None:
        """Whether it is listened to for the wake word."""
        self._send(protocol.Searched(on, reason))
