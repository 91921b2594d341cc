"""The tts stage: `Speak` in, `SpeechAudio` pieces and one `Spoken` a sentence out."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator

from appliance.audio.pcm import SAMPLE_BYTES, blocks
from appliance.engines.contract import Speech, TtsEngine
from appliance.stages.engine import EngineStage
from appliance.wire import messages

CACHE_BYTES = 8 * 1024 * 1024
"""About three minutes of speech, in memory only."""
CACHE_ENTRY_BYTES = 512 * 1024
"""Longer sentences are not said twice."""
MERGED_SECONDS = 1.0
"""An engine far faster than speech would flood the supervisor with half-second messages."""
MERGE_WAIT_SECONDS = 0.1

Key = tuple[str, float]


class PhraseCache:
    """The speech of sentences said before ("Done.", "Which light?"); the least recently said leave first."""

    def __init__(self, limit_bytes: int = CACHE_BYTES, entry_bytes: int = CACHE_ENTRY_BYTES) -> None:
        self._limit = limit_bytes
        self._entry = entry_bytes
        self._phrases: OrderedDict[Key, Speech] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Key) -> Speech | None:
        """The whole sentence, or None."""
        found = self._phrases.get(key)
        if found is not None:
            self._phrases.move_to_end(key)
        return found

    def put(self, key: Key, speech: Speech) -> None:
        """Keep it, if it is short enough."""
        if not 0 < len(speech.pcm) <= self._entry:
            return
        self._forget(key)
        self._phrases[key] = speech
        self.size_bytes += _cost(key, speech)
        while self.size_bytes > self._limit:
            self._forget(next(iter(self._phrases)))

    def _forget(self, key: Key) -> None:
        old = self._phrases.pop(key, None)
        if old is not None:
            self.size_bytes -= _cost(key, old)


def _cost(key: Key, speech: Speech) -> int:
    return len(speech.pcm) + 4 * len(key[0])


def merged(pieces: Iterator[Speech]) -> Iterator[Speech]:
    """The first piece as it comes, later ones joined up to a second or until a tenth of a second went by."""
    joined = bytearray()
    rate_hz = 0
    sent_at: float | None = None
    for piece in pieces:
        rate_hz = piece.rate_hz
        joined += piece.pcm
        enough = len(joined) >= MERGED_SECONDS * rate_hz * SAMPLE_BYTES
        if sent_at is None or enough or time.monotonic() - sent_at >= MERGE_WAIT_SECONDS:
            sent_at = time.monotonic()
            yield Speech(rate_hz, bytes(joined))
            joined.clear()
    if joined:
        yield Speech(rate_hz, bytes(joined))


class TtsStage(EngineStage[TtsEngine]):
    """One voice. A turn's sentences are spoken in their order; the turns of several rooms alternate."""

    kind = "tts"
    fair = True

    def __init__(self) -> None:
        super().__init__()
        self._cache = PhraseCache()

    def handle(self, message: messages.Message) -> Iterator[messages.Message | None]:
        """Speak one sentence, or have it ready."""
        match message:
            case messages.Speak():
                yield from self._speak(message)
            case messages.Prepare(text=text, speed=speed):
                yield from (None for _ in self._pieces((text, speed)))

    def _speak(self, message: messages.Speak) -> Iterator[messages.Message]:
        started = time.monotonic()
        seconds = 0.0
        cached = self._cache.get((message.text, message.speed)) is not None
        for piece in self._pieces((message.text, message.speed)):
            for pcm in blocks(piece.pcm, messages.MAX_PCM_BYTES):
                seconds += len(pcm) / SAMPLE_BYTES / piece.rate_hz
                yield messages.SpeechAudio(message.turn, message.sentence, piece.rate_hz, pcm)
        ms = (time.monotonic() - started) * 1000
        yield messages.Spoken(message.turn, message.sentence, round(seconds, 3), round(ms, 1), cached)

    def _pieces(self, key: Key) -> Iterator[Speech]:
        """From the cache, or from the engine into the cache once it is whole."""
        known = self._cache.get(key)
        if known is not None:
            yield known
            return
        whole = bytearray()
        rate_hz = 0
        for piece in merged(self.engine.speak(*key)):
            rate_hz = piece.rate_hz
            if len(whole) <= CACHE_ENTRY_BYTES:
                whole += piece.pcm
            yield piece
        self._cache.put(key, Speech(rate_hz, bytes(whole)))


STAGE = TtsStage
