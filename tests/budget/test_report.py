"""The table against what is measured."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.budget import report
from appliance.budget.fit import Planned
from appliance.budget.machine import Hardware
from appliance.budget.measure import Measured
from appliance.budget.report import Line, Report
from appliance.config.model import Config

MACHINE = Hardware("Box", "", 4, 8_000, "x86_64")
PLANNED = [
    Planned("supervisor", 1, 40, 60, "table"),
    Planned("stt", 1, 300, 400, "estimated"),
    Planned("llm", 3, 650, 900, "partly"),
]
LOADS: dict[str, Any] = {
    "stages": [
        {"name": "stt", "resting": False, "load": {"most_at_once": 4, "real_time_factor": 0.9}},
        {"name": "llm", "resting": True, "load": {"waited_p95_ms": 1_500.0}},
    ],
    "satellites": {"satellites": ["a"] * 12},
}


def made(**measured: Measured | None) -> Report:
    return report.make(
        Config(), "p2", MACHINE, PLANNED, measured=measured, status=LOADS, store_write_p95_ms=60.0
    )


def test_figures_come_together() -> None:
    found = made(supervisor=Measured(36.0, 37.0), stt=Measured(310.0, 350.0, "group"), llm=None)
    lines = {line.part: line for line in found.lines}
    assert (lines["stt"].now_mb, lines["stt"].most_mb, lines["stt"].source) == (310.0, 350.0, "group")
    assert (lines["llm"].now_mb, lines["llm"].resting) == (None, True)
    assert (lines["supervisor"].high_mb, lines["stt"].max_mb) == (0, Config().limits.stt.memory_max_mb)
    assert msgspec.structs.asdict(found.figures) == {
        "store_write_p95_ms": 60.0, "model_wait_p95_ms": 1_500.0, "memory_mb": 346.0, "machine_mb": 8_000,
        "speakers": 4, "real_time_factor": 0.9,
    }  # fmt: skip
    assert {each.name for each in found.advice} == {"store", "language model", "speakers", "recogniser"}
    assert found.suggestion.profile == "p3", "twelve satellites"
    assert found.good
    assert found.running


def test_what_is_over_is_not_good() -> None:
    found = made(stt=Measured(310.0, 700.0))
    assert next(line for line in found.lines if line.part == "stt").mark == "over"
    assert not found.good


def test_nothing_runs() -> None:
    found = report.make(Config(), "p1", MACHINE, PLANNED, measured={}, status=None)
    assert (found.running, found.figures.memory_mb, found.advice) == (False, None, ())
    assert found.good


@pytest.mark.parametrize(
    ("now_mb", "most_mb", "mark"),
    [
        (100, 100, ""),
        (100, 125, ""),
        (100, 126, "over"),
        (181, 110, "near"),
        (180, 120, ""),
        (190, 300, "over"),
    ],
)
def test_marks(now_mb: float, most_mb: float, mark: str) -> None:
    line = Line("stt", 1, 80, 100, "table", high_mb=200, max_mb=256)
    assert report.mark(line, now_mb, most_mb) == mark


def test_some_megabytes_are_no_matter() -> None:
    small = Line("sound", 1, 8, 9, "measured", high_mb=120, max_mb=160)
    assert report.mark(small, 10.0, 17.0) == ""
    assert report.mark(small, 10.0, 17.1) == "over"
