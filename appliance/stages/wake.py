"""The wake word stage: all of some microphones' audio in, sayings of wake words out.

Stream 0 is the appliance's own microphone and is always there. Others are opened and closed; what comes too
late to be of use is dropped and said so, for a wake word that is noticed late is worse than none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from appliance.audio import pcm as audio
from appliance.engines.contract import WakeEngine, WakeListener
from appliance.errors import Malformed
from appliance.stages.engine import EngineStage
from appliance.wire import messages

MAX_STREAMS = 256
TOO_LATE_MS = 1_500
REPORT_SECONDS = 1.0
TRIAL_MS = 1_200
"""Audio with which the cost of a stream is measured when the first one is opened."""
WARM_MS = 400


class _Stream:
    """One microphone and how late it is, against the best that was seen."""

    def __init__(self, listener: WakeListener) -> None:
        self.listener = listener
        self._best_ms: float | None = None
        self._seen_at = 0.0

    def lag_ms(self, end_ms: float, now: float) -> float:
        """How much later than usual the audio that ends at `end_ms` is looked at."""
        behind_ms = now * 1000 - end_ms
        if self._best_ms is None or behind_ms < self._best_ms:
            self._best_ms = behind_ms
        else:  # two clocks drift apart
            self._best_ms += (now - self._seen_at) * 1000 * DRIFT
        self._seen_at = now
        return behind_ms - self._best_ms


DRIFT = 0.0005


class _Meter:
    """Adds up one report."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.worked = 0.0
        self.lag_ms = 0.0
        self.dropped = 0


class WakeStage(EngineStage[WakeEngine]):
    """See `stages.loop.Stage`."""

    kind = "wake"

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[int, _Stream] = {}
        self._meter = _Meter()
        self._cost = 0.0

    def open(self, configure: messages.Configure) -> str:
        """Load the engine. Raises EngineError."""
        detail = super().open(configure)
        self._streams[0] = _Stream(self.engine)
        return detail

    def close(self) -> None:
        """Release all listeners."""
        for number, stream in self._streams.items():
            if number:
                stream.listener.close()
        self._streams = {}
        super().close()

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """Audio is searched; a reset forgets what came before it."""
        match message:
            case messages.Audio(at_ms=at_ms, pcm=pcm, stream=number) if number in self._streams:
                yield from self._search(number, pcm, at_ms)
                yield from self._report()
            case messages.WakeReset(stream=number) if number in self._streams:
                self._streams[number].listener.reset()
            case messages.WakeStream(stream=number, open=wanted):
                yield from self._set(number, wanted)
            case messages.Audio() | messages.WakeReset():
                pass  # of a stream that was closed meanwhile
            case _:
                raise Malformed(f"stage wake: {type(message).__name__} makes no sense here")

    def _search(self, number: int, pcm: bytes, at_ms: int) -> Iterator[messages.Message]:
        stream, started = self._streams[number], time.monotonic()
        lag_ms = stream.lag_ms(at_ms + audio.milliseconds(pcm), started)
        if number:
            self._meter.lag_ms = max(self._meter.lag_ms, lag_ms)
            if lag_ms > TOO_LATE_MS:
                self._meter.dropped += 1
                return
        heard = list(stream.listener.feed(pcm, at_ms))
        self._meter.worked += time.monotonic() - started
        for each in heard:
            yield messages.WakeHeard(each.word, each.score, each.at_ms, number)
        for near in stream.listener.missed():
            yield messages.WakeNear(near.word, near.score, near.at_ms, number)

    def _report(self) -> Iterator[messages.Message]:
        seconds = time.monotonic() - self._meter.begun
        if seconds < REPORT_SECONDS:
            return
        meter, self._meter = self._meter, _Meter()
        if len(self._streams) > 1:
            busy = min(1.0, meter.worked / seconds)
            lag_ms, streams = round(meter.lag_ms), len(self._streams) - 1
            yield messages.WakeLoad(streams, busy, lag_ms, self._cost, meter.dropped)

    def _set(self, number: int, wanted: bool) -> Iterator[messages.Message]:
        if not number:
            return
        former = self._streams.pop(number, None)
        if former is not None:
            former.listener.close()
        if not wanted:
            return
        if len(self._streams) > MAX_STREAMS:
            yield messages.Note("error", f"stream {number} is not searched: there are {MAX_STREAMS}")
            return
        if not self._cost:
            self._cost = self._measure()
        self._streams[number] = _Stream(self.engine.another())
        yield messages.WakeLoad(len(self._streams) - 1, 0.0, 0, self._cost)

    def _measure(self) -> float:
        """Share of a core that one stream takes while somebody speaks: noise costs as much."""
        listener = self.engine.another()
        noise = Random(1).randbytes((WARM_MS + TRIAL_MS) * audio.BYTES_PER_MS)  # noqa: S311
        border = WARM_MS * audio.BYTES_PER_MS
        for _ in listener.feed(noise[:border], 0):
            pass
        started = time.thread_time()
        for _ in listener.feed(noise[border:], WARM_MS):
            pass
        spent = time.thread_time() - started
        listener.close()
        return max(0.0005, spent * 1000 / TRIAL_MS)


STAGE = WakeStage
