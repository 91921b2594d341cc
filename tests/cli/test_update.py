"""`appliance update`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from appliance.cli import update
from appliance.updating.state import State


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appliance", "update", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    "words", [(), ("status",), ("check",), ("install",), ("rollback",), ("channel", "beta")]
)
def test_outside_of_the_image_it_says_so(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 1
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_channel_is_told() -> None:
    done = run("channel", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["channel"] == "stable"


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        (State(), []),
        (State("installing", 40, "2.0.0", "copying"), ["now:       installing 2.0.0 40 %  copying"]),
        (State("failed", problem="broken", hint="mend it"), ["failed:    broken\n  → mend it"]),
        (State(pending="B"), ["next:      slot B is tried at the next restart"]),
        (
            State(undone="2.0.0", undone_why="deaf"),
            ["undone:    2.0.0 was tried and taken back: deaf"],
        ),
    ],
)
def test_what_is_under_way(now: State, lines: list[str]) -> None:
    assert update._under_way(now) == lines


def test_progress_of_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    update._show(State("installing", 40, "2.0.0", "copying"), as_json=True)
    update._show(State("installing", 40, "2.0.0", "copying"), as_json=False)
    machine, person = capsys.readouterr().out.splitlines()
    assert json.loads(machine)["percent"] == 40
    assert person == "installing: 40 % copying"
