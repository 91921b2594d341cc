"""`appliance selftest` on this machine: real engines, a real broker, and nothing left of them."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.appliances import COMMAND, Running, alive, descendants, environment, with_models

ALL = [
    "running appliance", "running stages", "running broker", "running sound", "memory",
    "private appliance", "own voice", "wake word", "recogniser", "intent", "deed on the broker",
    "spoken answer", "taken down",
]  # fmt: skip
SECONDS = 110


def selftest(data: Path, *arguments: str, **overrides: str | None) -> tuple[int, dict[str, Any], str]:
    """Exit status, rows by name, standard error."""
    done = subprocess.run(
        [str(COMMAND), "selftest", "--json", *arguments],
        env=environment(data, **overrides),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {row["what"]: row for row in rows}, done.stderr


def leftovers() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("appliance-selftest-*"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, wake_models: Path) -> Iterator[Running]:
    appliance = Running(with_models(tmp_path_factory.mktemp("selftest") / "data", wake_models))
    try:
        yield appliance
    finally:
        appliance.close()


async def test_a_spoken_command_goes_all_the_way(running: Running) -> None:
    await running.listening()
    folders, before = leftovers(), running.log()
    status, rows, stderr = selftest(running.data)
    assert status == 0, (rows, stderr)
    assert list(rows) == ALL
    assert all(row["ok"] for row in rows.values())
    assert rows["recogniser"]["found"].startswith("'turn on the kitchen light"), "its s may be heard or not"
    assert rows["spoken answer"]["ms"] > 0
    assert stderr == ""
    assert leftovers() <= folders, "its data is gone"
    said = running.log().removeprefix(before)
    assert "turn" not in said, "the running one heard nothing of it"
    assert (await running.status())["home"]["entities"] == 0


async def test_another_at_the_same_time_is_refused(running: Running) -> None:
    """It is ended by a signal here, and takes everything with it."""
    await running.listening()
    folders = leftovers()
    first = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs here
        [str(COMMAND), "selftest", "--json"], env=environment(running.data), stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None
        assert '"private appliance"' in next(line for line in first.stdout if "private appliance" in line)
        children = descendants(first.pid)
        assert children
        status, rows, stderr = selftest(running.data)
        assert (status, rows) == (1, {})
        assert "already" in stderr
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 130
    finally:
        first.kill()
        first.communicate()
    assert alive(children) == []
    assert leftovers() <= folders


def test_without_a_running_appliance_it_fails_and_says_so(tmp_path: Path) -> None:
    """And a voice that cannot be had is named with what to do; other rows are made all the same."""
    data = tmp_path / "data"
    data.mkdir()
    overrides = {"WAKE__ENGINE": "microwakeword", "TTS__ENGINE": "piper", "TTS__MODEL": "/nowhere/voice.onnx"}
    status, rows, _ = selftest(data, **overrides)
    assert status == 1
    assert not rows["running appliance"]["ok"]
    assert "tools/run" in rows["running appliance"]["hint"]
    assert not rows["private appliance"]["ok"]
    assert "/nowhere/voice.onnx" in rows["private appliance"]["found"]
    assert rows["taken down"]["ok"]
    assert list(data.iterdir()) == []


def test_its_time_is_bounded(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    folders = leftovers()
    began = time.monotonic()
    status, rows, _ = selftest(data, "--timeout", "5", WAKE__ENGINE="microwakeword")
    assert status == 1
    assert any("not done after 5 s" in row["found"] for row in rows.values()), rows
    assert rows["taken down"]["ok"]
    assert time.monotonic() - began < SECONDS / 2
    assert leftovers() <= folders
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("seconds", ["0", "4.9", "1e9", "nan", "-1"])
def test_a_time_that_makes_no_sense(tmp_path: Path, seconds: str) -> None:
    status, rows, stderr = selftest(tmp_path, "--timeout", seconds)
    assert (status, rows) == (1, {})
    assert "--timeout" in stderr


def test_for_people(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(COMMAND), "selftest", "--timeout", "5"],
        env=environment(tmp_path, TTS__ENGINE="piper", TTS__MODEL="/nowhere/voice.onnx") | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("✗ running appliance")
    assert lines[1].strip().startswith("→ start one with")
    assert lines[-1].startswith("✓ taken down")
    assert tmp_path.name in done.stdout
