"""A timer by its length, for programs that have no sentence: `timer_start` of the local socket."""

from __future__ import annotations

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.timers.model import MAX_NAME
from appliance.timers.request import Request
from appliance.timers.service import Timers
from appliance.timers.sounding import LOCAL

MAX_SECONDS = 24 * 3_600


class StartRequests:
    """Handlers by name."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"timer_start": self._start}

    async def _start(self, request: Answer) -> Answer:
        """`seconds`, perhaps a `name`; `room` rings."""
        seconds, name, room = request.get("seconds"), request.get("name", ""), request.get("room") or LOCAL
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 1 <= seconds <= MAX_SECONDS
        ):
            raise ControlError(f"timer_start needs `seconds`, 1 to {MAX_SECONDS}")
        texts = isinstance(name, str) and isinstance(room, str)
        if not texts or len(name) > MAX_NAME or len(room) > MAX_NAME or not name.isprintable():
            raise ControlError(f"`name` and `room` are texts of at most {MAX_NAME} characters")
        known = {timer.id for timer in self._timers.list()}
        wanted = Request("set", kind="timer", seconds=float(seconds), label=name.strip())
        answer = await self._timers.ask(wanted, room)
        if not answer.ok:
            raise ControlError(answer.text.rstrip("."), "see: appliance timers")
        new = [timer.id for timer in self._timers.list() if timer.id not in known]
        return {"answer": answer.text, "id": new[0] if new else 0}
