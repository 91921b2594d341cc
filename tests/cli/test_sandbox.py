"""`appliance sandbox` as a person runs it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli import sandbox
from appliance.config.model import Config
from appliance.supervision import ladder


@pytest.fixture(scope="module", autouse=True)
def _walls() -> None:
    found = ladder.probe(Config())
    if found.confinement != "namespaces":
        pytest.skip(f"no namespaces on this machine: {'; '.join(found.reasons)}")


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sandbox")
    file = folder / "appliance.toml"
    file.write_text(f'[paths]\ndata = "{folder}/data"\n[audio]\ndevice = "none"\n')
    return file


def appliance(configuration: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "appliance", "sandbox", "--config", str(configuration), *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=given, timeout=60, check=False)


def test_streams_and_exit_status_pass_through(configuration: Path) -> None:
    done = appliance(configuration, "vad", "--", "/bin/sh", "-c", "cat; echo err >&2; exit 5", given="in")
    assert (done.returncode, done.stdout, done.stderr) == (5, "in", "err\n")


def test_a_shell_is_the_default(configuration: Path) -> None:
    assert appliance(configuration, "vad", given="id -u\n").stdout == "65534\n"


def test_a_signal_becomes_its_exit_status(configuration: Path) -> None:
    assert appliance(configuration, "vad", "--", "/bin/sh", "-c", "kill -9 $$").returncode == 137


def test_the_inside_is_the_stages_inside(configuration: Path) -> None:
    done = appliance(configuration, "vad", "--", "/bin/sh", "-c", f"ls / && cat {configuration}")
    assert "home" not in done.stdout.split()
    assert "No such file" in done.stderr
    assert done.returncode == 1


def test_too_much_memory_is_killed_as_the_supervisor_does(configuration: Path) -> None:
    code = "import os\nkept = []\nwhile True: kept.append(os.urandom(1_000_000))"
    done = appliance(configuration, "vad", "--", sys.executable, "-I", "-c", code)
    assert done.returncode != 0
    assert "killed: used" in done.stderr or "MemoryError" in done.stderr


def test_show_prints_what_runs_when_pasted(configuration: Path, tmp_path: Path) -> None:
    shown = appliance(configuration, "vad", "--show", "--", "/bin/echo", "it's me").stdout
    assert shown.startswith("# level ")
    assert "bwrap" in shown
    # Only the way to this checkout's command differs from what a person has in the PATH.
    command = f"{sys.executable} -m appliance sandbox --config {configuration}"
    script = tmp_path / "pasted"
    script.write_text(shown.replace("appliance sandbox", command))
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "it's me\n"), done.stderr


def test_show_as_json(configuration: Path) -> None:
    found = json.loads(appliance(configuration, "vad", "--json", "--show").stdout)
    assert found["confinement"] == "namespaces"
    assert "--unshare-net" in found["arguments"]


@pytest.mark.parametrize("level", ["limits", "landlock", "none"])
def test_every_level_refuses_a_socket(configuration: Path, level: str) -> None:
    code = "import socket; socket.socket()"
    done = appliance(configuration, "vad", "--level", level, "--", sys.executable, "-I", "-c", code)
    if "Landlock" in done.stderr:
        pytest.skip("this kernel has no Landlock")
    assert "PermissionError" in done.stderr


def test_a_level_that_cannot_be_had_is_one_sentence(configuration: Path) -> None:
    if ladder.probe(Config()).level == "full":
        pytest.skip("this machine has every level")
    done = appliance(configuration, "vad", "--level", "full", "--", "/bin/true")
    assert done.returncode == 1
    assert "needs delegated cgroup v2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "command", "level"),
    [
        ("vad", ("/bin/sh",), None),
        ("vad -- ls -l", ("ls", "-l"), None),
        ("vad --level none -- ls -- x", ("ls", "--", "x"), "none"),
        ("--level none vad -- ls --show", ("ls", "--show"), "none"),
        ("vad --show", ("/bin/sh",), None),
    ],
)
def test_options_may_stand_on_either_side_of_the_stage(
    line: str, command: tuple[str, ...], level: str | None
) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    sandbox.add_arguments(parser)
    arguments = parser.parse_args(line.split())
    assert sandbox.split(arguments) == command
    assert arguments.level == level


@pytest.mark.parametrize("line", [["nosuch"], ["vad", "--bogus", "--", "ls"], ["vad", "--level", "high"]])
def test_a_wrong_word_is_a_usage_error(configuration: Path, line: list[str]) -> None:
    done = appliance(configuration, *line)
    assert done.returncode == 2
    assert "usage:" in done.stderr
