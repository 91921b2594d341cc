"""The recogniser's stage: utterances of several turns, partial texts meanwhile, each one's text at its end.

As many turns are decoded at once as the engine has recognisers; another one's audio waits, and is decoded
faster than it was spoken as soon as a recogniser is free.
"""

from __future__ import annotations

import time
from collections import deque
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
MAX_RECOGNISERS = 3
MAX_TURNS = 8
MAX_WAITING_BYTES = 25_000 * pcm.BYTES_PER_MS
"""The longest turn."""

Sent = messages.Message | None


class _Utterance:
    """One turn's speech: decoded by `engine`, or waiting for one."""

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.engine: SttEngine | None = None
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.ended_at: float | None = None
        self.end_ms = 0
        self.partial = ""

    def wait(self, at_ms: int, block: bytes) -> None:
        """Take a block; what cannot be decoded yet is kept, within bounds."""
        if sum(len(each) for _, each in self.waiting) < MAX_WAITING_BYTES:
            self.waiting.append((at_ms, block))


class SttStage(EngineStage[SttEngine]):
    """See `stages.loop.Stage`."""

    kind = "stt"

    def __init__(self) -> None:
        super().__init__()
        self._wake_words: tuple[str, ...] = ()
        self._grammar: messages.SpeechGrammar | None = None
        self._recognisers: list[SttEngine] = []
        self._free: list[SttEngine] = []
        self._turns: dict[int, _Utterance] = {}

    def open(self, configure: messages.Configure) -> str:
        """Load the engine; the option `wake_words` names what is cut off the beginning of a sentence."""
        options = dict(configure.options)
        words = options.pop("wake_words", [])
        self._wake_words = tuple(words) if isinstance(words, list) else ()
        detail = super().open(msgspec.structs.replace(configure, options=options))
        self._recognisers, self._free = [self.engine], [self.engine]
        return detail

    def close(self) -> None:
        """Release all recognisers."""
        for each in self._recognisers[1:]:
            each.close()
        super().close()

    def handle(self, message: messages.Message) -> Iterator[Sent]:
        """Obey; yields partial texts and transcripts."""
        match message:
            case messages.SetGrammar(grammar=grammar):
                yield from self._set_grammar(grammar)
            case messages.ListenStart(turn=turn):
                yield from self._start(turn)
            case messages.Audio(turn=turn, at_ms=at_ms, pcm=block) if turn in self._turns:
                self._turns[turn].wait(at_ms, block)
                yield from self._advance(self._turns[turn])
            case messages.ListenEnd(turn=turn) if turn in self._turns:
                self._turns[turn].ended_at = time.monotonic()
                yield from self._advance(self._turns[turn])

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """Drop the utterance of this turn; who waited is decoded in its place."""
        self._release(turn)
        for message in self._adopt():
            if message is not None:
                yield message

    # --- grammar ------------------------------------------------------------------------------------------

    def _set_grammar(self, grammar: messages.SpeechGrammar | None) -> Iterator[Sent]:
        """A grammar that does not compile leaves the one before in place."""
        self._grammar = grammar
        for engine in self._recognisers:
            try:
                yield from _prepared(engine, grammar)
                engine.set_grammar(grammar)
            except ApplianceError as error:
                yield messages.Note("error", f"the grammar stays as it was: {error.message}")
                return
            yield None
        left_out = getattr(self.engine, "left_out", ())
        if left_out:
            yield messages.Note("warning", f"cannot be heard: {', '.join(left_out[:20])}")

    # --- utterances -----------------------------------------------------------------------------------------

    def _start(self, turn: int) -> Iterator[Sent]:
        self._release(turn)
        if len(self._turns) >= MAX_TURNS:
            yield messages.Note("warning", f"{MAX_TURNS} speak at once; one is not listened to")
            yield messages.Transcript(turn, "", 0.0, 0.0)
            return
        self._turns[turn] = _Utterance(turn)
        yield from self._adopt()

    def _adopt(self) -> Iterator[Sent]:
        """Give who waits a recogniser, in the order in which they began, and go on with what is owed."""
        for utterance in tuple(self._turns.values()):
            if utterance.engine is None:
                utterance.engine = self._recogniser()
                if utterance.engine is None:
                    return
                utterance.engine.start()
            yield from self._advance(utterance)

    def _recogniser(self) -> SttEngine | None:
        if self._free:
            return self._free.pop(0)
        if len(self._recognisers) >= MAX_RECOGNISERS:
            return None
        another = self.engine.another()
        if another is None:
            return None
        another.set_grammar(self._grammar)
        self._recognisers.append(another)
        return another

    def _advance(self, utterance: _Utterance) -> Iterator[Sent]:
        """Decode what waits, and finish when that was all.

        The loop may drop this turn, or the one that this is done for, at every yield: nothing is lost then.
        """
        while utterance.waiting and self._is_current(utterance):
            at_ms, block = utterance.waiting.popleft()
            yield from self._decode(utterance, at_ms, block)
        if utterance.ended_at is not None and self._is_current(utterance):
            yield from self._finish(utterance, utterance.ended_at)

    def _is_current(self, utterance: _Utterance) -> bool:
        return utterance.engine is not None and self._turns.get(utterance.turn) is utterance

    def _decode(self, utterance: _Utterance, at_ms: int, block: bytes) -> Iterator[Sent]:
        utterance.end_ms = at_ms
        for piece in pcm.blocks(block, SLICE_BYTES):
            if utterance.engine is None:
                return
            utterance.end_ms += round(pcm.milliseconds(piece))
            text = utterance.partial
            for partial in utterance.engine.feed(piece):
                text = strip_wake(partial, self._wake_words)
            if text == utterance.partial:
                yield None
            else:
                utterance.partial = text
                yield messages.Partial(utterance.turn, text, utterance.end_ms)

    def _finish(self, utterance: _Utterance, ended_at: float) -> Iterator[Sent]:
        assert utterance.engine is not None
        result = utterance.engine.finish()
        text = strip_wake(result.text, self._wake_words)
        ms = (time.monotonic() - ended_at) * 1000
        self._release(utterance.turn)
        yield messages.Transcript(
            utterance.turn,
            text,
            result.confidence,
            round(ms, 1),
            result.speaker,
            result.words[-len(text.split()) :] if text else (),
            strip_wake(result.nearly, self._wake_words),
        )
        yield from self._adopt()

    def _release(self, turn: int) -> None:
        utterance = self._turns.pop(turn, None)
        if utterance is not None and utterance.engine is not None:
            self._free.append(utterance.engine)
            utterance.engine = None


def _prepared(engine: SttEngine, grammar: messages.SpeechGrammar | None) -> Iterator[None]:
    """Let an engine make its graph while pings are answered; one that cannot does all in `set_grammar`."""
    prepare = getattr(engine, "prepare", None)
    if prepare is not None and grammar is not None:
        yield from prepare(grammar)


STAGE = SttStage
