"""The program that the units call."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.checkout import ROOT

HEAVY = {"msgspec", "argparse", "asyncio", "dataclasses", "datetime", "logging", "numpy"}


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appliance.machine_clock", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("arguments", [(), ("back",), ("forward", "save"), ("--date",)])
def test_what_it_does_not_know(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "forward|save" in done.stderr


def test_help() -> None:
    assert "forward|save" in call("--help").stdout


def test_a_boot_waits_for_little() -> None:
    """Every boot loads this: what it imports is time that somebody waits."""
    program = "import sys, appliance.machine_clock.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not HEAVY & set(done.stdout.split())
