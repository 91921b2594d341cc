"""What the local socket can be asked about memory: `{"do": "budget"}` answers with a `report.Report`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from appliance.budget import machine, measure, probe, report
from appliance.budget.fit import Planned
from appliance.budget.report import Report
from appliance.config import profiles
from appliance.config.model import Config
from appliance.control import Answer, Handler

FRESH_SECONDS = 5.0
"""Who asks more often gets the report before."""
PROBE_SECONDS = 3_600.0
"""The disk is tried this often at most."""


class BudgetRequests:
    """Handlers by name. `root` is the process whose children the parts are."""

    def __init__(
        self,
        config: Callable[[], Config],
        planned: Callable[[], Sequence[Planned]],
        status: Callable[[], Mapping[str, Any]],
        root: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`planned` is `Supervisor.planned`, `status` what `appliance status` shows."""
        self._config = config
        self._planned = planned
        self._status = status
        self._root = root
        self._clock = clock
        self._asking = asyncio.Lock()
        self._made: tuple[float, Report] | None = None
        self._tried: tuple[float, float | None] | None = None

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"budget": self._budget}

    async def _budget(self, request: Answer) -> Answer:
        del request
        async with self._asking:
            now = self._clock()
            if self._made is None or now - self._made[0] >= FRESH_SECONDS:
                self._made = now, await self._make(now)
        found: Answer = msgspec.to_builtins(self._made[1])
        return found

    async def _make(self, now: float) -> Report:
        config, status, planned = self._config(), self._status(), self._planned()
        if self._tried is None or now - self._tried[0] >= PROBE_SECONDS:
            self._tried = now, await asyncio.to_thread(probe.write_p95_ms, Path(config.paths.data))
        return await asyncio.to_thread(look, config, planned, status, self._root, self._tried[1])


def look(
    config: Config,
    planned: Sequence[Planned],
    status: Mapping[str, Any] | None,
    root: int | None,
    store_write_p95_ms: float | None,
) -> Report:
    """Measure every part now. `root` is the supervisor's process. Reads /proc: some ms for each process."""
    stages = (status or {}).get("stages", ())
    measured: dict[str, measure.Measured | None] = {str(each["name"]): measure.stage(each) for each in stages}
    if root is not None:
        measured.update(measure.others(root, [each.get("pid") for each in stages]))
    profile = profiles.resolve(config.profile, profiles.this_machine()).name
    return report.make(
        config, profile, machine.look(), planned,
        measured=measured, status=status, store_write_p95_ms=store_write_p95_ms,
    )  # fmt: skip
