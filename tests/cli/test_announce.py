"""`appliance announce`: the words and the rooms reach the appliance."""

from __future__ import annotations

import json
from pathlib import Path

from tests.controlled import controlled


async def test_words_and_rooms(tmp_path: Path) -> None:
    async with controlled(tmp_path, announce={"rooms": ["hall", "kit\x1bchen"]}) as served:
        code, out, err = await served.command("announce", "--room", "hall", "dinner", "is", "ready")
    assert [(request["text"], request["rooms"]) for request in served.requests] == [
        ("dinner is ready", ["hall"])
    ]
    assert (code, err) == (0, "")
    assert out.startswith("said in: hall, kit")
    assert "\x1b" not in out


async def test_json(tmp_path: Path) -> None:
    async with controlled(tmp_path, announce={"rooms": ["hall"]}) as served:
        _, out, _ = await served.command("announce", "--json", "x")
    assert json.loads(out) == {"rooms": ["hall"]}
