"""What a sound device is to the sound stage: one interface, with a card or without. Standard library only."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from appliance.audio import pcm

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
MAX_EXTRAPOLATION_NS = 250 * MILLISECOND_NS
"""While blocks arrive, the clock never runs further ahead of the last one than this."""


class Heard(NamedTuple):
    """A block from the microphone that starts at `at_ms`; `BLOCK_BYTES` of 16 kHz mono s16le.

    `captured_ns` is when its first sample was recorded, on the monotonic clock.
    """

    at_ms: int
    pcm: bytes
    captured_ns: int = 0


class Emitted(NamedTuple):
    """A piece for the loudspeaker, mono s16le as loud as it is played.

    Its first sample is number `first_frame` of the loudspeaker's `stream`, silence in between counted; it is
    heard at `heard_ns`, and was known at `known_ns`, on the monotonic clock.
    """

    stream: int
    first_frame: int
    heard_ns: int
    known_ns: int
    rate_hz: int
    pcm: bytes


class Spoken(NamedTuple):
    """What was injected after silence is heard from `at_ms` on."""

    at_ms: int


class Started(NamedTuple):
    """The first sample of this turn left for the loudspeaker."""

    turn: int
    at_ms: int


class Finished(NamedTuple):
    """The last sample of this turn was heard, or it was cut short; `rms` 0…1 of full scale, after volume."""

    turn: int
    at_ms: int
    seconds: float
    rms: float
    interrupted: bool


class Lost(NamedTuple):
    """Blocks lost since the last report: input not taken, output not fed or above the queue's bound."""

    input_blocks: int
    output_blocks: int


class Card(NamedTuple):
    """A card appeared, vanished, or could not be opened."""

    direction: Literal["input", "output"]
    present: bool
    device: str
    hint: str


Told = Heard | Spoken | Started | Finished | Lost | Card
"""What the supervisor hears of."""
Event = Told | Emitted


class SoundDevice(Protocol):
    """A microphone and a loudspeaker. Only one thread calls it; it never blocks for long.

    Whenever `fileno()` is readable, and after every other call, `service()` must be called: it does what is
    due and returns what happened since.
    """

    def open(self) -> str:
        """Get ready, with the microphone still closed; a short line about it. Raises AudioError."""

    def close(self) -> None:
        """Release everything; may be called twice."""

    def fileno(self) -> int:
        """Readable when `service()` has something to do."""

    def service(self) -> list[Event]:
        """Do what is due; what happened since the last call, in order."""

    def capture(self, *, on: bool) -> None:
        """Open the microphone, or really close it."""

    def tell_emitted(self, *, on: bool) -> None:
        """Also tell what is given to the loudspeaker, from now on; at first it is not told."""

    def inject(self, speech: bytes) -> None:
        """Speak this into a microphone that is not real; a real one ignores it."""

    def play(self, turn: int, rate_hz: int, speech: bytes) -> None:
        """Queue mono s16le of any rate for the loudspeaker."""

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn: tell when all of it was heard."""

    def stop(self, turn: int) -> None:
        """Silence this turn now, and forget what is queued for it."""

    def volume(self, level: float) -> None:
        """Loudness of what is played from now on, 0.0 to 1.0."""


class AudioClock:
    """Milliseconds of microphone audio. Time is a parameter, in nanoseconds of the monotonic clock.

    While the microphone runs, its samples are the clock. While it is closed or gone, real time goes on, so
    that the clock never stands still and never goes back.
    """

    def __init__(self) -> None:
        self._base_samples = 0
        self._position_samples = 0
        self._touched_ns: int | None = None
        self._running = False

    def start(self, now_ns: int) -> None:
        """The microphone begins a stream: its sample 0 is now."""
        if self._touched_ns is not None:
            gap_ns = max(0, now_ns - self._touched_ns)
            self._position_samples += gap_ns * pcm.RATE_HZ // SECOND_NS
        self._base_samples = self._position_samples
        self._touched_ns = now_ns
        self._running = True

    def stop(self, now_ns: int) -> None:
        """The microphone was closed or is gone."""
        if self._running and self._touched_ns is not None:
            ahead = min(max(0, now_ns - self._touched_ns), MAX_EXTRAPOLATION_NS)
            self._position_samples += ahead * pcm.RATE_HZ // SECOND_NS
            self._touched_ns = now_ns
        self._running = False

    def block(self, first_sample: int, samples: int, now_ns: int) -> int:
        """`at_ms` of a block that starts at this sample of the running stream."""
        start = self._base_samples + first_sample
        self._position_samples = max(self._position_samples, start + samples)
        self._touched_ns = now_ns
        return start * 1000 // pcm.RATE_HZ

    def at_ms(self, now_ns: int) -> int:
        """The clock then, between blocks too; 0 before the microphone was first opened."""
        if self._touched_ns is None:
            return 0
        ahead = now_ns - self._touched_ns
        if self._running:
            ahead = min(ahead, MAX_EXTRAPOLATION_NS)
        return max(0, self._position_samples * 1000 // pcm.RATE_HZ + ahead // MILLISECOND_NS)


class Blocker:
    """Cuts a stream of any pieces into blocks of `BLOCK_BYTES`; what a gap interrupts is dropped."""

    def __init__(self) -> None:
        self._kept = b""
        self._next_sample = 0

    def feed(self, first_sample: int, piece: bytes) -> list[tuple[int, bytes]]:
        """(first sample, block) of every block that this piece completes."""
        if first_sample != self._next_sample:
            self._kept = b""
        start = first_sample - len(self._kept) // pcm.SAMPLE_BYTES
        joined = self._kept + piece
        whole = len(joined) // pcm.BLOCK_BYTES * pcm.BLOCK_BYTES
        self._kept = joined[whole:]
        self._next_sample = first_sample + len(piece) // pcm.SAMPLE_BYTES
        cut = enumerate(pcm.blocks(joined[:whole]))
        return [(start + index * pcm.BLOCK_SAMPLES, block) for index, block in cut]
