"""The loudspeaker's side of a real card: from queued speech to the card's blocks, and what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.audio import pcm
from appliance.audio.capture import SECOND_NS, AudioClock, Emitted, Event, Finished, Started
from appliance.audio.playback import PlayQueue, Track
from appliance.audio.portaudio import PortAudio
from appliance.audio.streams import Format, Handed, Loudspeaker
from appliance.errors import AudioError

if TYPE_CHECKING:
    from appliance.audio.convert import Resampler

CLOSE_AFTER_SECONDS = 10.0
"""An open stream answers at once, a closed one costs nothing."""
SILENT_SECONDS = 4.0
"""A stream that asked for nothing for so long is dead; a sound server that slept may take a second or two."""
PIECE_SECONDS = 0.25
LATENCY_SECONDS = 0.08


class Speaking:
    """Opens, feeds and watches the loudspeaker."""

    def __init__(
        self, library: PortAudio, name: str, clock: AudioClock, wake: Callable[[], None], level: float
    ) -> None:
        self._library = library
        self._name = name
        self._clock = clock
        self._wake = wake
        self.level = level
        self._queue = PlayQueue()
        self._speaker: Loudspeaker | None = None
        self._resamplers: dict[int, Resampler] = {}
        self._mono = bytearray()
        self._heard_at = 0.0
        self._used_at = 0.0
        self._lost = 0
        self._opened = 0
        self.tell_emitted = False
        """Tell what is given to the card."""

    @property
    def is_open(self) -> bool:
        """A stream is open."""
        return self._speaker is not None

    def play(self, turn: int, rate_hz: int, speech: bytes) -> None:
        """Queue speech."""
        if self._speaker is not None:
            self._lost += self._speaker.take_starved()
        self._queue.add(turn, rate_hz, speech)

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn."""
        self._queue.end(turn)

    def stop(self, turn: int, now: float) -> list[Event]:
        """Forget this turn; a stream that plays it is closed, which drops what the card still holds."""
        events = self._account()
        playing = self._queue.head
        removed = self._queue.remove(turn)
        if playing in removed:
            self.close()
        return events + [self._finished(track, now, interrupted=True) for track in removed]

    def should_open(self, *, missing: bool) -> bool:
        """There is something to play, or a missing one may be back."""
        waiting = self._queue.head is not None and bool(self._queue.head.pieces)
        return self._speaker is None and (waiting or missing)

    def look(self) -> str:
        """Is there one? Its name. Raises AudioError."""
        return str(self._library.find("output", self._name)["name"])

    def open(self) -> str:
        """Open it in the first format that the card takes; its name. Raises AudioError."""
        device = self._library.find("output", self._name)
        library, label = self._library.sounddevice, str(device["name"])
        failure: Exception | None = None
        for wanted in self._library.formats("output", device):
            speaker = Loudspeaker(library, device["index"], wanted, LATENCY_SECONDS, self._wake)
            try:
                speaker.open()
            except library.PortAudioError as error:
                speaker.close()
                failure = error
                continue
            self._speaker = speaker
            self._opened += 1
            self._used_at = time.monotonic()
            return label
        hint = "another program may hold it: `fuser -v /dev/snd/*`"
        raise AudioError(f"loudspeaker {label!r} cannot be opened: {failure}", hint)

    def close(self) -> None:
        """Fall silent, free the card, drop what lay ready."""
        speaker, self._speaker = self._speaker, None
        self._mono.clear()
        self._resamplers.clear()
        self._heard_at = 0.0
        if speaker is not None:
            self._lost += speaker.take_starved()
            speaker.close()

    def discard(self) -> None:
        """There is no loudspeaker: speech is not kept for later."""
        self._queue.discard()

    def broken(self, now: float) -> bool:
        """The stream ended by itself, or asks for nothing any more."""
        speaker = self._speaker
        return speaker is not None and (speaker.ended or now - speaker.last_call_at > SILENT_SECONDS)

    def serve(self, now: float) -> list[Event]:
        """Take note of what was played, make more ready, finish what was heard, close what is idle."""
        events = self._account()
        self._feed()
        while (track := self._queue.head) is not None and self._exhausted(track) and self._heard_at <= now:
            self._queue.finish_head()
            events.append(self._finished(track, self._heard_at or now, interrupted=False))
            self._resamplers.clear()
            self._feed()
        if self._queue:
            self._used_at = now
        elif self._speaker is not None and now - self._used_at >= CLOSE_AFTER_SECONDS:
            self.close()
        return events

    def deadlines(self, now: float) -> list[float]:
        """When to look again without a callback's news, in seconds of the monotonic clock."""
        if self._speaker is None:
            return []
        track = self._queue.head
        idle = [self._used_at + CLOSE_AFTER_SECONDS] if track is None else []
        heard = [max(now, self._heard_at)] if track is not None and self._exhausted(track) else []
        return [self._speaker.last_call_at + SILENT_SECONDS + 0.01, *idle, *heard]

    def take_lost(self) -> int:
        """Blocks that were played as silence in the middle of speech, or dropped, since the last call."""
        lost, self._lost = self._lost, 0
        return lost + self._queue.take_dropped_blocks()

    def _account(self) -> list[Event]:
        events: list[Event] = []
        while self._speaker is not None and (handed := self._speaker.take_handed()) is not None:
            events += self._note(handed, self._speaker.format.rate_hz)
        return events

    def _note(self, handed: Handed, rate_hz: int) -> list[Event]:
        track = handed.track
        track.played(rate_hz, handed.mono)
        self._heard_at = handed.heard_at
        events: list[Event] = []
        if self.tell_emitted:
            seconds = len(handed.mono) / (pcm.SAMPLE_BYTES * rate_hz)
            heard_ns = int((handed.heard_at - seconds) * SECOND_NS)
            known_ns = int(handed.at * SECOND_NS)
            events.append(Emitted(self._opened, handed.first_frame, heard_ns, known_ns, rate_hz, handed.mono))
        if not track.started:
            track.started = True
            events.append(Started(track.turn, self._clock.at_ms(int(handed.at * SECOND_NS))))
        return events

    def _feed(self) -> None:
        """Make blocks of the first turn ready."""
        speaker, track = self._speaker, self._queue.head
        if speaker is None:
            return
        while track is not None and not speaker.full() and (block := self._block(speaker, track)):
            frames = _spread(block, speaker.format.channels)
            speaker.put(track, block, frames)
        speaker.expecting = track is not None and track.started and not self._converted(track)

    def _block(self, speaker: Loudspeaker, track: Track) -> bytes:
        """The next block at the card's rate and our volume; short only at the end of a turn, or empty."""
        while len(self._mono) < speaker.block_bytes and (taken := track.take(PIECE_SECONDS)) is not None:
            self._mono += self._convert(*taken, speaker.format)
        if len(self._mono) < speaker.block_bytes:
            if not track.ended:
                return b""
            self._flush()
        block = bytes(self._mono[: speaker.block_bytes])
        del self._mono[: speaker.block_bytes]
        return pcm.scale(block, self.level) if block else b""

    def _convert(self, rate_hz: int, piece: bytes, wanted: Format) -> bytes:
        if rate_hz == wanted.rate_hz:
            return piece
        if rate_hz not in self._resamplers:
            from appliance.audio.convert import Resampler

            self._flush()
            self._resamplers[rate_hz] = Resampler(rate_hz, wanted.rate_hz)
        return self._resamplers[rate_hz].feed(piece)

    def _flush(self) -> None:
        """What the filters still hold belongs before anything that follows."""
        for resampler in self._resamplers.values():
            self._mono += resampler.feed(b"", last=True)
        self._resamplers.clear()

    def _converted(self, track: Track) -> bool:
        """All of this turn has been made ready."""
        return track.ended and not track.pieces and not self._mono and not self._resamplers

    def _exhausted(self, track: Track) -> bool:
        """All of this turn went to the card."""
        return self._converted(track) and (self._speaker is None or self._speaker.idle())

    def _finished(self, track: Track, at: float, *, interrupted: bool) -> Event:
        at_ms = self._clock.at_ms(int(at * SECOND_NS))
        return Finished(track.turn, at_ms, track.seconds, track.rms(), interrupted)


def _spread(mono: bytes, channels: int) -> bytes:
    if channels == 1:
        return mono
    from appliance.audio.convert import spread

    return spread(mono, channels)
