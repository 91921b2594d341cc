"""`appliance budget`: with and without a running appliance, for people and for programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.controlled import controlled, stage, status

LOADS = {"most_at_once": 5, "real_time_factor": 0.2}


async def test_what_runs_is_measured(tmp_path: Path) -> None:
    running = [stage("stt", pid=os.getpid(), cgroup="", load=LOADS), stage("sound", pid=None, resting=True)]
    async with controlled(tmp_path, status=status(stages=running)) as served:
        code, out, err = await served.command("budget", "--json", "--no-probe")
    found = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [each["kind"] for each in found[:1]] == ["machine"]
    assert found[0]["running"] is True
    parts = {each["part"]: each for each in found if each["kind"] == "part"}
    assert parts["stt"]["now_mb"] > 1
    assert parts["sound"]["now_mb"] is None
    figures = next(each for each in found if each["kind"] == "figures")
    assert (figures["speakers"], figures["store_write_p95_ms"]) == (5, None)
    assert [each["name"] for each in found if each["kind"] == "advice"] == ["speakers"]
    fit = next(each for each in found if each["kind"] == "fit")
    over = [each["part"] for each in parts.values() if each["mark"] == "over"]
    assert (code == 0) is (fit["verdict"] == "fits" and not over) is fit["good"]


async def test_for_people(tmp_path: Path) -> None:
    running = [stage("stt", pid=os.getpid(), cgroup="", load=LOADS), stage("sound", pid=None, resting=True)]
    async with controlled(tmp_path, status=status(stages=running)) as served:
        _, out, err = await served.command("budget", "--no-probe")
    assert err == ""
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert lines["profile"].startswith("profile p")
    assert "not loaded until it is asked" in lines["sound"]
    assert "speakers: 5 spoke at the same time (limit 3)" in out
    assert "→ " in out
    assert "nothing runs" not in out


async def test_nothing_runs(tmp_path: Path) -> None:
    async with controlled(tmp_path, status=status()) as served:
        pass
    code, out, err = await served.command("budget")
    assert (code, err) == (0, "")
    assert "nothing runs" in out
    assert not list(tmp_path.rglob("write-probe*"))
