"""All stages together: started at once, stopped in reverse order, none ever given up.

The owner's callbacks run inside the event loop. An exception in one of them is a fault of the owner, not of
a stage: it is logged with its traceback and counted in `callback_errors`, and supervision goes on.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from appliance.budget.fit import Fit, Planned
from appliance.config.model import Config
from appliance.errors import SupervisionError
from appliance.supervision import cgroup, room
from appliance.supervision import ladder as rungs
from appliance.supervision.demand import Demand
from appliance.supervision.ladder import Ladder
from appliance.supervision.layout import private_places
from appliance.supervision.sandbox import checked_models
from appliance.supervision.spec import StageSpec, StageStatus, only_live
from appliance.supervision.stage import SupervisedStage, Surroundings
from appliance.supervision.states import State
from appliance.wire import messages

log = logging.getLogger(__name__)

REAP_SECONDS = 10.0
"""A killed process that hangs in a driver is not waited for longer than this."""

__all__ = ["StageSpec", "StageStatus", "State", "Supervisor"]


class Supervisor:
    """Owns every stage. `start` probes the sandbox; give `ladder` to use a probe made before."""

    def __init__(
        self,
        config: Config,
        specs: Sequence[StageSpec],
        on_message: Callable[[str, messages.Message], None],
        on_state: Callable[[str, State, State], None],
        ladder: Ladder | None = None,
    ) -> None:
        self.callback_errors = 0
        self.healthy = True
        """False after a fault in supervision itself: let the watchdog restart the service."""
        self._config = config
        self._specs = tuple(specs)
        self._on_message = on_message
        self._on_state = on_state
        self._ladder = ladder
        self._numbers = itertools.count(1)
        self._stages: dict[str, SupervisedStage] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._demand = Demand(config, self._stages, self._run_in_background)

    @property
    def ladder(self) -> Ladder:
        """How stages are confined here. Raises SupervisionError before `start`."""
        if self._ladder is None:
            raise SupervisionError("the sandbox was not probed yet", "call start() first")
        return self._ladder

    @property
    def ready(self) -> bool:
        """Is every mandatory stage ready?"""
        return all(stage.shown is State.READY for stage in self._mandatory())

    @property
    def settled(self) -> bool:
        """Is every mandatory stage ready, waiting for a missing piece, or failing for good reason?"""
        return all(stage.settled for stage in self._mandatory())

    def _mandatory(self) -> list[SupervisedStage]:
        return [stage for stage in self._stages.values() if stage.spec.mandatory]

    async def start(self) -> None:
        """Probe, then start every stage.

        Raises SandboxError below `sandbox.minimum` or for a bad model path.
        """
        specs = [self._checked(spec) for spec in self._specs]
        if self._ladder is None:
            self._ladder = rungs.probe(self._config)
        rungs.require(self._ladder, self._config.sandbox.minimum)
        log.info("stages are confined at level %s by %s", self._ladder.level, self._ladder.confinement)
        for reason in self._ladder.reasons:
            log.info("not stricter because %s", reason)
        if self._ladder.subtree is not None:
            cgroup.clean(Path(self._ladder.subtree.path))
        self._demand.start(specs, self._ladder)
        for spec in specs:
            self._add(spec)

    async def stop(self) -> None:
        """Stop in reverse order; returns when no process and no group is left."""
        await self._demand.stop()
        for name in reversed(self._stages):
            await self._stages[name].stop()
        if self._background:
            _, left = await asyncio.wait(self._background, timeout=REAP_SECONDS)
            if left:
                log.error("%d processes do not die; the kernel still holds them", len(left))

    async def reload(self, specs: Sequence[StageSpec], config: Config | None = None) -> list[str]:
        """Stop stages that are gone, start new ones, restart those that changed; names of all these.

        Raises SandboxError for a bad model path, before anything is touched.
        """
        wanted = {spec.name: self._checked(spec) for spec in specs}
        if config is not None:
            self._config = config
            self._demand.reconfigure(config, specs)
            for stage in self._stages.values():
                stage.adopt(self._surroundings())
        touched = []
        for name in [name for name in reversed(self._stages) if name not in wanted]:
            await self._stages.pop(name).stop()
            touched.append(name)
        for name, spec in wanted.items():
            running = self._stages.get(name)
            if running is None:
                self._add(spec)
            elif running.spec == spec:
                continue
            elif only_live(running.spec, spec):
                await running.retune(spec)
            else:
                await running.replace(spec)
            touched.append(name)
        return touched

    def send(self, stage: str, message: messages.Message) -> bool:
        """Give a stage a message; False when there is no such stage, or it is not ready, or takes no more."""
        supervised = self._stages.get(stage)
        if supervised is None or self._demand.keeps_from(supervised, message):
            return False
        taken = supervised.send(message)
        if taken:
            self._demand.sent(stage, message)
        return taken

    def state(self, stage: str) -> State:
        """A stage's state: ready for one that is loaded when asked, stopped for one that does not exist."""
        supervised = self._stages.get(stage)
        return State.STOPPED if supervised is None else supervised.shown

    def status(self) -> list[StageStatus]:
        """Every stage, in the order of the specs."""
        return [stage.status(self._demand.figures(name)) for name, stage in self._stages.items()]

    @property
    def fit(self) -> Fit | None:
        """Whether all stages fit into this machine; None before `start`."""
        return self._demand.fit

    def planned(self) -> list[Planned]:
        """What every part is expected to take."""
        return room.plan(self._config, [stage.spec for stage in self._stages.values()])

    async def wait(self, predicate: Callable[[], bool], within_seconds: float) -> bool:
        """Wait until `predicate` holds, looking after every change of a state; False when it did not."""
        try:
            async with asyncio.timeout(within_seconds), self._changed:
                await self._changed.wait_for(predicate)
        except TimeoutError:
            return False
        return True

    # --- inside -----------------------------------------------------------------------------------------

    def _checked(self, spec: StageSpec) -> StageSpec:
        private = private_places(os.path.abspath(self._config.paths.data))  # noqa: PTH100 no link is followed
        checked_models(spec.read_only, private)
        return spec

    def _add(self, spec: StageSpec) -> None:
        stage = SupervisedStage(spec, self._surroundings())
        self._stages[spec.name] = stage
        if self._demand.rests(spec.name):
            stage.lie_down()
        else:
            stage.start()

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            policy=self._config.supervision,
            ladder=self.ladder,
            numbers=self._numbers,
            on_message=self._deliver,
            on_state=self._announce,
            in_background=self._run_in_background,
            on_task_end=self._task_ended,
        )

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """A stage's task ends when it is stopped; with an exception it is a fault of this program."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self.healthy = False
            log.critical("the supervision of %s failed", task.get_name(), exc_info=error)

    def _deliver(self, stage: str, message: messages.Message) -> None:
        self._demand.heard(stage, message)
        self._call(self._on_message, stage, message)

    def _announce(self, stage: str, old: State, new: State) -> None:
        self._demand.changed(stage, new)
        self._call(self._on_state, stage, old, new)
        self._run_in_background(self._wake_waiters())

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:
            # The border to the owner's code: a fault in a turn must not take the stages down.
            self.callback_errors += 1
            log.exception("a callback of the supervisor failed")

    async def _wake_waiters(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_ended)

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        self._task_ended(task)
