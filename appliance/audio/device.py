"""A real microphone and loudspeaker through PortAudio. See `capture.SoundDevice`.

A card that is missing, busy, or pulled out is tried again for ever, with a back-off. The loudspeaker's
stream is open only while there is something to play and a little longer: an idle one would wake this
process thirty times a second for silence.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from appliance.audio.capture import SECOND_NS, AudioClock, Card, Event, Lost
from appliance.audio.portaudio import Direction, PortAudio
from appliance.audio.recording import Recording
from appliance.audio.speaking import Speaking
from appliance.audio.streams import event_descriptor
from appliance.audio.timer import Timer
from appliance.errors import AudioError

RETRY_MIN_SECONDS = 0.5
RETRY_MAX_SECONDS = 10.0


class Presence:
    """Whether one direction's card is there, and when to look again. Pure; time in seconds."""

    def __init__(self, direction: Direction, name: str) -> None:
        self._direction = direction
        self._name = name
        self._told: bool | None = None
        self._wait_seconds = RETRY_MIN_SECONDS
        self.retry_at = 0.0

    @property
    def missing(self) -> bool:
        """It was looked for and not found, or lost."""
        return self._told is False

    def here(self, device: str) -> list[Event]:
        """It works; news only when it did not before."""
        self._wait_seconds = RETRY_MIN_SECONDS
        return self._tell(present=True, device=device, hint="")

    def gone(self, hint: str, now: float) -> list[Event]:
        """It does not work; look again later, each time after a longer wait."""
        self.retry_at = now + self._wait_seconds
        self._wait_seconds = min(RETRY_MAX_SECONDS, self._wait_seconds * 2)
        return self._tell(present=False, device=self._name, hint=hint)

    def _tell(self, *, present: bool, device: str, hint: str) -> list[Event]:
        if self._told is present:
            return []
        self._told, self._name = present, device
        return [Card(self._direction, present, device, hint)]


class PortAudioDevice:
    """The sound device of a machine with a card."""

    def __init__(self, input_name: str, output_name: str, volume: float) -> None:
        self._library = PortAudio()
        self._timer = Timer()
        self._epoll: select.epoll | None = None
        self._event = -1
        clock = AudioClock()
        self._recording = Recording(self._library, input_name, clock, self._wake)
        self._speaking = Speaking(self._library, output_name, clock, self._wake, volume)
        self._input = Presence("input", input_name)
        self._output = Presence("output", output_name)
        self._signal: Callable[[], None] | None = None
        self._events: list[Event] = []

    def open(self) -> str:
        """Load PortAudio and look for the loudspeaker. Raises AudioError when PortAudio is missing."""
        version = self._library.open()
        self._event, self._signal = event_descriptor()
        self._timer.open()
        self._epoll = select.epoll()
        for number in (self._event, self._timer.fileno()):
            self._epoll.register(number, select.EPOLLIN)
        self._attempt(self._output, self._speaking.look, time.monotonic())
        return version

    def close(self) -> None:
        """Close both streams and every descriptor; may be called twice."""
        self._recording.close()
        self._speaking.close()
        self._timer.close()
        if self._epoll is not None:
            self._epoll.close()
            os.close(self._event)
            self._epoll = None

    def fileno(self) -> int:
        """Readable when a callback has news or something is due."""
        return self._epoll.fileno() if self._epoll is not None else -1

    def service(self) -> list[Event]:
        """Move blocks, notice lost cards, try to open missing ones."""
        self._clear()
        now = time.monotonic()
        self._serve_input(now)
        self._serve_output(now)
        lost = Lost(self._recording.take_lost(), self._speaking.take_lost())
        if any(lost):
            self._events.append(lost)
        self._timer.set(self._deadline_ns(now))
        events, self._events = self._events, []
        return events

    def capture(self, *, on: bool) -> None:
        """Open the microphone at the next `service`, or really close it now."""
        self._recording.want(on=on)

    def tell_emitted(self, *, on: bool) -> None:
        """Also tell what is given to the loudspeaker."""
        self._speaking.tell_emitted = on

    def inject(self, speech: bytes) -> None:
        """A real microphone takes no words from inside."""
        del speech

    def play(self, turn: int, rate_hz: int, speech: bytes) -> None:
        """Queue speech."""
        self._speaking.play(turn, rate_hz, speech)

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn."""
        self._speaking.end(turn)

    def stop(self, turn: int) -> None:
        """Silence this turn now."""
        self._events += self._speaking.stop(turn, time.monotonic())

    def volume(self, level: float) -> None:
        """Loudness of blocks that do not lie ready yet."""
        self._speaking.level = level

    def _serve_input(self, now: float) -> None:
        if self._recording.should_open() and now >= self._input.retry_at:
            self._attempt(self._input, self._recording.open, now)
        self._events += self._recording.blocks(now)
        if self._recording.broken(now):
            self._lose(self._input, self._recording.close, now)

    def _serve_output(self, now: float) -> None:
        if self._speaking.should_open(missing=self._output.missing) and now >= self._output.retry_at:
            self._attempt(self._output, self._speaking.open, now)
        if self._speaking.broken(now):
            self._lose(self._output, self._speaking.close, now)
        if self._output.missing:
            self._speaking.discard()
        self._events += self._speaking.serve(now)

    def _attempt(self, presence: Presence, action: Callable[[], str], now: float) -> None:
        """Look for a card or open it. New cards show only when no stream of the other direction is open."""
        try:
            if presence.missing and not self._recording.is_open and not self._speaking.is_open:
                self._library.refresh()
            self._events += presence.here(action())
        except AudioError as error:
            self._events += presence.gone(f"{error.message}: {error.hint}", now)

    def _lose(self, presence: Presence, close: Callable[[], None], now: float) -> None:
        close()
        self._events += presence.gone("it stopped: plug it in again; it is opened as soon as it is back", now)

    def _deadline_ns(self, now: float) -> int | None:
        """The next moment at which something must be done without a callback's news."""
        deadlines = [*self._recording.deadlines(), *self._speaking.deadlines(now)]
        if self._recording.should_open():
            deadlines.append(self._input.retry_at)
        if self._speaking.should_open(missing=self._output.missing):
            deadlines.append(self._output.retry_at)
        return int(min(deadlines) * SECOND_NS) if deadlines else None

    def _wake(self) -> None:
        """From a callback's thread: there is news."""
        if self._signal is not None:
            self._signal()

    def _clear(self) -> None:
        try:
            os.eventfd_read(self._event)
        except BlockingIOError:
            return
