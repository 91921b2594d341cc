"""The wake word stage: all of the microphone's audio in, sayings of wake words out."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.engines import loading
from appliance.engines.contract import WakeEngine
from appliance.errors import Malformed
from appliance.stages.loop import PlainStage
from appliance.wire import messages


class WakeStage(PlainStage):
    """One wake word engine."""

    def __init__(self) -> None:
        self._engine: WakeEngine | None = None

    def open(self, configure: messages.Configure) -> str:
        """Load the engine. Raises EngineError."""
        engine: WakeEngine = loading.create(
            "wake", configure.engine, configure.options, configure.models, configure.threads
        )
        self._engine = engine
        return engine.open()

    def close(self) -> None:
        """Release the engine."""
        if self._engine is not None:
            self._engine.close()

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """Audio is searched; a reset forgets what came before it."""
        assert self._engine is not None
        match message:
            case messages.Audio(at_ms=at_ms, pcm=pcm):
                for heard in self._engine.feed(pcm, at_ms):
                    yield messages.WakeHeard(heard.word, heard.score, heard.at_ms)
            case messages.WakeReset():
                self._engine.reset()
            case _:
                raise Malformed(f"stage wake: {type(message).__name__} makes no sense here")


STAGE = WakeStage
