"""From the microphone to the recogniser: who hears which block, and when the speaker is done."""

from __future__ import annotations

import time

from appliance.audio import pcm
from appliance.audio.endpoint import Endpointer, SpeechEnded, SpeechStarted
from appliance.audio.preroll import Preroll
from appliance.config.model import Config
from appliance.pipeline.stages import Stages
from appliance.wire import messages

REPLAY_BYTES = 1000 * pcm.BYTES_PER_MS
"""Kept audio is handed to a fresh stage in pieces of one second."""
TAIL_SECONDS = 2.0
WAKE_FRAME_BYTES = 80 * pcm.BYTES_PER_MS
"""What openWakeWord scores at a time."""


class _WakeFeed:
    """Collects blocks until they complete a frame that a wake word engine scores.

    Fewer messages for both ends, and none later than the engine could have used it.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self.clear()

    def clear(self) -> None:
        """Begin anew: a fresh stage, or a gap."""
        self._waiting = bytearray()
        self._from_ms = 0
        self._taken_bytes = 0

    def take(self, at_ms: int, block: bytes) -> None:
        """The next block from the microphone."""
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
        self._stages.send("wake", messages.Audio(0, self._from_ms, bytes(self._waiting)))
        self._waiting.clear()


class Ears:
    """Routes microphone blocks; keeps the running turn's audio so that a fresh stage can start over."""

    def __init__(self, stages: Stages, config: Config) -> None:
        self._stages = stages
        self.reconfigure(config)
        longest = config.turn.listen_seconds + config.turn.speech_seconds + TAIL_SECONDS
        self._max_kept_bytes = int(longest * 1000) * pcm.BYTES_PER_MS
        self._preroll = Preroll(config.audio.preroll_ms)
        self._wake = _WakeFeed(stages)
        self._kept = bytearray()
        self._kept_from_ms = 0
        self._turn = 0
        self._woken_ms = 0
        self._finished = False
        self._endpointer = self._fresh_endpointer()
        self._judged_ms = 0
        """End of the audio that the voice activity stage has judged."""
        self._end_ms = 0
        self._end_seconds = time.monotonic()
        self._offset_ms: int | None = 0

    def reconfigure(self, config: Config) -> None:
        """Other thresholds from the next turn on."""
        self._vad = config.vad
        self._lead_ms = config.wake.lead_ms

    def clock_ms(self) -> int:
        """Audio time now: the end of the last block, plus what has passed since."""
        return self._end_ms + int((time.monotonic() - self._end_seconds) * 1000)

    def microphone(self, message: messages.MicAudio) -> None:
        """One block from the sound stage."""
        if self._offset_ms is None:
            # A fresh sound stage counts from zero; the appliance's audio clock goes on.
            self._offset_ms = self.clock_ms() - message.at_ms
        at_ms = message.at_ms + self._offset_ms
        self._end_ms = at_ms + int(pcm.milliseconds(message.pcm))
        self._end_seconds = time.monotonic()
        self._preroll.add(at_ms, message.pcm)
        self._wake.take(at_ms, message.pcm)
        if self._turn and not self._finished:
            self._keep(message.pcm)
            self._forward(at_ms, message.pcm)

    def to_audio_clock(self, at_ms: int) -> int:
        """A time of the sound stage on the appliance's audio clock."""
        return at_ms + (self._offset_ms or 0)

    def listen(self, turn: int, at_ms: int) -> None:
        """Start recognising, from a little before `at_ms` on."""
        self._turn, self._woken_ms, self._finished = turn, at_ms, False
        self._endpointer = self._fresh_endpointer()
        self._judged_ms = 0
        kept = self._preroll.since(at_ms - self._lead_ms)
        self._kept = bytearray(b"".join(block for _, block in kept))
        self._kept_from_ms = kept[0][0] if kept else at_ms
        for stage in ("vad", "stt"):
            self._start_over(stage)

    def finish(self) -> None:
        """No more audio for this turn; the recogniser owes its text."""
        self._finished = True
        self._stages.send("stt", messages.ListenEnd(self._turn))

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

    def speech_end_ms(self, turn: int) -> int:
        """When the speaker's last sound of this turn ended; 0 for a typed one."""
        return self._endpointer.last_voice_ms if turn == self._turn else 0

    def stage_ready(self, stage: str) -> None:
        """A fresh stage: give it what it missed of the running turn."""
        if stage == "sound":
            self._offset_ms = None
        elif stage == "wake":
            self._wake.clear()
            # A word that its predecessor reported must not be heard twice.
            missed = self._preroll.since(max(self._woken_ms, self._preroll.from_ms))
            self._replay(stage, 0, b"".join(block for _, block in missed), missed[0][0] if missed else 0)
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

    def _keep(self, block: bytes) -> None:
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
            self._stages.send(stage, messages.Audio(turn, at_ms, block))
            at_ms += len(block) // pcm.BYTES_PER_MS
