"""Writes to the store, timed; nothing of them stays."""

from __future__ import annotations

from pathlib import Path

from appliance.budget import probe


def test_it_is_measured_and_removed(tmp_path: Path) -> None:
    took = probe.write_p95_ms(tmp_path)
    assert took is not None
    assert took > 0
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert probe.write_p95_ms(tmp_path / "nowhere") is None
    (tmp_path / probe.FILE).mkdir()
    assert probe.write_p95_ms(tmp_path) is None
    assert (tmp_path / probe.FILE).is_dir(), "what is not ours stays"
