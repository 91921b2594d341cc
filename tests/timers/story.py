"""Anything that can happen to timers, in any order, and a plain model of what must become of them."""

from __future__ import annotations

from hypothesis import strategies as st

from appliance.timers.request import Request
from appliance.timers.service import LOOK_SECONDS
from tests.timers.virtual import Home

ACTIONS = st.one_of(
    st.tuples(st.just("set"), st.integers(1, 5_000)),
    st.tuples(st.sampled_from(["cancel", "pause", "resume"]), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.integers(1, 4_000)),
    st.tuples(st.just("step"), st.integers(-40_000, 40_000)),
    st.tuples(st.sampled_from(["kill", "reboot"]), st.integers(1, 4_000)),
)


class Story:
    """What happens, told to real timers and to a plain model of them."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.left: dict[int, float] = {}
        self.paused: set[int] = set()
        self.rung: set[int] = set()

    async def stop_all(self) -> None:
        """Somebody is always there to stop what rings, and then it is over for good."""
        await self.home.settle()
        for number, _, _ in self.home.rooms.rings:
            assert number not in self.rung, "rang twice"
            assert self.left[number] <= 3, "rang too early"
            self.rung.add(number)
        self.home.rooms.rings.clear()
        assert self.home.timers is not None
        self.home.timers.stop_everywhere()
        await self.home.settle()
        overdue = {number for number, left in self.left.items() if left < -3} - self.paused
        assert overdue <= self.rung, "did not ring"

    def elapse(self, seconds: float) -> None:
        for number in self.left.keys() - self.paused:
            self.left[number] -= seconds

    async def tell(self, what: str, value: int) -> None:
        timers = self.home.timers
        assert timers is not None
        if what == "set":
            answer = await timers.ask(Request("set", "timer", seconds=float(value)))
            if answer.ok:
                self.left[timers.list()[-1].id] = float(value)
        elif what in ("cancel", "pause", "resume"):
            await self._change(what, value)
        elif what == "pass":
            self.elapse(value)
            self.home.clock.pass_time(value)
        elif what == "step":
            # A clock that is set is noticed within seconds; power that fails before that is beyond help.
            self.elapse(LOOK_SECONDS)
            self.home.clock.step_wall(value)
            self.home.clock.pass_time(LOOK_SECONDS)
        else:
            await self.home.kill()
            self.elapse(value)
            if what == "kill":
                self.home.clock.pass_time(value)
            else:
                self.home.clock.reboot(value)
            await self.home.start()
        await self.stop_all()

    async def _change(self, what: str, value: int) -> None:
        assert self.home.timers is not None
        listed = self.home.timers.list()
        if not listed:
            return
        number = listed[value % len(listed)].id
        answer = await self.home.timers.ask(Request(what, id=number))  # type: ignore[arg-type]
        if not answer.ok:
            return
        if what == "cancel":
            del self.left[number]
        elif what == "pause":
            self.paused.add(number)
        else:
            self.paused.discard(number)
