"""`appliance history`: what was said, from the running appliance."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.controlled import controlled

ROW = {"at": 1_800_000_000.0, "room": "kit\x1bchen", "words": "turn it on", "answer": "Done", "done": True}


async def test_it_lists_what_was_said(tmp_path: Path) -> None:
    async with controlled(tmp_path, history_list={"kept": True, "rows": [ROW]}) as served:
        code, out, err = await served.command("history", "--since", "1d", "--limit", "5")
        _, lines, _ = await served.command("history", "--json")
    assert (code, err) == (0, "")
    assert served.requests[0]["limit"] == 5
    assert abs(served.requests[0]["since"] - (time.time() - 86_400)) < 60
    assert "\x1b" not in out
    assert out.rstrip().endswith("“turn it on”  →  Done")
    assert json.loads(lines) == ROW


async def test_it_says_that_nothing_is_kept(tmp_path: Path) -> None:
    async with controlled(tmp_path, history_list={"kept": False, "rows": []}) as served:
        _, out, _ = await served.command("history")
    assert "history.days is 0" in out


async def test_it_forgets(tmp_path: Path) -> None:
    async with controlled(tmp_path, history_clear={"cleared": 3}) as served:
        _, out, _ = await served.command("history", "clear")
    assert out == "3 exchanges are forgotten\n"
