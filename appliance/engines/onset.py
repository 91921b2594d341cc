"""Hold an utterance back until there is enough voice in it to learn its channel from. Pure.

Recognisers subtract a mean spectrum. With the wrong one (another microphone, another loudness, that of the
silence before) they understand less, PocketSphinx next to nothing, and a running mean needs many seconds. So
decoding starts as soon as so much voice was heard as the engine wants, and then catches up. Silence before
that is cut short.
"""

from __future__ import annotations

from appliance.audio import pcm as audio

VOICE_MS = 600
"""So much voice makes a mean."""
PAUSE_MS = 192
"""Or less, when it is followed by so much silence: a short command, or the end of a longer one."""
LEAD_MS = 320
"""Silence kept before the first voice."""
QUIET_RMS = 0.002
LOUD_RMS = 0.02
"""A sound that never falls below it is voice, or hides it."""
VOICE_OVER_NOISE = 2.5


class Onset:
    """Takes blocks of an utterance; gives them back at once when there was enough voice, then singly."""

    def __init__(self, voice_ms: int = VOICE_MS, lead_ms: int = LEAD_MS) -> None:
        """So much voice is held back, and so much silence before it is kept."""
        self._wanted_ms, self._lead_ms = voice_ms, lead_ms
        self._held = bytearray()
        self._floor = 1.0
        self._voice_ms = 0.0
        self._pause_ms = 0.0
        self._released = False
        self.paused = False
        """Did the last block complete a pause after voice?"""
        self.voice_since_pause = False

    def feed(self, block: bytes) -> bytes:
        """What can be decoded now; empty while it is held back."""
        self._measure(block)
        if self._released:
            return block
        self._held += block
        if self._voice_ms == 0:
            del self._held[: max(0, len(self._held) - self._lead_ms * audio.BYTES_PER_MS)]
        return self.release() if self._voice_ms >= self._wanted_ms or self.paused else b""

    def release(self) -> bytes:
        """What is held, now."""
        self._released = True
        held = bytes(self._held)
        self._held.clear()
        return held

    def _measure(self, block: bytes) -> None:
        level, duration_ms = audio.rms(block), audio.milliseconds(block)
        self._floor = max(min(self._floor, level), QUIET_RMS / VOICE_OVER_NOISE)
        before_ms = self._pause_ms
        if level > min(VOICE_OVER_NOISE * self._floor, max(LOUD_RMS, self._floor)):
            self._voice_ms += duration_ms
            self._pause_ms = 0.0
            self.voice_since_pause = True
        else:
            self._pause_ms += duration_ms
        self.paused = self._voice_ms > 0 and before_ms < PAUSE_MS <= self._pause_ms
        self.voice_since_pause &= not self.paused
