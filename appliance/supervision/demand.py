"""Stages that are loaded when they are asked, and give their memory back when it is short.

Thin: `budget.table` says which may wait, `budget.fit` whether everything fits, `budget.relief` who gives way.
What is asked of a stage that rests is lost, as with one that died: who asked asks again when it is ready.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from appliance.budget import pressure, relief
from appliance.budget.fit import Fit
from appliance.budget.relief import Held, Rules
from appliance.budget.table import LOWEST, PRIORITIES
from appliance.config.model import Config
from appliance.supervision.ladder import Ladder
from appliance.supervision.load import COUNTED, Figures, Load
from appliance.supervision.room import fit
from appliance.supervision.spec import StageSpec
from appliance.supervision.stage import SupervisedStage
from appliance.supervision.states import State
from appliance.supervision.usage import cpu_seconds
from appliance.tasks import begin, end
from appliance.wire import messages

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
"""The kernel renews its averages at this pace."""
Background = Callable[[Coroutine[Any, Any, None]], None]


class Demand:
    """`start`, then `stop`; the supervisor tells what passes. `stages` is its own table."""

    def __init__(self, config: Config, stages: Mapping[str, SupervisedStage], background: Background) -> None:
        self.fit: Fit | None = None
        """Whether everything fits into this machine, as of the last start or change."""
        self._config = config
        self._stages = stages
        self._background = background
        self._state = relief.State()
        self._group = ""
        self._task: asyncio.Task[None] | None = None
        self._loads = {name: Load(_deadline_ms(config), self._clock_of(name)) for name in COUNTED}

    def start(self, specs: Sequence[StageSpec], ladder: Ladder) -> None:
        """Look at the machine, and from now on at its memory."""
        self._group = ladder.subtree.path if ladder.subtree is not None else ""
        self._weigh(specs)
        self._task = begin(self._watch(), "memory")

    async def stop(self) -> None:
        """Unload nothing any more; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    def reconfigure(self, config: Config, specs: Sequence[StageSpec]) -> None:
        """Other rules. What is to be loaded at start now is loaded at once; what is loaded stays."""
        self._config = config
        for load in self._loads.values():
            load.deadline_ms = _deadline_ms(config)
        self._weigh(specs)
        for name, stage in self._stages.items():
            if not self.rests(name):
                stage.ask()

    def rests(self, stage: str) -> bool:
        """Is this one loaded only when it is asked? The last always, where not everything fits."""
        fits = self.fit is None or self.fit.good
        preload = self._config.budget.preload if fits else min(self._config.budget.preload, LOWEST - 1)
        return PRIORITIES.get(stage, 1) > preload

    # --- what passes --------------------------------------------------------------------------------------

    def keeps_from(self, stage: SupervisedStage, message: messages.Message) -> bool:
        """True when the stage rests, and is not told this; it is loaded if somebody waits for an answer."""
        if not stage.rests:
            return False
        if isinstance(message, messages.Generate) and message.turn > 0:
            stage.ask()
        return True

    def sent(self, stage: str, message: messages.Message) -> None:
        """A stage was told this."""
        if (load := self._loads.get(stage)) is not None:
            load.sent(message, _now())

    def heard(self, stage: str, message: messages.Message) -> None:
        """A stage said this."""
        if (load := self._loads.get(stage)) is not None:
            load.heard(message, _now())

    def changed(self, stage: str, new: State) -> None:
        """A stage reached another state."""
        if new is State.READY and (load := self._loads.get(stage)) is not None:
            load.ready(_now())

    def figures(self, stage: str) -> Figures | None:
        """What it had to do lately; None for one that is not counted."""
        load = self._loads.get(stage)
        return load.figures(_now()) if load is not None else None

    # --- memory -------------------------------------------------------------------------------------------

    def _weigh(self, specs: Sequence[StageSpec]) -> None:
        before, self.fit = self.fit, fit(self._config, specs)
        if not self.fit.good and self.fit != before:
            LOG.warning("memory: %s; %s", self.fit.message, self.fit.hint)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            held = self._held()
            if held:
                self._look(held)

    def _look(self, held: Sequence[Held]) -> None:
        seen = pressure.look(self._config.budget.pressure_file, self._group)
        step = relief.step(self._rules(), self._state, seen, held, _now())
        self._state = step.state
        if step.unload:
            LOG.info("stage %s is unloaded until it is asked: %s", step.unload, step.reason)
            self._background(self._stages[step.unload].rest())

    def _rules(self) -> Rules:
        budget = self._config.budget
        tight = self.fit is not None and not self.fit.good
        return Rules(
            budget.pressure_percent,
            budget.relaxed_percent,
            budget.keep_seconds,
            budget.pause_seconds,
            budget.idle_seconds if tight else None,
        )

    def _held(self) -> list[Held]:
        """Stages that could give their memory back."""
        found = []
        for name, stage in self._stages.items():
            load = self._loads.get(name)
            if load is None or load.used_at is None or not self.rests(name):
                continue
            if stage.state is State.READY and stage.shown is State.READY:
                found.append(Held(name, load.used_at, load.in_use))
        return found

    def _clock_of(self, name: str) -> Callable[[], float | None]:
        """Reads the processor seconds of a stage's process."""

        def read() -> float | None:
            stage = self._stages.get(name)
            pid = stage.pid if stage is not None else None
            return None if pid is None else cpu_seconds(pid)

        return read


def _deadline_ms(config: Config) -> float:
    return config.llm.deadline_seconds * 1000


def _now() -> float:
    return time.monotonic()
