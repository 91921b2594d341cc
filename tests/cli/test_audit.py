"""`appliance audit`: from the running appliance or from its files; never what was said."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from appliance.cli import audit
from appliance.errors import ControlError
from appliance.judgement.audit import Audit, Row
from tests.appliances import COMMAND, environment
from tests.controlled import controlled

ROW = {
    "at": 1_800_000_000.0, "outcome": "denied", "what": "lock.unlock", "entity": "lock.door", "room": "hall",
    "who": "An\x1bna", "source": "voice", "confidence": 0.971, "reason": "child",
}  # fmt: skip


async def test_it_asks_the_running_appliance(tmp_path: Path) -> None:
    async with controlled(tmp_path, audit_list={"rows": [ROW, {**ROW, "who": ""}]}) as served:
        code, out, err = await served.command("audit", "--since", "2h", "--person", "Anna", "--limit", "7")
        _, lines, _ = await served.command("audit", "--json")
    assert (code, err) == (0, "")
    request = served.requests[0]
    assert (request["person"], request["limit"]) == ("Anna", 7)
    assert abs(request["since"] - (time.time() - 7_200)) < 60
    assert "\x1b" not in out
    first, second = out.splitlines()
    assert first.endswith("(voice 0.97)  denied  child  lock.unlock lock.door")
    assert "hall  somebody  denied" in second
    assert json.loads(lines.splitlines()[0]) == ROW


async def test_it_clears(tmp_path: Path) -> None:
    async with controlled(tmp_path, audit_clear={"cleared": 3}) as served:
        _, out, _ = await served.command("audit", "clear")
        _, line, _ = await served.command("audit", "clear", "--json")
    assert out == "3 entries are gone\n"
    assert json.loads(line) == {"cleared": 3}


def test_without_an_appliance_its_files_are_read(tmp_path: Path) -> None:
    written = Audit(tmp_path / "judgement" / "audit.db", 3_650, 100)
    written.open()
    written.add(Row(time.time(), "done", "light.turn_on", "light.kitchen", "local"))
    written.close()

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [COMMAND, "audit", *arguments],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert "done  light.turn_on light.kitchen" in command()
    assert command("clear") == "1 entries are gone\n"
    assert command() == "nothing was recorded\n"


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0.0), ("90m", 1_000_000 - 5_400), ("3d", 1_000_000 - 259_200), ("1w", 395_200)]
)
def test_times_ago(text: str, seconds: float) -> None:
    assert audit.since(text, 1_000_000.0) == seconds


def test_dates() -> None:
    assert (
        audit.since("2026-11-21T18:00:00+00:00", 0)
        == datetime.fromisoformat("2026-11-21T18:00:00+00:00").timestamp()
    )


@pytest.mark.parametrize("text", ["soon", "2x", "99999-01-01", "-1h", "0001-01-01"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ControlError, match="is no time"):
        audit.since(text, 0)
