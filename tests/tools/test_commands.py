"""The tools as they are called."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT


def tool(name: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / name, *arguments],
        env={"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", ["run", "test", "lock", "build-llm", "flash"])
def test_help_says_how_to_call_and_does_nothing(name: str, tmp_path: Path) -> None:
    done = tool(name, "--help", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: tools/{name}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["lock", "build-llm"])
def test_an_unknown_argument_is_refused(name: str, tmp_path: Path) -> None:
    done = tool(name, "--frobnicate", home=tmp_path)
    assert done.returncode == 2
    assert f"usage: tools/{name}" in done.stderr


def test_the_builds_status_is_json_before_any_build(tmp_path: Path) -> None:
    done = tool("build-llm", "--status", home=tmp_path)
    assert json.loads(done.stdout)["state"] in {"absent", "ready"}


def test_without_a_home_the_reason_is_given(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "tools/build-llm", "--status"], env={"PATH": "/usr/bin:/bin"}, cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "HOME" in done.stderr
