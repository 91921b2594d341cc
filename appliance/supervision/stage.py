"""A stage for ever: one generation after the other, with the pauses that the policy asks for."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import Any

import msgspec

from appliance.config.model import Supervision
from appliance.errors import ApplianceError
from appliance.supervision import child as children
from appliance.supervision import lifecycle, states, usage
from appliance.supervision.cgroup import MIB, Group
from appliance.supervision.generation import Ended, Generation
from appliance.supervision.ladder import Ladder
from appliance.supervision.link import Counts, Rate
from appliance.supervision.load import Figures
from appliance.supervision.spec import StageSpec, StageStatus
from appliance.supervision.states import State
from appliance.wire import messages

log = logging.getLogger(__name__)

MEASURE_SECONDS = 1.0
GONE_SECONDS = 2.0
"""A killed process is waited for so long before its successor starts; it is reaped in the background."""


class Surroundings(msgspec.Struct, frozen=True):
    """What all stages share."""

    policy: Supervision
    ladder: Ladder
    numbers: itertools.count[int]
    """Of groups; none is used twice."""
    on_message: Callable[[str, messages.Message], None]
    on_state: Callable[[str, State, State], None]
    in_background: Callable[[Coroutine[Any, Any, None]], None]
    on_task_end: Callable[[asyncio.Task[None]], None]
    random: Callable[[], float] = random.random


class SupervisedStage:
    """Start, stop, send, status. The supervisor owns one for each spec."""

    def __init__(self, spec: StageSpec, around: Surroundings) -> None:
        self.spec = spec
        self._around = around
        self._loop = asyncio.get_running_loop()
        self._state = State.STOPPED
        self._since = self._loop.time()
        self._history = lifecycle.History()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._to_rest = self._asked = False
        self._generation: Generation | None = None
        self._child: children.Child | None = None
        self._generations = 0
        self._retry_at: float | None = None
        self._ready: messages.Ready | None = None
        self._last = Ended("asked")
        self._counts = Counts()
        self._measured: tuple[children.Child, float, float] | None = None
        """Of which process, until when it counts, and MB."""

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    @property
    def shown(self) -> State:
        """The state for those who want to ask it: one that rests, or goes to rest, is ready, only later."""
        return State.READY if self.rests else self._state

    @property
    def rests(self) -> bool:
        """Is it not loaded until it is asked, or on the way there?"""
        return self._to_rest or self._state is State.RESTING

    @property
    def pid(self) -> int | None:
        """Its own process; None without one."""
        return self._child.pid if self._child is not None and not self._child.exited else None

    @property
    def settled(self) -> bool:
        """Is it ready, or known not to become so by itself at once?"""
        return self.shown in {State.READY, State.WAITING} or self._history.slow

    def start(self) -> None:
        """Begin the first generation."""
        self._stopping = self._asked = False
        self._wake.clear()
        self._task = self._loop.create_task(self._live(), name=f"stage {self.spec.name}")
        self._task.add_done_callback(self._around.on_task_end)

    async def stop(self) -> None:
        """Ask, wait `stop_seconds`, kill; returns when the process is gone."""
        self._to_rest = False
        await self._end()
        if self._state is State.RESTING:
            self._change(State.STOPPED)

    async def rest(self) -> None:
        """Stop until it is asked something. Whoever stops or replaces it meanwhile has the last word."""
        self._to_rest = True
        await self._end()
        if not self._to_rest:
            return
        self._to_rest = False
        self._change(State.RESTING)
        if self._asked:
            self.start()

    def lie_down(self) -> None:
        """Rest from the beginning: nothing is started until it is asked something."""
        self._change(State.RESTING)

    def ask(self) -> None:
        """Somebody wants something of it: load it, if it rests."""
        self._asked = self._to_rest
        if self._state is State.RESTING:
            self.start()

    async def _end(self) -> None:
        if self._task is None:
            return
        if not self._stopping:
            self._stopping = True
            self._wake.set()
            if self._generation is not None:
                self._change(State.STOPPING)
                self._generation.stop()
        await self._task
        self._task = None

    async def replace(self, spec: StageSpec) -> None:
        """Stop, then start with another spec and a clean record; one that rests goes on resting."""
        rests = self._state is State.RESTING
        await self.stop()
        self.spec = spec
        self._history = lifecycle.History()
        if rests:
            self.lie_down()
        else:
            self.start()

    async def retune(self, spec: StageSpec) -> None:
        """Take over options that a running process takes, without ending it."""
        before, self.spec = self.spec, spec
        if self._state in {State.STOPPED, State.RESTING} or self.send(spec.configure):
            return
        # It starts right now, with the former ones.
        self.spec = before
        await self.replace(spec)

    def adopt(self, around: Surroundings) -> None:
        """Live by another policy from the next generation on."""
        self._around = around

    def send(self, message: messages.Message) -> bool:
        """Give it a message; False when it is not ready or takes no more."""
        if self._generation is None or self._child is None or not self._generation.is_ready:
            self._counts.refused += 1
            return False
        return self._child.link.send(message)

    # --- generations ------------------------------------------------------------------------------------

    async def _live(self) -> None:
        while not self._must_stop():
            ended, ready_seconds = await self._one_generation()
            if not self._must_stop():
                await self._pause(self._judge(ended, ready_seconds))
        if self._state in {State.STARTING, State.READY}:
            # It ended by itself just before it was asked to.
            self._change(State.STOPPING)
        if self._state is not State.STOPPED:  # asked to stop before it began
            self._change(State.STOPPED)

    def _must_stop(self) -> bool:
        return self._stopping

    async def _one_generation(self) -> tuple[Ended, float]:
        self._change(State.STARTING)
        self._generations += 1
        generation = Generation(self.spec, self._around.policy, self._became_ready, self._heard)
        try:
            child = self._spawn(generation)
        except (ApplianceError, OSError) as error:
            return Ended("failed", getattr(error, "message", str(error)), getattr(error, "hint", "")), 0.0
        self._generation, self._child = generation, child
        try:
            ended = await generation.run(child)
            return ended, generation.ready_seconds()
        finally:
            self._generation = self._child = None
            self._add(child.link.counts)
            child.kill()
            self._around.in_background(self._destroy(child))
            await child.gone(GONE_SECONDS)

    def _spawn(self, generation: Generation) -> children.Child:
        policy, ladder = self._around.policy, self._around.ladder
        with ExitStack() as undo:
            group = None
            if ladder.subtree is not None:
                group = Group.create(ladder.subtree, self.spec.name, self._around.numbers, self.spec.limits)
                undo.callback(group.path.rmdir)
            rate = Rate(policy.max_messages_per_second, policy.max_bytes_per_second)
            child = children.spawn(self.spec, ladder.confinement, group, rate, generation)
            undo.pop_all()
        return child

    async def _destroy(self, child: children.Child) -> None:
        if not await child.destroy():
            log.warning("stage %s: its old group could not be removed", self.spec.name)

    def _judge(self, ended: Ended, ready_seconds: float) -> float:
        """Seconds to pause; records the end and changes the state."""
        policy, name = self._around.policy, self.spec.name
        self._last = ended
        self._history = lifecycle.after_ready(policy, self._history, ready_seconds)
        chance = self._around.random()
        if ended.kind == "missing":
            self._history, pause = lifecycle.after_missing(policy, self._history, chance)
            self._change(State.WAITING)
            log.info("stage %s waits for a missing piece: %s", name, ended.text)
        else:
            self._history, pause = lifecycle.after_failure(policy, self._history, self._loop.time(), chance)
            self._change(State.BACKOFF)
            log.warning("stage %s %s; next start in %.2f s", name, ended.text, pause)
        return pause

    async def _pause(self, seconds: float) -> None:
        self._retry_at = self._loop.time() + seconds
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._retry_at = None

    # --- what the generation reports --------------------------------------------------------------------

    def _became_ready(self, ready: messages.Ready) -> None:
        self._ready = ready
        self._change(State.READY)

    def _heard(self, message: messages.Message) -> None:
        self._around.on_message(self.spec.name, message)

    def _change(self, new: State) -> None:
        old = self._state
        states.check(self.spec.name, old, new)
        self._state = new
        self._since = self._loop.time()
        self._around.on_state(self.spec.name, old, new)

    def _add(self, counts: Counts) -> None:
        self._counts.dropped_audio += counts.dropped_audio
        self._counts.refused += counts.refused

    # --- status -----------------------------------------------------------------------------------------

    def status(self, load: Figures | None = None) -> StageStatus:
        """How it is doing now; `load` is what it had to do."""
        now, child = self._loop.time(), self._child
        live = child.link.counts if child is not None else Counts()
        ready = self._ready if self._state is State.READY else None
        return StageStatus(
            name=self.spec.name,
            state=self.shown,
            since_seconds=round(now - self._since, 3),
            pid=self.pid,
            generation=self._generations,
            restarts=self._history.failures,
            missing=self._history.missing,
            retry_seconds=None if self._retry_at is None else round(max(0.0, self._retry_at - now), 3),
            memory_mb=self._memory_mb(child, now),
            limits=self.spec.limits,
            engine=self.spec.configure.engine,
            detail=ready.detail if ready else "",
            load_ms=ready.load_ms if ready else None,
            last_error=self._last.text,
            hint=self._last.hint,
            dropped_audio=self._counts.dropped_audio + live.dropped_audio,
            refused=self._counts.refused + live.refused,
            sandbox=self._around.ladder.level,
            confinement=self._around.ladder.confinement,
            cgroup=str(child.group.path) if child is not None and child.group is not None else "",
            waiting=child.link.waiting if child is not None else 0,
            resting=self._state is State.RESTING,
            load=load,
        )

    def _memory_mb(self, child: children.Child | None, now: float) -> float | None:
        """Measured once a second at most: whoever asks for health asks often, and counting is most of it."""
        if child is None or child.exited:
            return None
        if self._measured is None or self._measured[0] is not child or now >= self._measured[1]:
            self._measured = child, now + MEASURE_SECONDS, _memory_mb(child)
        return self._measured[2]


def _memory_mb(child: children.Child) -> float:
    counted = child.group.memory_bytes() if child.group is not None else None
    used = usage.measure(child.process.pid).memory_bytes if counted is None else counted
    return round(used / MIB, 1)
