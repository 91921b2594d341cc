"""The timer intents of home-assistant-intents, as requests. Pure: slots in, a request out."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.timers.model import MAX_LABEL
from appliance.timers.request import Do, Request

_DO: dict[str, Do] = {
    "HassStartTimer": "set",
    "HassCancelTimer": "cancel",
    "HassCancelAllTimers": "cancel_all",
    "HassIncreaseTimer": "lengthen",
    "HassDecreaseTimer": "lengthen",
    "HassPauseTimer": "pause",
    "HassUnpauseTimer": "resume",
    "HassTimerStatus": "status",
}
INTENTS = frozenset(_DO)
"""Names of the intents that `request` knows."""
UNITS = {"hours": 3_600.0, "minutes": 60.0, "seconds": 1.0}


def request(intent: str, slots: Mapping[str, object]) -> Request | None:
    """What an intent and the values of its slots mean; None for others, and for a command to be done later.

    Slots: `hours`, `minutes`, `seconds`, `start_hours`, `start_minutes`, `start_seconds` (numbers), `name`,
    `area`, `conversation_command`.
    """
    do = _DO.get(intent)
    if do is None or slots.get("conversation_command"):
        return None
    seconds = _seconds(slots, "")
    name = str(slots.get("name") or "").strip()[:MAX_LABEL]
    area = str(slots.get("area") or "")[:MAX_LABEL]
    if do == "set":
        return Request("set", "timer", seconds=seconds, label=name)
    sign = -1 if intent == "HassDecreaseTimer" else 1
    start_s = _seconds(slots, "start_")
    return Request(do, "timer", seconds=sign * seconds, name=name, start_s=start_s, area=area)


def _seconds(slots: Mapping[str, object], prefix: str) -> float:
    total = 0.0
    for unit, factor in UNITS.items():
        value = slots.get(prefix + unit)
        if isinstance(value, int | float) and not isinstance(value, bool):
            total += value * factor
    return total
