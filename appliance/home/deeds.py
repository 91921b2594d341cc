"""What became of a deed, in words, and the waiting for a device's own report of it."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from appliance.home import actions
from appliance.home.live import Live
from appliance.mqtt import decoding

Outcome = Literal[
    "done", "already", "sent", "silent", "unavailable", "no broker", "unknown", "refused", "uncertain"
]


class DeedResult(msgspec.Struct, frozen=True):
    """What became of one deed on one entity.

    `done` with `confirmed` means that the device's own state topic says so. `done` without it (`sent`) is a
    device that reports nothing: the command was sent. `reason` is a sentence whenever that is not the whole
    story.
    """

    entity_id: str
    name: str
    done: bool
    outcome: Outcome
    confirmed: bool = False
    reason: str = ""
    ms: float = 0.0
    before: str = decoding.UNKNOWN
    after: str = decoding.UNKNOWN


class Watch:
    """Waits for an entity to report what is wanted, from the moment before the command goes out."""

    def __init__(self, live: Live, plan: actions.Plan) -> None:
        self.live = live
        self.plan = plan
        self._event = asyncio.Event()
        self.already = self.fulfilled
        """Was it so before the command?"""
        self.confirmed = False
        self.failed = ""
        """The state in which it says that it cannot, if it does."""

    @property
    def fulfilled(self) -> bool:
        """Is what the device last said what is wanted?"""
        return bool(self.plan.wanted) and actions.fulfilled(self.plan.wanted, self.live.values)

    def heard(self, said_state: bool, retained: bool) -> None:
        """The device said something, or the broker repeated what it once said (`retained`).

        A repetition proves only what was not so before, and nothing about what is under way.
        """
        if said_state and not retained:
            self._freshly()
        if said_state and retained and self.fulfilled and not self.already:
            self.confirmed = True
        if self.confirmed or self.failed or not self.live.available:
            self._event.set()

    def _freshly(self) -> None:
        state = self.live.values.get("state")
        if actions.obeyed(self.plan, self.live.values):
            self.confirmed = True
        elif isinstance(state, str) and state in self.plan.failing:
            self.failed = state

    async def wait(self, seconds: float) -> None:
        """Until confirmed, or refused, or unreachable, or the time is over."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._event.wait()
        except TimeoutError:
            return
