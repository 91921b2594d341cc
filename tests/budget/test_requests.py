"""The local socket's request, over a real process and a real disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from appliance.budget.fit import Planned
from appliance.budget.requests import FRESH_SECONDS, PROBE_SECONDS, BudgetRequests
from appliance.config.model import Config, Paths


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_budget(tmp_path: Path) -> None:
    clock, asked = Clock(), list[int]()

    def status() -> dict[str, Any]:
        asked.append(1)
        return {"stages": [{"name": "stt", "pid": os.getpid(), "cgroup": "", "load": None}]}

    requests = BudgetRequests(
        lambda: Config(paths=Paths(data=str(tmp_path))),
        lambda: [Planned("stt", 1, 300, 400, "estimated")],
        status,
        os.getpid(),
        clock,
    )
    budget = requests.handlers()["budget"]
    first = await budget({})
    assert first["lines"][0]["part"] == "stt"
    assert first["lines"][0]["now_mb"] > 0
    assert first["fit"]["need_mb"] == 400
    assert first["figures"]["store_write_p95_ms"] > 0

    assert await budget({}) == first
    assert len(asked) == 1, "who asks often gets the report before"
    clock.now = FRESH_SECONDS
    again = await budget({})
    assert len(asked) == 2
    written = first["figures"]["store_write_p95_ms"]
    assert again["figures"]["store_write_p95_ms"] == written, "the disk is spared"
    tmp_path.rmdir()
    clock.now = PROBE_SECONDS
    assert (await budget({}))["figures"]["store_write_p95_ms"] is None, "it is tried again, and there is none"
