"""A small file is the former or the new one, whatever happens."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from appliance.updating import durable


def test_each_cut_leaves_the_former_or_the_new_file(tmp_path: Path) -> None:
    file = tmp_path / "autoboot.txt"
    found = []
    for cut in itertools.count():
        file.write_bytes(b"former")
        steps = durable.replacing(file, b"new")
        taken = list(itertools.islice(steps, cut))
        steps.close()
        found.append(file.read_bytes())
        if len(taken) < cut:
            break
    assert found == [b"former"] * 4 + [b"new"] * 2
    durable.replace(file, b"newer")
    assert [each.name for each in tmp_path.iterdir()] == ["autoboot.txt"]


def test_names_fit_into_one_entry_of_fat() -> None:
    for name in ("autoboot.txt", "loader.conf", "record.json", "reboot-param"):
        stem, _, suffix = durable.beside(Path("x") / name).name.partition(".")
        assert 0 < len(stem) <= 8
        assert len(suffix) <= 3


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    durable.beside(tmp_path / "state.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        durable.replace(tmp_path / "state.json", b"new")
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_reading_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert durable.read_small(file) is None
    file.write_bytes(b"12345")
    assert durable.read_small(file, 5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        durable.read_small(file, 4)
