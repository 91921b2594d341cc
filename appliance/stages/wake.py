"""The wake word stage: all of the microphone's audio in, sayings of wake words out."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.engines.contract import WakeEngine
from appliance.errors import Malformed
from appliance.stages.engine import EngineStage
from appliance.wire import messages


class WakeStage(EngineStage[WakeEngine]):
    """One wake word engine."""

    kind = "wake"

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """Audio is searched; a reset forgets what came before it."""
        match message:
            case messages.Audio(at_ms=at_ms, pcm=pcm):
                for heard in self.engine.feed(pcm, at_ms):
                    yield messages.WakeHeard(heard.word, heard.score, heard.at_ms)
            case messages.WakeReset():
                self.engine.reset()
            case _:
                raise Malformed(f"stage wake: {type(message).__name__} makes no sense here")


STAGE = WakeStage
