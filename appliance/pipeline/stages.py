"""What the pipeline needs of the supervisor."""

from __future__ import annotations

from typing import Protocol

from appliance.supervision.states import State
from appliance.wire import messages


class Stages(Protocol):
    """The stages, as far as the pipeline is concerned."""

    def send(self, stage: str, message: messages.Message) -> bool:
        """Queue a message; False when the stage is not ready to take it."""

    def state(self, stage: str) -> State:
        """What this stage is doing; stopped for one that does not exist."""
