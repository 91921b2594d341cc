"""The voice activity stage: a turn's audio in, a probability of speech for every 32 ms out."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.engines.contract import VadEngine
from appliance.errors import Malformed
from appliance.stages.engine import EngineStage
from appliance.wire import messages


class VadStage(EngineStage[VadEngine]):
    """One voice activity engine. Audio of any turn but the one that `ListenStart` named is dropped."""

    kind = "vad"

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """`ListenStart` begins anew; audio of that turn is judged."""
        match message:
            case messages.ListenStart(turn=turn):
                self._turn = turn
                self.engine.reset()
            case messages.Audio(turn=turn, at_ms=at_ms, pcm=pcm):
                if turn == self._turn:
                    for end_ms, probability in self.engine.feed(pcm, at_ms):
                        yield messages.Voice(turn, end_ms, probability)
            case _:
                raise Malformed(f"stage vad: {type(message).__name__} makes no sense here")

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """What still arrives for that turn is not looked at."""
        if turn == self._turn:
            self._turn = 0
        return iter(())


STAGE = VadStage
