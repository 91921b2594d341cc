"""The voice activity stage: turns' audio in, a probability of speech for every 32 ms out."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.engines.contract import VadEngine
from appliance.errors import Malformed
from appliance.stages.engine import EngineStage
from appliance.wire import messages

MAX_TURNS = 8
"""Rooms in which somebody speaks at the same time; beyond it the oldest is no longer judged."""


class VadStage(EngineStage[VadEngine]):
    """One engine for each turn under way. Audio of a turn that `ListenStart` did not name is dropped."""

    kind = "vad"

    def __init__(self) -> None:
        super().__init__()
        self._turns: dict[int, VadEngine] = {}
        self._spare: list[VadEngine] = []

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """`ListenStart` begins anew; audio of that turn is judged until `ListenEnd`."""
        match message:
            case messages.ListenStart(turn=turn):
                self._start(turn)
            case messages.ListenEnd(turn=turn):
                self._end(turn)
            case messages.Audio(turn=turn, at_ms=at_ms, pcm=pcm):
                engine = self._turns.get(turn)
                if engine is not None:
                    for end_ms, probability in engine.feed(pcm, at_ms):
                        yield messages.Voice(turn, end_ms, probability)
            case _:
                raise Malformed(f"stage vad: {type(message).__name__} makes no sense here")

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """What still arrives for that turn is not looked at."""
        self._end(turn)
        return iter(())

    def close(self) -> None:
        """Release all engines."""
        for engine in (*self._turns.values(), *self._spare):
            if engine is not self._engine:
                engine.close()
        super().close()

    def _start(self, turn: int) -> None:
        self._end(turn)
        if len(self._turns) >= MAX_TURNS:
            self._end(next(iter(self._turns)))
        engine = self._free()
        engine.reset()
        self._turns[turn] = engine

    def _end(self, turn: int) -> None:
        engine = self._turns.pop(turn, None)
        if engine is not None:
            self._spare.append(engine)

    def _free(self) -> VadEngine:
        """The first engine is used whenever it can be: usually one person speaks."""
        if not any(engine is self.engine for engine in self._turns.values()):
            self._spare = [engine for engine in self._spare if engine is not self.engine]
            return self.engine
        return self._spare.pop() if self._spare else self.engine.another()


STAGE = VadStage
