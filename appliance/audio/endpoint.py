"""When does the speaker begin, and when is the sentence over? Pure: probabilities in, events out.

The audio that is judged begins before the wake word was noticed, so its last syllables are in it. Voice that
was already there at `woken_ms` and ends shortly after is that word, not a command; going on longer it is a
command spoken without a pause.
"""

from __future__ import annotations

import msgspec

from appliance.audio.pcm import BLOCK_MS

HYSTERESIS = 0.15
"""Voice goes on until the probability is so far below the threshold (Silero's own choice)."""
WAKE_TAIL_MS = 240
"""Of 174 people saying the word alone, Silero heard none for longer than 192 ms after the detection."""
WORDLESS_MS = 1_500
"""Voice without a new word that ends a whole sentence: a television's, or that of a room full of people."""


class SpeechStarted(msgspec.Struct, frozen=True):
    """The speaker began at `at_ms`."""

    at_ms: int


class SpeechEnded(msgspec.Struct, frozen=True):
    """The speaker is done; the last voice ended at `at_ms`."""

    at_ms: int


class Endpointer:
    """One sentence. `threshold` is a probability; all times are the microphone's clock."""

    def __init__(self, threshold: float, end_silence_ms: int, min_speech_ms: int, woken_ms: int) -> None:
        self._threshold = threshold
        self._release = max(threshold - HYSTERESIS, threshold / 2)
        self._end_silence_ms = end_silence_ms
        self._min_speech_ms = min_speech_ms
        self._woken_ms = woken_ms
        self._at_ms: int | None = None
        self._run_from_ms: int | None = None
        self._said_ms: int | None = None
        self.started = False
        self.ended = False
        self.last_voice_ms = 0
        """End of the last voice that belongs to the sentence; 0 before it starts."""

    def feed(self, at_ms: int, probability: float) -> list[SpeechStarted | SpeechEnded]:
        """The probability of speech in the chunk that ends at `at_ms`. NaN is no speech.

        Chunks must come in order (others are ignored). One SpeechStarted, then one SpeechEnded, then nothing.
        """
        if self.ended or (self._at_ms is not None and at_ms <= self._at_ms):
            return []
        begin_ms = at_ms - BLOCK_MS if self._at_ms is None else max(self._at_ms, at_ms - BLOCK_MS)
        self._at_ms = at_ms
        if self._is_voice(probability):
            if self._run_from_ms is None:
                self._run_from_ms = begin_ms
            return self._voice(self._run_from_ms, at_ms)
        self._run_from_ms = None
        return self._silence(at_ms)

    def wait(self, end_silence_ms: int) -> None:
        """From now on so much silence ends the sentence: it sounds more, or less, finished."""
        self._end_silence_ms = end_silence_ms

    def said(self, at_ms: int | None) -> None:
        """The last word of a whole sentence ended at `at_ms`: voice that brings no word long after is another
        one's. None: it is not known to be whole.
        """
        self._said_ms = at_ms

    def _is_voice(self, probability: float) -> bool:
        return probability >= (self._threshold if self._run_from_ms is None else self._release)

    def _voice(self, run_from_ms: int, at_ms: int) -> list[SpeechStarted | SpeechEnded]:
        if self.started:
            self.last_voice_ms = at_ms
            return self._beyond_words(at_ms)
        is_tail = run_from_ms < self._woken_ms
        from_ms = max(run_from_ms, self._woken_ms)
        needed_ms = max(self._min_speech_ms, WAKE_TAIL_MS) if is_tail else self._min_speech_ms
        if at_ms - from_ms < needed_ms or at_ms <= self._woken_ms:
            return []
        self.started = True
        self.last_voice_ms = at_ms
        return [SpeechStarted(from_ms)]

    def _beyond_words(self, at_ms: int) -> list[SpeechStarted | SpeechEnded]:
        if self._said_ms is None or at_ms - self._said_ms < WORDLESS_MS:
            return []
        self.ended, self.last_voice_ms = True, self._said_ms
        return [SpeechEnded(self._said_ms)]

    def _silence(self, at_ms: int) -> list[SpeechStarted | SpeechEnded]:
        if not self.started or at_ms - self.last_voice_ms < self._end_silence_ms:
            return []
        self.ended = True
        return [SpeechEnded(self.last_voice_ms)]
