"""The recogniser's stage: one utterance at a time, partial texts while it is spoken, its text at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from appliance.audio import pcm
from appliance.engines.contract import SttEngine
from appliance.errors import ApplianceError
from appliance.stages.engine import EngineStage
from appliance.understanding.grammar import strip_wake
from appliance.wire import messages

SLICE_BYTES = 100 * pcm.BYTES_PER_MS
"""A backlog is decoded in slices, so that a heartbeat is answered in between."""


class SttStage(EngineStage[SttEngine]):
    """See `stages.loop.Stage`."""

    kind = "stt"

    def __init__(self) -> None:
        super().__init__()
        self._wake_words: tuple[str, ...] = ()
        self._turn = 0
        self._end_ms = 0
        self._partial = ""

    def open(self, configure: messages.Configure) -> str:
        """Load the engine; the option `wake_words` names what is cut off the beginning of a sentence."""
        options = dict(configure.options)
        words = options.pop("wake_words", [])
        self._wake_words = tuple(words) if isinstance(words, list) else ()
        return super().open(msgspec.structs.replace(configure, options=options))

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """Obey; yields partial texts and the transcript."""
        engine = self.engine
        match message:
            case messages.SetGrammar(grammar=grammar):
                yield from self._set_grammar(engine, grammar)
            case messages.ListenStart(turn=turn):
                self._turn, self._partial = turn, ""
                engine.start()
            case messages.Audio(turn=turn, at_ms=at_ms, pcm=block) if turn == self._turn:
                self._end_ms = at_ms
                yield from self._feed(engine, block)
            case messages.ListenEnd(turn=turn) if turn == self._turn:
                yield self._finish(engine)

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """Drop the utterance of this turn."""
        if turn == self._turn:
            self._turn = 0
        return iter(())

    def _set_grammar(
        self, engine: SttEngine, grammar: messages.SpeechGrammar | None
    ) -> Iterator[messages.Message]:
        """A grammar that does not compile leaves the one before in place."""
        try:
            engine.set_grammar(grammar)
        except ApplianceError as error:
            yield messages.Note("error", f"the grammar stays as it was: {error.message}")
            return
        left_out = getattr(engine, "left_out", ())
        if left_out:
            yield messages.Note("warning", f"cannot be heard: {', '.join(left_out[:20])}")

    def _feed(self, engine: SttEngine, block: bytes) -> Iterator[messages.Message]:
        for piece in pcm.blocks(block, SLICE_BYTES):
            self._end_ms += round(pcm.milliseconds(piece))
            text = self._partial
            for partial in engine.feed(piece):
                text = strip_wake(partial, self._wake_words)
            if text != self._partial:
                self._partial = text
                yield messages.Partial(self._turn, text, self._end_ms)

    def _finish(self, engine: SttEngine) -> messages.Transcript:
        started = time.monotonic()
        result = engine.finish()
        text = strip_wake(result.text, self._wake_words)
        ms = (time.monotonic() - started) * 1000
        turn, self._turn = self._turn, 0
        return messages.Transcript(turn, text, result.confidence, round(ms, 1), result.speaker)


STAGE = SttStage
