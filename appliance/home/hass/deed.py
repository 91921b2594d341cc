"""One service call on one entity, and the waiting for what the entity says of it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from appliance.home.deeds import Outcome
from appliance.home.hass import refusals
from appliance.home.hass.goal import Goal
from appliance.home.hass.session import Lost, NotSent, Rejected, Session
from appliance.home.hass.states import UNAVAILABLE, State
from appliance.tasks import end
from appliance.wire.messages import Deed

UNREACHABLE = "cannot be reached: there is no connection to Home Assistant"
MAYBE = "may have done it: the connection to Home Assistant was lost"


class Verdict(msgspec.Struct, frozen=True):
    """What became of it; `reason` follows the entity's name."""

    outcome: Outcome
    confirmed: bool = False
    reason: str = ""


class Watch:
    """Looks at an entity's states from the moment before the call."""

    def __init__(self, goal: Goal | None, before: State) -> None:
        self.goal = goal
        self.state = before
        self.already = goal is not None and goal.met(before)
        """Was it so before?"""
        self.lost = False
        """Did the connection end meanwhile?"""
        self.event = asyncio.Event()
        """Set when there is no more to wait for."""

    @property
    def met(self) -> bool:
        """Does the entity say what is wanted?"""
        return self.goal is not None and self.goal.met(self.state)

    def look(self, state: State | None) -> None:
        """The entity says something new, or is gone."""
        self.state = state or State(UNAVAILABLE)
        self.already &= self.met
        if (self.met and not self.already) or self.state.state == UNAVAILABLE:
            self.event.set()

    def lose(self) -> None:
        """The connection ended."""
        self.lost = True
        self.event.set()


async def call(session: Session, deed: Deed, entity_id: str, watch: Watch, seconds: float) -> Verdict:
    """Call the service on this entity and wait for its word, so long at most."""
    fields = {
        "domain": deed.domain,
        "service": deed.service,
        "service_data": deed.data,
        "target": {"entity_id": entity_id},
    }
    answer = asyncio.ensure_future(session.ask("call_service", fields, seconds))
    said = asyncio.ensure_future(watch.event.wait())
    over = asyncio.get_running_loop().time() + seconds
    try:
        await asyncio.wait({answer, said}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if answer.done() and not watch.event.is_set():
            return await _after_answer(answer, said, watch, entity_id, over)
        return _by_state(watch)
    finally:
        await end(answer, said)


async def _after_answer(
    answer: asyncio.Future[msgspec.Raw], said: asyncio.Future[Any], watch: Watch, entity_id: str, over: float
) -> Verdict:
    """Home Assistant has answered, and the entity has said nothing new yet."""
    try:
        answer.result()
    except Rejected as rejected:
        return Verdict("refused", reason=refusals.reason(rejected.fault, entity_id))
    except NotSent:
        return Verdict("no broker", reason=UNREACHABLE)
    except Lost:
        return Verdict("uncertain", reason=MAYBE)
    except TimeoutError:
        return Verdict("silent", reason="did not answer")
    if watch.goal is None:
        return Verdict("done")
    if watch.already and watch.met:
        return Verdict("already", confirmed=True)
    await asyncio.wait({said}, timeout=max(0.0, over - asyncio.get_running_loop().time()))
    if not watch.event.is_set() and watch.state.attributes.get("assumed_state"):
        return Verdict("sent", reason="was told, but it does not report its state")
    return _by_state(watch)


def _by_state(watch: Watch) -> Verdict:
    if watch.lost:
        return Verdict("uncertain", reason=MAYBE)
    if watch.met and not watch.already:
        return Verdict("done", confirmed=True)
    if watch.state.state == UNAVAILABLE:
        return Verdict("unavailable", reason="is not available")
    return Verdict("silent", reason="did not answer")
