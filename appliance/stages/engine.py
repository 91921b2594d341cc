"""What every stage with one engine shares: opening it, closing it, and reaching it."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from appliance.engines import loading
from appliance.engines.contract import BaseEngine
from appliance.errors import EngineError
from appliance.stages.loop import PlainStage
from appliance.wire import messages

E = TypeVar("E", bound=BaseEngine)


class EngineStage(PlainStage, Generic[E]):
    """A stage around one engine of its `kind`."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        self._engine: E | None = None

    def open(self, configure: messages.Configure) -> str:
        """Load the engine. Raises EngineError."""
        engine: E = loading.create(
            self.kind, configure.engine, configure.options, configure.models, configure.threads
        )
        detail = engine.open()
        self._engine = engine
        return detail

    def close(self) -> None:
        """Release the engine; may be called twice."""
        if self._engine is not None:
            self._engine.close()

    @property
    def engine(self) -> E:
        """The open engine. Raises EngineError before `open`."""
        if self._engine is None:
            raise EngineError(f"the {self.kind} stage is not open")
        return self._engine
