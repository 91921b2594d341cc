"""Stages that only write down what they are sent."""

from __future__ import annotations

from appliance.supervision.states import State
from appliance.wire import messages


class RecordingStages:
    """Takes every message for a stage in `ready`, none for the others."""

    def __init__(self, ready: set[str] | None = None) -> None:
        self.ready = set(messages.STAGE_NAMES) if ready is None else ready
        self.sent: list[tuple[str, messages.Message]] = []

    def send(self, stage: str, message: messages.Message) -> bool:
        if stage not in self.ready:
            return False
        self.sent.append((stage, message))
        return True

    def state(self, stage: str) -> State:
        return State.READY if stage in self.ready else State.BACKOFF

    def take(self, stage: str) -> list[messages.Message]:
        """What this stage was sent since the last look."""
        taken = [message for name, message in self.sent if name == stage]
        self.sent = [entry for entry in self.sent if entry[0] != stage]
        return taken
