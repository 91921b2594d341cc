"""From the microphone to the recogniser: who hears which block, and when the speaker is done."""

from __future__ import annotations

import time
from collections.abc import Callable

from appliance.audio import pcm
from appliance.audio.endpoint import Endpointer, SpeechEnded, SpeechStarted
from appliance.audio.preroll import Preroll
from appliance.config.model import Config
from appliance.pipeline.stages import Stages
from appliance.wire import messages

REPLAY_BYTES = 1000 * pcm.BYTES_PER_MS
"""Kept audio is handed to a fresh stage in pieces of one second."""
TAIL_SECONDS = 2.0
MAX_DRIFT_RATE = 0.001
"""Crystals differ by a tenth of this."""
MAX_DRIFT_MS = 5_000
"""A satellite's clock that is further off than network and buffers explain was set anew."""
WAKE_FRAME_BYTES = 80 * pcm.BYTES_PER_MS
"""What openWakeWord scores at a time."""


class _WakeFeed:
    """Collects blocks until they complete a frame that a wake word engine scores.

    Fewer messages for both ends, and none later than the engine could have used it.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self.stream: int | None = None
        """Number of this microphone in the wake stage; None when it is not searched there."""
        self.clear()

    def clear(self) -> None:
        """Begin anew: a fresh stage, or a gap."""
        self._waiting = bytearray()
        self._from_ms = 0
        self._taken_bytes = 0

    def take(self, at_ms: int, block: bytes) -> None:
        """The next block from the microphone."""
        if self.stream is None:
            return
        expected_ms = self._from_ms + len(self._waiting) // pcm.BYTES_PER_MS
        if self._waiting and abs(at_ms - expected_ms) > 1:
            self._send()
        if not self._waiting:
            self._from_ms = at_ms
        self._waiting += block
        frames_before = self._taken_bytes // WAKE_FRAME_BYTES
        self._taken_bytes += len(block)
        if self._taken_bytes // WAKE_FRAME_BYTES > frames_before:
            self._send()

    def _send(self) -> None:
        audio = messages.Audio(0, self._from_ms, bytes(self._waiting), self.stream or 0)
        self._stages.send("wake", audio)
        self._waiting.clear()


class Ears:
    """Routes one microphone's blocks; keeps the running turn's audio so that a fresh stage can start over."""

    def __init__(self, stages: Stages, config: Config, *, distant: bool = False) -> None:
        """`distant`: the microphone is in another device, whose clock may begin anew at any moment."""
        self._stages = stages
        self._distant = distant
        self.reconfigure(config)
        longest = config.turn.listen_seconds + config.turn.speech_seconds + TAIL_SECONDS
        self._max_kept_bytes = int(longest * 1000) * pcm.BYTES_PER_MS
        self._preroll = Preroll(config.audio.preroll_ms)
        self._wake = _WakeFeed(stages)
        self._kept = bytearray()
        self._kept_from_ms = 0
        self._listen_from_ms = 0
        self._turn = 0
        self._woken_ms = 0
        self._finished = False
        self._endpointer = self._fresh_endpointer()
        self._judged_ms = 0
        """End of the audio that the voice activity stage has judged."""
        self._clock_ms = 0.0
        self._clock_seconds = time.monotonic()
        self._offset_ms: int | None = None if distant else 0
        self.tap: Callable[[int, bytes], None] | None = None
        """Gets every block, too, at its time on the clock of these ears."""

    def reconfigure(self, config: Config) -> None:
        """Other thresholds from the next turn on."""
        self._vad = config.vad
        self._lead_ms = config.wake.lead_ms

    def clock_ms(self) -> int:
        """Audio time now: the end of the last block, plus what has passed since."""
        return int(self._exact_ms())

    def _exact_ms(self) -> float:
        return self._clock_ms + (time.monotonic() - self._clock_seconds) * 1000

    def microphone(self, at_ms: int, block: bytes) -> None:
        """One block of audio, at the microphone's own time."""
        at_ms = self.aligned(at_ms, len(block) // pcm.BYTES_PER_MS)
        end_ms = at_ms + int(pcm.milliseconds(block))
        self._set_clock(end_ms, pcm.milliseconds(block))
        self._preroll.add(at_ms, block)
        self._wake.take(at_ms, block)
        if self.tap is not None:
            self.tap(at_ms, block)
        if self._turn and not self._finished and end_ms > self._listen_from_ms:
            self._keep(at_ms, block)
            self._forward(at_ms, block)

    def _set_clock(self, end_ms: float, ms: float) -> None:
        """The end of a block is now; a distant one may have waited, so it sets the clock back only slowly."""
        if self._distant:
            end_ms = max(end_ms, self._exact_ms() - MAX_DRIFT_RATE * ms)
        self._clock_ms, self._clock_seconds = end_ms, time.monotonic()

    def aligned(self, at_ms: int, age_ms: int = 0) -> int:
        """A time of the microphone, `age_ms` ago, on the clock of these ears, which never begins anew.

        A fresh sound stage or a satellite that restarted counts from zero again.
        """
        then_ms = self.clock_ms() - age_ms
        far = self._distant and abs(at_ms + (self._offset_ms or 0) - then_ms) > MAX_DRIFT_MS
        if self._offset_ms is None or far:
            self._offset_ms = then_ms - at_ms if self._distant else self.clock_ms() - at_ms
            if self._distant:
                self._preroll.clear()
        return at_ms + self._offset_ms

    def to_audio_clock(self, at_ms: int) -> int:
        """A time of the microphone on the clock of these ears; now, as long as it has no time of its own."""
        return self.clock_ms() if self._offset_ms is None else at_ms + self._offset_ms

    def search(self, stream: int | None) -> None:
        """Have this microphone searched for the wake word under this number; None: no more."""
        self._wake.stream = stream
        self._wake.clear()

    def listen(self, turn: int, at_ms: int | None) -> None:
        """Start recognising, from a little before `at_ms` on; None is from now on."""
        from_ms = self.clock_ms() if at_ms is None else at_ms - self._lead_ms
        self._turn, self._woken_ms, self._finished = turn, from_ms if at_ms is None else at_ms, False
        self._endpointer = self._fresh_endpointer()
        self._judged_ms = 0
        self._listen_from_ms = from_ms
        kept = self._preroll.since(from_ms)
        self._kept = bytearray(b"".join(block for _, block in kept))
        self._kept_from_ms = kept[0][0] if kept else from_ms
        for stage in ("vad", "stt"):
            self._start_over(stage)

    def finish(self) -> None:
        """No more audio for this turn; the recogniser owes its text."""
        self._finished = True
        for stage in ("vad", "stt"):
            self._stages.send(stage, messages.ListenEnd(self._turn))

    def stop(self) -> None:
        """The turn needs no more ears."""
        self._turn = 0
        self._kept = bytearray()

    def voice(self, message: messages.Voice) -> list[SpeechStarted | SpeechEnded]:
        """Turn probabilities of speech into its start and its end."""
        if message.turn != self._turn or self._finished:
            return []
        self._judged_ms = message.at_ms
        return self._endpointer.feed(message.at_ms, message.probability)

    def wait(self, turn: int, end_silence_ms: int) -> None:
        """So much silence ends the sentence of this turn."""
        if turn == self._turn and not self._finished:
            self._endpointer.wait(end_silence_ms)

    def said(self, turn: int, at_ms: int | None) -> None:
        """When the last word of a whole sentence of this turn ended; None: it is not known to be whole."""
        if turn == self._turn and not self._finished:
            self._endpointer.said(at_ms)

    def speech_end_ms(self, turn: int) -> int:
        """When the speaker's last sound of this turn ended; 0 for a typed one."""
        return self._endpointer.last_voice_ms if turn == self._turn else 0

    def stage_ready(self, stage: str) -> None:
        """A fresh stage: give it what it missed of the running turn."""
        if stage == "sound" and not self._distant:
            self._offset_ms = None
        elif stage == "wake":
            self._wake.clear()
            # A word that its predecessor reported must not be heard twice.
            missed = self._preroll.since(max(self._woken_ms, self._preroll.from_ms))
            if self._wake.stream is not None and missed:
                self._replay(stage, 0, b"".join(block for _, block in missed), missed[0][0])
        elif stage == "vad" and self._turn and not self._finished:
            self._stages.send(stage, messages.ListenStart(self._turn))
            missed_ms = max(0, self._judged_ms - self._kept_from_ms)
            kept = bytes(self._kept[missed_ms * pcm.BYTES_PER_MS :])
            self._replay(stage, self._turn, kept, self._kept_from_ms + missed_ms)
        elif stage == "stt" and self._turn:
            self._start_over(stage)
            if self._finished:
                self._stages.send("stt", messages.ListenEnd(self._turn))

    def _fresh_endpointer(self) -> Endpointer:
        return Endpointer(
            threshold=self._vad.threshold,
            end_silence_ms=self._vad.end_silence_ms,
            min_speech_ms=self._vad.min_speech_ms,
            woken_ms=self._woken_ms,
        )

    def _keep(self, at_ms: int, block: bytes) -> None:
        if not self._kept:
            self._kept_from_ms = at_ms
        if len(self._kept) < self._max_kept_bytes:
            self._kept += block

    def _forward(self, at_ms: int, block: bytes) -> None:
        for stage in ("vad", "stt"):
            self._stages.send(stage, messages.Audio(self._turn, at_ms, block))

    def _start_over(self, stage: str) -> None:
        self._stages.send(stage, messages.ListenStart(self._turn))
        self._replay(stage, self._turn, bytes(self._kept), self._kept_from_ms)

    def _replay(self, stage: str, turn: int, kept: bytes, at_ms: int) -> None:
        for block in pcm.blocks(kept, REPLAY_BYTES):
            stream = (self._wake.stream or 0) if stage == "wake" else 0
            self._stages.send(stage, messages.Audio(turn, at_ms, block, stream))
            at_ms += len(block) // pcm.BYTES_PER_MS
