"""The speech of a self test: made by the private appliance's own voice stage, or by eSpeak NG here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from appliance.audio import pcm
from appliance.engines import loading
from appliance.errors import AudioError, EngineError
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.trace import TurnNote
from appliance.wire import messages

LEAD_MS = 400
"""Silence before a wake word, as it is in a room."""
BETWEEN_MS = 120
TAIL_MS = 600
MAX_SPEECH_BYTES = 20_000 * pcm.BYTES_PER_MS
ESPEAK_ENGLISH = "en-us"


class Made(msgspec.Struct, frozen=True):
    """16 kHz mono s16le without silence around it, and how long its first sound was waited for."""

    speech: bytes
    first_ms: float = 0.0


class _Listener:
    """Takes what the voice stage makes for one announcement."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.over = asyncio.Event()
        self.pcm = bytearray()
        self.rate_hz = 0
        self.first: float | None = None
        self.started = clock()
        self._clock = clock

    def speech(self, message: messages.SpeechAudio) -> None:
        """One piece."""
        if self.first is None:
            self.first = self._clock()
        self.rate_hz = message.rate_hz
        self.pcm += message.pcm[: max(0, MAX_SPEECH_BYTES * 4 - len(self.pcm))]

    def note(self, note: TurnNote) -> None:
        """The announcement is over when its turn is."""
        if note.kind == "done":
            self.over.set()


async def own(conductor: Conductor, text: str, seconds: float) -> Made:
    """This text in the configured voice, made in its stage. Raises AudioError when none comes in time."""
    listener = _Listener(asyncio.get_running_loop().time)
    end = conductor.trace.watch(listener.note)
    conductor.on_speech = listener.speech
    try:
        conductor.announce(text)
        async with asyncio.timeout(seconds):
            await listener.over.wait()
    except TimeoutError:
        raise AudioError(
            f"the voice did not say {text!r} within {seconds:.0f} s", "appliance say 'Hello' --out hello.wav"
        ) from None
    finally:
        conductor.on_speech = None
        end()
    if listener.first is None:
        raise AudioError("the voice made no sound", "appliance say 'Hello' --out hello.wav")
    speech = await asyncio.to_thread(_at_our_rate, bytes(listener.pcm), listener.rate_hz)
    return Made(speech, (listener.first - listener.started) * 1000)


def espeak(text: str, language: str) -> bytes | None:
    """This text in eSpeak NG's voice; None where there is no eSpeak NG, or no such voice."""
    options = {"voice": ESPEAK_ENGLISH} if language == "en" else {"language": language}
    try:
        engine = loading.create("tts", "espeak", options, {}, 1)
        engine.open()
    except EngineError:
        return None
    try:
        pieces = list(engine.speak(text, 1.0))
    finally:
        engine.close()
    if not pieces:
        return None
    return _at_our_rate(b"".join(piece.pcm for piece in pieces), pieces[0].rate_hz)


def called(word: bytes) -> bytes:
    """A wake word in a quiet room."""
    return _silence(LEAD_MS) + word + _silence(BETWEEN_MS)


def said(sentence: bytes) -> bytes:
    """A command, and the silence that ends it."""
    return sentence + _silence(TAIL_MS)


def trimmed(speech: bytes) -> bytes:
    """Without the silence at both ends: samples of (almost) nothing."""
    quiet = 64
    values = memoryview(speech).cast("h")
    loud = [index for index in range(0, len(values), 16) if abs(values[index]) > quiet]
    if not loud:
        return b""
    first, last = max(0, loud[0] - 160), min(len(values), loud[-1] + 160)
    return speech[first * pcm.SAMPLE_BYTES : last * pcm.SAMPLE_BYTES]


def _at_our_rate(speech: bytes, rate_hz: int) -> bytes:
    from appliance.audio.convert import Resampler

    return trimmed(Resampler(rate_hz, pcm.RATE_HZ).feed(speech, last=True))


def _silence(ms: int) -> bytes:
    return bytes(ms * pcm.BYTES_PER_MS)
