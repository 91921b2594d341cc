"""Finding the installer, and what is said when it fails. Fetching itself is in test_install.py."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from appliance.errors import ModelError
from appliance.ops.wheels import unpacked, uv_program


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_uv_is_looked_for_in_order(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    assert uv_program(home) == ""
    cached = program(tmp_path / ".cache/appliance/uv/bin/uv", "")
    assert uv_program(home) == str(cached)
    assert uv_program(home | {"XDG_CACHE_HOME": str(tmp_path / "other")}) == ""
    on_path = program(tmp_path / "bin/uv", "")
    assert uv_program(home) == str(on_path)
    named = program(tmp_path / "named", "")
    assert uv_program(home | {"UV": str(named)}) == str(named)
    assert uv_program(home | {"UV": str(tmp_path / "gone")}) == str(on_path)


def test_the_last_lines_of_a_failure_are_shown(tmp_path: Path) -> None:
    uv = program(
        tmp_path / "uv", 'i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 3'
    )
    with pytest.raises(ModelError, match="line 2997 line 2998 line 2999") as caught:
        unpacked("w", "1", tmp_path, {"UV": str(uv)})
    assert len(caught.value.message) < 800


def test_waiting_is_shown(tmp_path: Path) -> None:
    ticks: list[int] = []
    uv = program(tmp_path / "uv", "sleep 0.7")
    unpacked("w", "1", tmp_path, {"UV": str(uv)}, lambda: ticks.append(1))
    assert len(ticks) == 2


def test_nothing_of_the_package_is_built_and_no_dependency_comes(tmp_path: Path) -> None:
    uv = program(tmp_path / "uv", f'echo "$@" > "{tmp_path}/said"')
    unpacked("w", "1", tmp_path / "into", {"UV": str(uv)})
    said = (tmp_path / "said").read_text()
    assert "--no-deps" in said
    assert "--only-binary :all: w==1" in said
