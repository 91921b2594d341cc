"""`appliance timers`: what reaches the appliance, and how its answers are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.controlled import controlled

PASTA = {
    "id": 3, "kind": "timer", "state": "running", "name": "pasta\x1b timer", "room": "kitchen",
    "at": "", "zone": "", "days": [], "left_s": 3_725.0,
}  # fmt: skip
HELD = PASTA | {"id": 4, "state": "paused", "left_s": 65.0, "name": "egg timer"}
BLIND = PASTA | {"id": 5, "left_s": None, "name": "alarm for 7 AM"}


@pytest.mark.parametrize("arguments", [["timers"], ["timers", "list"]])
async def test_list(tmp_path: Path, arguments: list[str]) -> None:
    async with controlled(tmp_path, timers={"timers": [PASTA, HELD, BLIND]}) as served:
        code, out, err = await served.command(*arguments)
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert out.splitlines()[0].endswith("(in 1:02:05, kitchen)")
    assert out.splitlines()[1:] == [
        "   4  egg timer  (paused, 1:05 left, kitchen)",
        "   5  alarm for 7 AM  (waits for the clock, kitchen)",
    ]


async def test_nothing(tmp_path: Path) -> None:
    async with controlled(tmp_path, timers={"timers": []}) as served:
        assert (await served.command("timers"))[1] == "nothing is set\n"


@pytest.mark.parametrize(
    ("arguments", "request_", "answer", "shown"),
    [
        (
            ["set", "--room", "kitchen", "10", "minutes"],
            {"do": "timer_set", "text": "10 minutes", "room": "kitchen"},
            {"answer": "Timer set.", "timers": [PASTA]},
            "Timer set.",
        ),
        (["cancel", "3"], {"do": "timer_cancel", "id": 3}, {"answer": "Gone."}, "Gone."),
        (["cancel", "all"], {"do": "timer_cancel", "id": "all"}, {"answer": "Gone."}, "Gone."),
        (["stop"], {"do": "timer_stop", "room": ""}, {"stopped": True}, "silent"),
        (["stop", "--room", "x"], {"do": "timer_stop", "room": "x"}, {"stopped": False}, "nothing rings"),
    ],
)
async def test_actions(
    tmp_path: Path, arguments: list[str], request_: dict[str, Any], answer: dict[str, Any], shown: str
) -> None:
    async with controlled(tmp_path, **{request_["do"]: answer}) as served:
        code, out, err = await served.command("timers", *arguments)
        assert served.requests == [request_]
    assert (code, out, err) == (0, f"{shown}\n", "")


async def test_json(tmp_path: Path) -> None:
    async with controlled(tmp_path, timers={"timers": [PASTA, HELD]}) as served:
        _, out, _ = await served.command("timers", "--json")
    assert [json.loads(line)["id"] for line in out.splitlines()] == [3, 4]
