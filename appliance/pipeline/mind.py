"""From words to meaning: keeps the intent stage's house fresh, and asks it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from appliance.home.entities import House
from appliance.pipeline.stages import Stages
from appliance.supervision.states import State
from appliance.wire import messages

PART_BYTES = 64 * 1024


class Mind:
    """Asks the questions of all turns; each turn owes at most one answer."""

    def __init__(self, stages: Stages, house: Callable[[], House]) -> None:
        self._stages = stages
        self._house = house
        self._stale = True
        self._asked: dict[int, messages.Understand] = {}

    def house_changed(self, *, names: bool) -> None:
        """A state changed, or (`names`) what can be talked about did; only that is sent at once."""
        self._stale = True
        if names:
            self._send_house()

    def ask_intent(self, turn: int, text: str, area: str = "", room: str = "") -> None:
        """What does this sentence mean, said in this area (id or name), in this room's conversation?"""
        if self._stale:
            self._send_house()
        question = self._asked[turn] = messages.Understand(turn, text, self.area_id(area), room)
        self._stages.send("intent", question)

    def consider(self, turn: int, text: str, area: str = "", room: str = "") -> None:
        """Is this a whole sentence already? Best effort: an answer that is lost costs a little time.

        Names are what matters, so a house whose states are a little old will do.
        """
        self._stages.send("intent", messages.Consider(turn, text, self.area_id(area), room))

    def answered(self, turn: int) -> None:
        """The answer (or its first piece) is here, or nobody wants it; it will not be asked again."""
        self._asked.pop(turn, None)

    def stage_ready(self, stage: str) -> None:
        """A fresh stage: give it the house, and the questions that its predecessor owes."""
        if stage == "intent":
            self._stale = True
            self._send_house()
            for question in self._asked.values():
                self._stages.send(stage, question)

    def area_id(self, area: str) -> str:
        """The id of this area, which is given by id or by name."""
        if not area:
            return ""
        wanted = area.casefold()
        areas = self._house().areas
        return next((area.id for area in areas if wanted in {area.id.casefold(), area.name.casefold()}), "")

    def _send_house(self) -> None:
        if self._stages.state("intent") is not State.READY:
            return
        data = msgspec.json.encode(self._house())
        for start in range(0, len(data), PART_BYTES):
            last = start + PART_BYTES >= len(data)
            self._stages.send("intent", messages.HousePart(data[start : start + PART_BYTES], last))
        self._stale = False
