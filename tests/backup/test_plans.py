"""What a restore decided, and the folders of what it set aside."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from appliance.backup import plans
from appliance.backup.errors import BackupError
from appliance.backup.plans import MAX_SET_ASIDE, Move, Plan
from tests.backup.filled import NOW


def aside(data: Path, *, recorded: bool = True) -> Path:
    """The next folder of a restore."""
    folder = data / "set-aside" / plans.aside_name(data, NOW)
    folder.mkdir(parents=True)
    if recorded:
        plans.record(folder, Plan(folder.name, (Move("chosen.toml", arrives=True),)))
    return folder


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = aside(tmp_path)
    assert plans.read(folder / plans.RECORD).moves == (Move("chosen.toml", arrives=True),)


def test_folders_are_numbered_also_when_the_clock_stands(tmp_path: Path) -> None:
    names = [aside(tmp_path).name for _ in range(3)]
    assert [each.partition("-")[0] for each in names] == ["0001", "0002", "0003"]
    assert [each.name for each in plans.asides(tmp_path)] == names


def test_only_a_restore_can_be_undone(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no restore to undo"):
        plans.newest_aside(tmp_path)
    done = aside(tmp_path)
    aside(tmp_path, recorded=False)
    assert plans.newest_aside(tmp_path) == done


def test_the_last_few_are_kept(tmp_path: Path) -> None:
    made = [aside(tmp_path) for _ in range(MAX_SET_ASIDE + 2)]
    half = aside(tmp_path, recorded=False)
    plans.prune(tmp_path)
    assert plans.asides(tmp_path) == made[-MAX_SET_ASIDE:]
    assert not half.exists()


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (b"", "damaged"),
        (b"{}", "damaged"),
        (b"[" * 100_000, "damaged"),
        (msgspec.json.encode(Plan("../0001-2026", ())), "not written by this program"),
        (msgspec.json.encode(Plan("0001-2026", (Move("../../etc/passwd", arrives=True),))), "not written"),
        (msgspec.json.encode(Plan("0001-2026", (Move("run/control.sock", arrives=False),))), "not written"),
    ],
)
def test_a_plan_of_somebody_else_is_not_carried_out(tmp_path: Path, plan: bytes, why: str) -> None:
    path = tmp_path / plans.RECORD
    path.write_bytes(plan)
    with pytest.raises(BackupError, match=why) as caught:
        plans.read(path)
    assert caught.value.hint.startswith("remove it")
