"""Questions to a running appliance: answered, refused, and not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.acceptance import asking
from appliance.backup.making import make
from appliance.config.model import Config, Paths
from tests.controlled import controlled

LINES = [
    {"level": "info", "message": "a", "trace_id": "aa" * 16, "latency_ms": 250.0},
    {"level": "error", "message": "b", "trace_id": "aa" * 16},
    {"level": "info", "message": "c"},
]


def config(data: Path) -> Config:
    return Config(paths=Paths(data=str(data)))


async def test_four_queries(tmp_path: Path) -> None:
    page = {"lines": [json.dumps(line) for line in LINES], "next": 3, "more": False}
    async with controlled(tmp_path / "data", logs=page):
        row = await asking.log_queries(config(tmp_path / "data"))
    assert row.ok
    assert row.found.startswith("all 3, errors 1, slow 1, trace aaaaaaaa 2 lines in ")


async def test_an_endless_log_ends(tmp_path: Path) -> None:
    page = {"lines": ["x"], "next": 1, "more": True}
    async with controlled(tmp_path / "data", logs=page) as served:
        row = await asking.log_queries(config(tmp_path / "data"))
    assert f"all {asking.MAX_PAGES}" in row.found
    assert len(served.requests) == asking.MAX_PAGES


async def test_nobody_answers(tmp_path: Path) -> None:
    for row in (await asking.log_queries(config(tmp_path)), await asking.backup(config(tmp_path))):
        assert not row.ok
        assert "no appliance runs" in row.found
        assert row.hint


async def backed_up(tmp_path: Path, spoil: bool) -> Any:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "chosen.toml").write_text("[audio]\nvolume = 0.5\n")
    made = make(config(data), tmp_path / "x.tar.gz", "", datetime.now(UTC))
    if spoil:
        content = bytearray(Path(made.path).read_bytes())
        content[len(content) // 2] ^= 0xFF
        Path(made.path).write_bytes(content)
    async with controlled(data, backup_take={"path": made.path}):
        return await asking.backup(config(data))


async def test_a_snapshot_is_unpacked_and_looked_at(tmp_path: Path) -> None:
    row = await backed_up(tmp_path, spoil=False)
    assert row.ok, row
    assert row.found.startswith("1 files, whole, ")


async def test_a_damaged_snapshot_is_none(tmp_path: Path) -> None:
    row = await backed_up(tmp_path, spoil=True)
    assert not row.ok
    assert row.hint
