"""Speech that was made before, in memory and never on disk; the least recently used leaves. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import NamedTuple

MAX_BYTES = 16 * 1024 * 1024
MAX_ONE_BYTES = 4 * 1024 * 1024
"""About a minute and a half at 22,050 Hz; longer speech is made anew."""


class Key(NamedTuple):
    """What decides how it sounds."""

    text: str
    engine: str
    voice: str
    speed: float

    @property
    def etag(self) -> str:
        """For HTTP; weak, since two makings of one text need not be equal in every byte."""
        parts = "\0".join((self.text, self.engine, self.voice, f"{self.speed:.3f}"))
        return f'W/"{hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


class Sound(NamedTuple):
    """Mono s16le."""

    rate_hz: int
    pcm: bytes


class SpeechCache:
    """By key; bounded in bytes."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_one_bytes: int = MAX_ONE_BYTES) -> None:
        self._max = max_bytes
        self._max_one = max_one_bytes
        self._kept: OrderedDict[Key, Sound] = OrderedDict()
        self.bytes = 0
        self.hits = self.misses = 0

    def get(self, key: Key) -> Sound | None:
        """What was put, if it is still here."""
        sound = self._kept.get(key)
        if sound is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return sound

    def put(self, key: Key, sound: Sound) -> None:
        """Keep it, if it is not too long."""
        if len(sound.pcm) > min(self._max, self._max_one):
            return
        before = self._kept.pop(key, None)
        self.bytes += len(sound.pcm) - (len(before.pcm) if before is not None else 0)
        self._kept[key] = sound
        while self.bytes > self._max:
            _, gone = self._kept.popitem(last=False)
            self.bytes -= len(gone.pcm)

    def __len__(self) -> int:
        return len(self._kept)
