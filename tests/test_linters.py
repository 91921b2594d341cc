"""Linters, the type checker and ShellCheck are tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT, shell_scripts

TOOLS = Path(sys.executable).parent


def check(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8_000:]}{done.stderr[-2_000:]}"


def test_ruff_finds_nothing() -> None:
    check(str(TOOLS / "ruff"), "check", ".")


def test_ruff_would_format_nothing() -> None:
    check(str(TOOLS / "ruff"), "format", "--diff", ".")


def test_mypy_finds_nothing() -> None:
    check(str(TOOLS / "mypy"))


def test_there_are_shell_scripts_to_check() -> None:
    assert {"run", "test", "lock", "build-llm"} <= {script.name for script in shell_scripts()}


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda script: str(script.relative_to(ROOT)))
def test_shellcheck_finds_nothing(script: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("ShellCheck is not installed: apt-get install shellcheck")
    check("shellcheck", "--check-sourced", str(script))


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda script: str(script.relative_to(ROOT)))
def test_scripts_are_executable(script: Path) -> None:
    assert script.stat().st_mode & 0o111, f"chmod +x {script}"
