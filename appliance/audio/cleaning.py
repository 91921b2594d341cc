"""Between the microphone and everybody who listens: no echo, less noise, an even loudness.

What is switched off costs nothing and delays nothing; the libraries are loaded when they are first wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from appliance.audio import pcm
from appliance.audio.capture import Emitted, Event, Finished, Heard, Told
from appliance.audio.echo import EchoCanceller, Method, canceller
from appliance.audio.framing import FRAME_SAMPLES, Framer
from appliance.audio.suppression import Suppressor
from appliance.audio.timeline import SAMPLES_PER_MS, Origin, Played, lead, place
from appliance.errors import AudioError

if TYPE_CHECKING:
    from appliance.audio.convert import Resampler


class Wanted(msgspec.Struct, frozen=True):
    """What shall be done to the microphone; all off by itself."""

    echo_cancellation: bool = False
    echo_canceller: Method = "speex"
    noise_suppression: Annotated[int, Meta(ge=0, le=4)] = 0
    auto_gain_dbfs: Annotated[int, Meta(ge=0, le=31)] = 0


class Loudspeaker:
    """What is being played, at 16 kHz, where the canceller finds it."""

    def __init__(self) -> None:
        self._played = Played()
        self._stream = -1
        self._origin = Origin()
        self._begin = 0
        self._lead = 0
        self._ahead_ns = 0
        self._next_frame = 0
        self._end = 0
        self._resampler: Resampler | None = None

    def take(self, piece: Emitted) -> None:
        """The next piece; one that does not follow the last one has a place of its own."""
        if piece.stream != self._stream:
            self.ended()
            self._stream, self._origin = piece.stream, Origin()
        first = piece.first_frame * pcm.RATE_HZ // piece.rate_hz
        begin = self._origin.follow(first, piece.heard_ns)
        ahead_ns = piece.heard_ns - piece.known_ns
        if piece.first_frame != self._next_frame or begin != self._begin:
            self.ended()
            # A stream's first blocks are known less ahead than the others: what was seen last counts, too.
            self._lead = lead(max(ahead_ns, self._ahead_ns))
            self._begin, self._ahead_ns = begin, 0
            self._end = begin + first - self._lead
            self._resampler = _resampler(piece.rate_hz)
        self._ahead_ns = max(ahead_ns, self._ahead_ns)
        self._next_frame = piece.first_frame + len(piece.pcm) // pcm.SAMPLE_BYTES
        self._put(self._resampler.feed(piece.pcm) if self._resampler else piece.pcm)

    def ended(self) -> None:
        """Nothing follows for now: what the filter still holds comes out."""
        if self._resampler is not None:
            self._put(self._resampler.feed(b"", last=True))
        self._resampler, self._next_frame = None, -1

    def silenced(self, at_ns: int) -> None:
        """The rest was cut off then."""
        self._played.cut(place(at_ns) - self._lead)
        self._resampler, self._next_frame = None, -1

    def read(self, first: int) -> bytes:
        """The frame that is heard from there on."""
        return self._played.read(first, FRAME_SAMPLES)

    def _put(self, converted: bytes) -> None:
        self._played.put(self._end, converted)
        self._end += len(converted) // pcm.SAMPLE_BYTES


class Cleaner:
    """What the microphone heard → what is told of it. One thread uses it."""

    def __init__(self) -> None:
        self.wanted = Wanted()
        self._canceller: EchoCanceller | None = None
        self._suppressor: Suppressor | None = None
        self._loudspeaker = Loudspeaker()
        self._microphone = Origin()
        self._framer = Framer(pcm.BLOCK_SAMPLES)
        self._expected_ms: int | None = None

    @property
    def needs_emitted(self) -> bool:
        """Must be told what the loudspeaker plays."""
        return self._canceller is not None

    @property
    def delay_ms(self) -> int:
        """What comes out is older than what went in last by so much."""
        steps = [step.delay_samples for step in (self._canceller, self._suppressor) if step is not None]
        return (self._framer.delay_samples + sum(steps)) * 1000 // pcm.RATE_HZ if steps else 0

    def __str__(self) -> str:
        parts = []
        if self._canceller is not None:
            parts.append(f"echo cancellation ({self.wanted.echo_canceller})")
        if self._suppressor is not None and self.wanted.noise_suppression:
            parts.append(f"noise suppression {self.wanted.noise_suppression}")
        if self._suppressor is not None and self.wanted.auto_gain_dbfs:
            parts.append(f"automatic gain to -{self.wanted.auto_gain_dbfs} dBFS")
        return ", ".join(parts)

    def want(self, wanted: Wanted) -> list[AudioError]:
        """From the next block on; what cannot be had is left out and returned."""
        before, self.wanted = self.wanted, wanted
        missing: list[AudioError] = []
        echo = (wanted.echo_cancellation, wanted.echo_canceller)
        if echo != (before.echo_cancellation, before.echo_canceller):
            missing += self._want_canceller(*echo)
        sound = (wanted.noise_suppression, wanted.auto_gain_dbfs)
        if sound != (before.noise_suppression, before.auto_gain_dbfs):
            missing += self._want_suppressor(*sound)
        self._expected_ms = None
        return missing

    def close(self) -> None:
        """Release the libraries' state; may be called twice."""
        self.want(Wanted())

    def feed(self, events: Sequence[Event], now_ns: int) -> list[Told]:
        """Events of the device → events for the others: `Heard` cleaned, `Emitted` kept here."""
        if self._canceller is not None:
            for event in events:
                self._follow(event, now_ns)
        if self._canceller is None and self._suppressor is None:
            return [event for event in events if not isinstance(event, Emitted)]
        told: list[Told] = []
        for event in events:
            if isinstance(event, Heard):
                told += self._heard(event)
            elif not isinstance(event, Emitted):
                told.append(event)
        return told

    def _want_canceller(self, on: bool, method: Method) -> list[AudioError]:
        self._canceller, self._loudspeaker, self._microphone = None, Loudspeaker(), Origin()
        if not on:
            return []
        opened = canceller(method)
        try:
            opened.open()
        except AudioError as error:
            return [error]
        self._canceller = opened
        return []

    def _want_suppressor(self, level: int, gain_dbfs: int) -> list[AudioError]:
        self._suppressor = None
        if not level and not gain_dbfs:
            return []
        suppressor = Suppressor(level, gain_dbfs)
        try:
            suppressor.open()
        except AudioError as error:
            return [error]
        self._suppressor = suppressor
        return []

    def _follow(self, event: Event, now_ns: int) -> None:
        """What the loudspeaker does, before the microphone's blocks that may hold its echo."""
        match event:
            case Emitted():
                self._loudspeaker.take(event)
            case Finished(interrupted=True):
                self._loudspeaker.silenced(now_ns)
            case Finished():
                self._loudspeaker.ended()

    def _heard(self, block: Heard) -> list[Told]:
        if block.at_ms != self._expected_ms:
            # After a gap, what waits for its frame to be full has no right neighbour any more.
            self._framer = Framer(pcm.BLOCK_SAMPLES)
        samples = len(block.pcm) // pcm.SAMPLE_BYTES
        self._expected_ms = block.at_ms + samples * 1000 // pcm.RATE_HZ
        sample = block.at_ms * SAMPLES_PER_MS
        first = sample + self._microphone.follow(sample, block.captured_ns)
        cleaned = self._framer.feed(first, block.pcm, self._frame)
        at_ms = block.at_ms - self.delay_ms
        # The microphone's first block ever would begin before its clock: it is left out.
        return [Heard(at_ms, cleaned, block.captured_ns)] if at_ms >= 0 else []

    def _frame(self, first: int, frame: bytes) -> bytes:
        if self._canceller is not None:
            frame = self._canceller.process(frame, self._loudspeaker.read(first))
        return self._suppressor.process(frame) if self._suppressor is not None else frame


def _resampler(rate_hz: int) -> Resampler | None:
    if rate_hz == pcm.RATE_HZ:
        return None
    from appliance.audio.convert import Resampler

    return Resampler(rate_hz, pcm.RATE_HZ)
