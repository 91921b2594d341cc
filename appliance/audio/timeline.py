"""What left the loudspeaker and what the microphone heard, on one time scale. Standard library only.

Two cards run on clocks of their own, and the times of their callbacks jitter. An echo canceller wants samples
that stay side by side: so streams are counted, and the monotonic clock only corrects the counting.
A place on the scale is a number of samples at 16 kHz since the clock's zero.
"""

from __future__ import annotations

from appliance.audio import pcm
from appliance.audio.capture import SECOND_NS

SAMPLES_PER_MS = pcm.RATE_HZ // 1000
JUMP_SAMPLES = 60 * SAMPLES_PER_MS
"""A block this far from where it should be: the card itself lost something in between."""
DRIFT_SAMPLES = 20 * SAMPLES_PER_MS
"""Two cards of 50 ppm are apart by so much after 200 s; a canceller needs half a second after each move."""
SMOOTHING_BLOCKS = 128
"""About four seconds: late callbacks are no drift."""
KEPT_SAMPLES = 2 * pcm.RATE_HZ
"""Of the loudspeaker; more than any sane buffer lets one know ahead."""
MAX_LEAD_SAMPLES = 40 * SAMPLES_PER_MS
LEAD_STEP_SAMPLES = 10 * SAMPLES_PER_MS
KNOWN_MARGIN_SAMPLES = 20 * SAMPLES_PER_MS


def place(at_ns: int) -> int:
    """The sample at that time of the monotonic clock."""
    return at_ns * pcm.RATE_HZ // SECOND_NS


class Origin:
    """Where sample 0 of one running stream lies: told by each block, moved only for a reason."""

    def __init__(self) -> None:
        self._place: int | None = None
        self._off = 0.0

    def follow(self, sample: int, at_ns: int) -> int:
        """The place of sample 0, now that this sample of the stream is known to belong to about that time."""
        measured = place(at_ns) - sample
        if self._place is None or abs(measured - self._place) > JUMP_SAMPLES:
            self._place, self._off = measured, 0.0
        self._off += (measured - self._place - self._off) / SMOOTHING_BLOCKS
        if abs(self._off) > DRIFT_SAMPLES:
            self._place += round(self._off)
            self._off = 0.0
        return self._place


def lead(known_ahead_ns: int) -> int:
    """How many samples early the loudspeaker's sound is shown to the canceller.

    An echo must come after its cause, but how wrong a sound server is about its latency nobody knows: as
    early as `MAX_LEAD_SAMPLES` where the sound is known so long ahead; in steps, so that it stays the same.
    """
    known = place(max(0, known_ahead_ns)) - KNOWN_MARGIN_SAMPLES
    return max(0, min(MAX_LEAD_SAMPLES, known // LEAD_STEP_SAMPLES * LEAD_STEP_SAMPLES))


class Played:
    """The last `KEPT_SAMPLES` that the loudspeaker was given, by place; silence everywhere else."""

    def __init__(self) -> None:
        self._start = 0
        self._kept = bytearray()

    @property
    def end(self) -> int:
        """The place after the last sample."""
        return self._start + len(self._kept) // pcm.SAMPLE_BYTES

    def put(self, first: int, samples: bytes) -> None:
        """Lay down 16 kHz mono s16le from that place on, over what was there and later."""
        if first < self._start or first - self.end > KEPT_SAMPLES:
            self._kept.clear()
        if not self._kept:
            self._start = first
        self.cut(first)
        self._kept += bytes((first - self.end) * pcm.SAMPLE_BYTES) + samples
        surplus = len(self._kept) - KEPT_SAMPLES * pcm.SAMPLE_BYTES
        if surplus > 0:
            del self._kept[:surplus]
            self._start += surplus // pcm.SAMPLE_BYTES

    def cut(self, end: int) -> None:
        """What was to follow from that place on was never played."""
        del self._kept[max(0, end - self._start) * pcm.SAMPLE_BYTES :]

    def read(self, first: int, samples: int) -> bytes:
        """16 kHz mono s16le from that place on."""
        begin = (first - self._start) * pcm.SAMPLE_BYTES
        size = samples * pcm.SAMPLE_BYTES
        found = bytes(self._kept[max(0, begin) : max(0, begin + size)])
        return (bytes(min(size, max(0, -begin))) + found).ljust(size, b"\0")
