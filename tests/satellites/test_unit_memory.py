"""What a satellite keeps over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.satellites.unit_memory import Memory, load, path, save

OTHERWISE = Memory(False, 0.8)


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    assert load(tmp_path, OTHERWISE) == OTHERWISE
    save(tmp_path, Memory(True, 0.25))
    save(tmp_path, Memory(True, 0.5))
    assert load(tmp_path, OTHERWISE) == Memory(True, 0.5)


@pytest.mark.parametrize(
    "damage", [b"", b"[", b'{"muted":1,"volume":0.5}', b'{"muted":true,"volume":7}', b"\xff"]
)
def test_damage_is_not_used(tmp_path: Path, damage: bytes) -> None:
    save(tmp_path, Memory(True, 0.25))
    path(tmp_path).write_bytes(damage)
    assert load(tmp_path, OTHERWISE) == OTHERWISE


def test_a_disk_that_takes_nothing_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "satellite").write_text("a file where a folder should be")
    save(tmp_path, Memory(True, 0.25))
    (tmp_path / "satellite").unlink()
    assert load(tmp_path, OTHERWISE) == OTHERWISE
