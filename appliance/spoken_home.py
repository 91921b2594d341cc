"""The home as the pipeline wants it: what went wrong is a sentence in the house's language."""

from __future__ import annotations

import logging
from collections.abc import Collection

from appliance.dialogue.events import DeedResult
from appliance.home.deeds import DeedResult as Performed
from appliance.home.deeds import Outcome
from appliance.home.entities import House
from appliance.home.homes import Homes
from appliance.understanding import phrases
from appliance.wire import messages

LOG = logging.getLogger(__name__)

_SPOKEN: dict[Outcome, phrases.Reason] = {
    "silent": "no_answer",
    "uncertain": "no_answer",
    "unavailable": "unavailable",
    "unknown": "unavailable",
    "no broker": "home_gone",
    "refused": "refused",
}


class SpokenHome:
    """See the module."""

    def __init__(self, homes: Homes, language: str) -> None:
        self._devices = homes
        self._language = language

    def house(self) -> House:
        """What is there now."""
        return self._devices.house()

    async def perform(self, deed: messages.Deed, granted: Collection[str] = ()) -> list[DeedResult]:
        """Do it, and wait for each device's own state; `granted`: ids whose guard was lifted for it."""
        return [self._told(outcome) for outcome in await self._devices.perform(deed, granted=granted)]

    def _told(self, outcome: Performed) -> DeedResult:
        """The same with a reason that can be spoken in the house's language."""
        spoken = _SPOKEN.get(outcome.outcome)
        reason = phrases.failure_answer(self._language, spoken, outcome.name) if spoken else ""
        if spoken:
            LOG.warning("%s: %s", outcome.entity_id, outcome.reason)
        return DeedResult(
            outcome.entity_id, outcome.name, outcome.done, outcome.confirmed, reason, round(outcome.ms, 1)
        )
