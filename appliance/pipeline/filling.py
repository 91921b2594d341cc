"""Words that fill a long wait, and how long waits were, in one room."""

from __future__ import annotations

import time

from appliance.dialogue.fillers import Work
from appliance.pipeline.mouth import Mouth
from appliance.pipeline.shared import Shared


class Filling:
    """Between the moment when something is asked for and the first words of the answer."""

    def __init__(self, shared: Shared, mouth: Mouth, room: str) -> None:
        self._shared = shared
        self._mouth = mouth
        self._room = room
        self._waits: tuple[Work, float] | None = None

    def begin(self, turn: int, work: Work) -> None:
        """This takes a while; say so if it is likely to be long."""
        self._waits = (work, time.monotonic())
        config = self._shared.config
        text = self._shared.fillers.choose(work, config.language) if config.turn.fillers else ""
        if text:
            self._mouth.fill(turn, text)
            self._shared.assent.says(self._room, text)

    def end(self) -> None:
        """The first words of the answer: so long it took."""
        if self._waits is not None:
            work, since = self._waits
            self._shared.fillers.took(work, (time.monotonic() - since) * 1000)
            self._waits = None
