"""The command starts from nothing: an empty home, no configuration, no data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.__main__ import _json_first
from tests.checkout import PACKAGE

COMMANDS = sorted(path.stem.replace("_", "-") for path in (PACKAGE / "cli").glob("[!_]*.py"))


def appliance(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *arguments],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = appliance(tmp_path, "--help")
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert [name for name in COMMANDS if name not in words] == []
    assert done.stderr == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_the_common_options(command: str, tmp_path: Path) -> None:
    done = appliance(tmp_path, command, "--help")
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout
    assert "--config" in done.stdout


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("device add lamp --json", "device --json add lamp"),
        ("status --json", "status --json"),
        ("device list", "device list"),
        ("ask -- --json", "ask -- --json"),
        ("--json", "--json"),
    ],
)
def test_json_may_stand_anywhere(given: str, meant: str) -> None:
    assert _json_first(given.split()) == meant.split()


def test_a_command_loads_none_of_the_others(tmp_path: Path) -> None:
    text = "import sys; from appliance.__main__ import parser; parser('timers')"
    text += "; print(*(name for name in sys.modules if name.startswith('appliance.cli.')))"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    loaded = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert {name for name in loaded if not name.startswith("_")} == {"timers"}


def test_help_leaves_nothing_behind(tmp_path: Path) -> None:
    appliance(tmp_path, "--help")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("no-such-command",), ("--no-such-option",)])
def test_a_wrong_call_says_how_to_call(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = appliance(tmp_path, *arguments)
    assert done.returncode == 2
    assert "usage: appliance" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_configuration_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    if "config" not in COMMANDS:
        pytest.skip("this checkout has no config command")
    done = appliance(tmp_path, "config", "check", "--config", str(tmp_path / "absent.toml"))
    assert done.returncode == 1
    assert "absent.toml" in done.stderr
    assert "Traceback" not in done.stderr
