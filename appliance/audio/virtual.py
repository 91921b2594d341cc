"""A microphone and a loudspeaker where there is no card, paced by the monotonic clock.

The microphone gives silence, or what was injected, in real time; the loudspeaker takes speech in real time
and measures it. Standard library only, so that a machine without a card pays nothing for sound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from appliance.audio import pcm
from appliance.audio.capture import (
    SECOND_NS,
    AudioClock,
    Emitted,
    Event,
    Finished,
    Heard,
    Lost,
    Spoken,
    Started,
)
from appliance.audio.playback import PlayQueue, Track
from appliance.audio.timer import Timer

BLOCK_NS = pcm.BLOCK_SAMPLES * SECOND_NS // pcm.RATE_HZ
SILENCE = bytes(pcm.BLOCK_BYTES)
IDLE_BLOCKS = 4
"""Silence comes in bundles: waking up less often is what an idle appliance saves."""
FINE_BLOCKS = 200
"""Blocks after the last injected sample that still come one by one: somebody waits for the end of speech."""
MAX_CATCH_UP_BLOCKS = 64
"""After a stall at most two seconds are made up for; time beyond it is skipped and counted."""
MAX_INJECTED_BYTES = 120 * pcm.RATE_HZ * pcm.SAMPLE_BYTES


class VirtualDevice:
    """The sound device of `audio.device = "none"`; see `capture.SoundDevice`."""

    def __init__(self, volume: float, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._volume = volume
        self._now = clock_ns
        self._timer = Timer()
        self._clock = AudioClock()
        self._events: list[Event] = []
        self._on = False
        self._origin_ns = 0
        self._sent_blocks = 0
        self._fine_until_block = 0
        self._speech = bytearray()
        self._speaking = False
        self._queue = PlayQueue()
        self._cursor_ns = 0
        self._lost_input = 0
        self._lost_output = 0
        self._tell_emitted = False

    def open(self) -> str:
        """Ready at once."""
        self._timer.open()
        return "no sound card: virtual microphone and loudspeaker"

    def close(self) -> None:
        """Release the timer."""
        self._timer.close()

    def fileno(self) -> int:
        """The timer: readable when a block is due or speech has been played."""
        return self._timer.fileno()

    def service(self) -> list[Event]:
        """Blocks that are due, and what the loudspeaker has finished."""
        now = self._now()
        self._listen(now)
        self._play_due(now)
        self._report_lost()
        self._timer.set(self._deadline_ns(now))
        events, self._events = self._events, []
        return events

    def capture(self, *, on: bool) -> None:
        """Start or stop the microphone; what was still to be spoken into it is dropped."""
        now = self._now()
        if on == self._on:
            return
        if on:
            self._clock.start(now)
            self._origin_ns, self._sent_blocks, self._fine_until_block = now, 0, 0
        else:
            self._listen(now)
            self._clock.stop(now)
            self._speech.clear()
        self._on = on

    def tell_emitted(self, *, on: bool) -> None:
        """Also tell what is played."""
        self._tell_emitted = on

    def inject(self, speech: bytes) -> None:
        """16 kHz mono s16le that the microphone hears from the next block on; nothing while it is closed."""
        if not self._on:
            return
        self._listen(self._now())
        room = MAX_INJECTED_BYTES - len(self._speech)
        self._speech += speech[:room]
        self._lost_input += math.ceil(max(0, len(speech) - room) / pcm.BLOCK_BYTES)

    def play(self, turn: int, rate_hz: int, speech: bytes) -> None:
        """Queue speech; it starts now when nothing else is being played."""
        now = self._now()
        self._play_due(now)
        head = self._queue.head
        if head is not None and head.started and not head.pieces and not head.ended and self._cursor_ns < now:
            self._lost_output += math.ceil((now - self._cursor_ns) / BLOCK_NS)
            self._cursor_ns = now
        self._queue.add(turn, rate_hz, speech)
        self._play_due(now)

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn."""
        self._queue.end(turn)

    def stop(self, turn: int) -> None:
        """Silence this turn now."""
        now = self._now()
        self._play_due(now)
        for track in self._queue.remove(turn):
            self._cursor_ns = min(self._cursor_ns, now)
            self._finished(track, now, interrupted=True)

    def volume(self, level: float) -> None:
        """Loudness from now on."""
        self._play_due(self._now())
        self._volume = level

    def _listen(self, now_ns: int) -> None:
        """Blocks that are due."""
        if not self._on:
            return
        due = (now_ns - self._origin_ns) // BLOCK_NS - self._sent_blocks
        if due > MAX_CATCH_UP_BLOCKS:
            self._lost_input += due - MAX_CATCH_UP_BLOCKS
            self._origin_ns += (due - MAX_CATCH_UP_BLOCKS) * BLOCK_NS
            due = MAX_CATCH_UP_BLOCKS
        for _ in range(due):
            first_sample = self._sent_blocks * pcm.BLOCK_SAMPLES
            self._sent_blocks += 1
            end_ns = self._origin_ns + self._sent_blocks * BLOCK_NS
            at_ms = self._clock.block(first_sample, pcm.BLOCK_SAMPLES, end_ns)
            if self._speech and not self._speaking:
                self._events.append(Spoken(at_ms))
            self._speaking = bool(self._speech)
            self._events.append(Heard(at_ms, self._cut(), end_ns - BLOCK_NS))

    def _cut(self) -> bytes:
        """The next block: speech while there is some, then silence."""
        if not self._speech:
            return SILENCE
        block = bytes(self._speech[: pcm.BLOCK_BYTES])
        del self._speech[: pcm.BLOCK_BYTES]
        self._fine_until_block = self._sent_blocks + FINE_BLOCKS
        return block.ljust(pcm.BLOCK_BYTES, b"\0")

    def _play_due(self, now_ns: int) -> None:
        """Let the loudspeaker take what time has passed for."""
        while (track := self._queue.head) is not None:
            if track.pieces:
                if not track.started:
                    self._start(track, now_ns)
                if self._cursor_ns >= now_ns:
                    return
                self._consume(track, (now_ns - self._cursor_ns) / SECOND_NS)
            elif track.ended and self._cursor_ns <= now_ns:
                self._queue.finish_head()
                self._finished(track, self._cursor_ns if track.started else now_ns, interrupted=False)
            else:
                return

    def _start(self, track: Track, now_ns: int) -> None:
        track.started = True
        self._cursor_ns = max(self._cursor_ns, now_ns)
        self._events.append(Started(track.turn, self._clock.at_ms(now_ns)))

    def _consume(self, track: Track, seconds: float) -> None:
        taken = track.take(seconds)
        if taken is not None:
            rate_hz, piece = taken
            track.played(rate_hz, piece, self._volume)
            if self._tell_emitted:
                loud = pcm.scale(piece, self._volume)
                at_ns = self._cursor_ns
                frame = round(at_ns * rate_hz / SECOND_NS)
                self._events.append(Emitted(rate_hz, frame, at_ns, at_ns, rate_hz, loud))
            self._cursor_ns += len(piece) // pcm.SAMPLE_BYTES * SECOND_NS // rate_hz

    def _finished(self, track: Track, at_ns: int, *, interrupted: bool) -> None:
        at_ms = self._clock.at_ms(at_ns)
        self._events.append(Finished(track.turn, at_ms, track.seconds, track.rms(), interrupted))

    def _report_lost(self) -> None:
        lost_output = self._lost_output + self._queue.take_dropped_blocks()
        if self._lost_input or lost_output:
            self._events.append(Lost(self._lost_input, lost_output))
            self._lost_input = self._lost_output = 0

    def _deadline_ns(self, now_ns: int) -> int | None:
        """When there is something to do next; None when never."""
        deadlines = []
        if self._on:
            fine = bool(self._speech) or self._sent_blocks < self._fine_until_block
            bundle = 1 if fine else IDLE_BLOCKS
            deadlines.append(self._origin_ns + (self._sent_blocks + bundle) * BLOCK_NS)
        track = self._queue.head
        if track is not None and (track.pieces or track.ended):
            end_ns = self._cursor_ns + int(track.waiting_seconds() * SECOND_NS) + 1
            deadlines.append(min(end_ns, now_ns + IDLE_BLOCKS * BLOCK_NS))
        return min(deadlines, default=None)
