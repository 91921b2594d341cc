"""What the local socket can ask of the timers: list, set, cancel, stop."""

from __future__ import annotations

from typing import Any

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.timers.model import MAX_NAME, Timer
from appliance.timers.request import Request
from appliance.timers.service import Timers
from appliance.timers.sounding import LOCAL
from appliance.timers.tokens import MAX_SENTENCE

EXAMPLES = 'say it as you would aloud, such as "ten minutes for pasta" or "wake me at 7 tomorrow"'


class TimerRequests:
    """Handlers by name."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "timers": self._list,
            "timer_set": self._set,
            "timer_cancel": self._cancel,
            "timer_stop": self._stop,
        }

    async def _list(self, request: Answer) -> Answer:
        del request
        return {"timers": [self._shown(timer) for timer in self._timers.list()]}

    async def _set(self, request: Answer) -> Answer:
        """`text`, in the language of the house; `room` rings."""
        text, room = request.get("text"), _room(request)
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_SENTENCE - len("timer "):
            raise ControlError(f"timer_set needs a `text` of 1 to {MAX_SENTENCE} characters", EXAMPLES)
        wanted = self._timers.parse(text) or self._timers.parse(f"timer {text}")
        if wanted is None or wanted.do != "set":
            raise ControlError(f"{text[:80]!r} sets no timer, alarm or reminder", EXAMPLES)
        known = {timer.id for timer in self._timers.list()}
        answer = await self._do(wanted, room)
        new = [timer for timer in self._timers.list() if timer.id not in known]
        return answer | {"timers": [self._shown(timer) for timer in new]}

    async def _cancel(self, request: Answer) -> Answer:
        """`id` of one, or "all"."""
        number = request.get("id")
        if number == "all":
            return await self._do(Request("cancel_all"), LOCAL)
        if isinstance(number, bool) or not isinstance(number, int):
            raise ControlError('timer_cancel needs an `id`, a number or "all"', "see: appliance timers")
        return await self._do(Request("cancel", id=number), LOCAL)

    async def _stop(self, request: Answer) -> Answer:
        """Silence what rings in `room`, or everywhere."""
        stopped = (
            self._timers.stop_ringing(_room(request))
            if request.get("room")
            else self._timers.stop_everywhere()
        )
        return {"stopped": stopped}

    async def _do(self, request: Request, room: str) -> Answer:
        answer = await self._timers.ask(request, room)
        if not answer.ok:
            raise ControlError(answer.text.rstrip("."), "see: appliance timers")
        return {"answer": answer.text}

    def _shown(self, timer: Timer) -> dict[str, Any]:
        left_s = self._timers.remaining(timer)
        return {
            "id": timer.id,
            "kind": timer.kind,
            "state": timer.state,
            "name": self._timers.describe(timer),
            "room": timer.room,
            "at": timer.at,
            "zone": timer.zone,
            "days": list(timer.days),
            "left_s": None if left_s is None else round(left_s, 1),
        }


def _room(request: Answer) -> str:
    room = request.get("room") or LOCAL
    if not isinstance(room, str) or len(room) > MAX_NAME:
        raise ControlError("`room` is the name of a satellite, or `local`", "see: appliance status")
    return room
