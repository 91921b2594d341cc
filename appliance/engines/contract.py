"""What an engine of each kind must offer. `tests/contracts/` runs the shared contract over every file.

A file `engines/<kind>/<name>.py` holds two names: `Options`, a frozen msgspec Struct that forbids unknown
fields, and `Engine`. The constructor does nothing but keep its arguments:

    Engine(options: Options, models: Mapping[str, Path], threads: int)

`open()` imports the library, loads the models and warms them; it raises EngineError (a `MissingEngine`
when a library or model may still arrive). `close()` releases everything and may be called twice.
Methods that do work are generators and yield often: between two yields the stage answers its heartbeat
and may close the generator, which cancels the work. Audio in is 16 kHz mono s16le.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import msgspec

from appliance.errors import EngineError
from appliance.wire.messages import SpeechGrammar, TimedWord


class MissingEngine(EngineError):
    """A library or model is not there yet: waiting for it is not a failure."""


class EngineOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every engine's options."""


@runtime_checkable
class BaseEngine(Protocol):
    """What every engine has."""

    def open(self) -> str:
        """Load and warm; a short line that says what was loaded."""

    def close(self) -> None:
        """Release everything; may be called twice."""


class Detection(msgspec.Struct, frozen=True):
    """A wake word that was heard; `at_ms` is the end of the audio that made the score."""

    word: str
    score: float
    at_ms: int


@runtime_checkable
class WakeListener(Protocol):
    """Finds wake words in one microphone's stream."""

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[Detection]:
        """Take the block that starts at `at_ms`; any length."""

    def missed(self) -> list[Detection]:
        """What was nearly a wake word since the last call."""

    def reset(self) -> None:
        """Forget the stream so far."""

    def close(self) -> None:
        """Release what only this listener has; may be called twice."""


@runtime_checkable
class WakeEngine(BaseEngine, WakeListener, Protocol):
    """Finds wake words: a listener itself, and the maker of more over the same models."""

    words: tuple[str, ...]

    def another(self) -> WakeListener:
        """A listener for one more microphone; its stream is not mixed with any other."""


@runtime_checkable
class VadEngine(BaseEngine, Protocol):
    """Says how likely each chunk is speech."""

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[tuple[int, float]]:
        """Take the block that starts at `at_ms`; yields (end of chunk in ms, probability 0…1)."""

    def reset(self) -> None:
        """Forget the stream so far."""

    def another(self) -> VadEngine:
        """One more, open, for a second speaker at the same time."""


class Text(msgspec.Struct, frozen=True):
    """A recogniser's result; `confidence` 0…1, `speaker` a vector or empty.

    `words` are those of `text`, where the engine knows when they were said; `nearly` is the sentence that it
    was most like when `text` is empty, for "did you mean …".
    """

    text: str
    confidence: float
    speaker: tuple[float, ...] = ()
    words: tuple[TimedWord, ...] = ()
    nearly: str = ""


@runtime_checkable
class SttEngine(BaseEngine, Protocol):
    """Turns one utterance into text, as it is spoken."""

    def set_grammar(self, grammar: SpeechGrammar | None) -> None:
        """Listen for these sentences from the next `start` on; None is open dictation."""

    def start(self) -> None:
        """Begin an utterance, dropping an unfinished one."""

    def feed(self, pcm: bytes) -> Iterator[str]:
        """Take a block; yields a partial text whenever it changed."""

    def finish(self) -> Text:
        """End the utterance. Empty text when it fits no sentence of the grammar."""

    def another(self) -> SttEngine | None:
        """One more over the same models, for a second speaker at a time; None when there is only one."""


class Completion(msgspec.Struct, frozen=True):
    """How a generation ended."""

    reason: str
    prompt_tokens: int
    tokens: int
    prefill_tokens: int = 0
    """Tokens of the prompt that had to be evaluated: the rest was still known from before."""


@runtime_checkable
class LlmEngine(BaseEngine, Protocol):
    """Generates text, one request at a time."""

    def generate(
        self, system: str, text: str, grammar: str, max_tokens: int, deadline_seconds: float
    ) -> Iterator[str | Completion]:
        """Pieces of text, then one Completion. Decoding and prefill really stop at the deadline."""


class Speech(msgspec.Struct, frozen=True):
    """A piece of speech: mono s16le at its own rate."""

    rate_hz: int
    pcm: bytes


@runtime_checkable
class TtsEngine(BaseEngine, Protocol):
    """Speaks one sentence."""

    def speak(self, text: str, speed: float) -> Iterator[Speech]:
        """Pieces of at most half a second, as they are made. Any text is safe to pass."""
