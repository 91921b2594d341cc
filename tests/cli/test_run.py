"""`appliance run` where it cannot: one sentence, exit status 1, and nothing left behind."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from appliance.cli import run as command
from appliance.config.model import Audio, Config
from appliance.supervision import ladder
from tests.appliances import COMMAND, Running, environment
from tests.ops.test_doctor import without_mosquitto

SECONDS = 20.0
OWN_WORDS = {"WAKE__ENGINE": "microwakeword"}


def refused(*prefix: str, data: Path, arguments: tuple[str, ...] = (), **overrides: str) -> str:
    """What it says on standard error when it will not start."""
    done = subprocess.run(
        [*prefix, str(COMMAND), "run", *arguments],
        env=environment(data, **(OWN_WORDS | overrides | {"LOG__LEVEL": "error"})),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    message, *hint = done.stderr.splitlines()
    assert message.startswith("appliance: ")
    assert len(hint) == 1, done.stderr
    assert hint[0].startswith("  → ")
    return done.stderr


def left_behind(data: Path) -> list[str]:
    """Processes that still name this data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = str((entry / "cwd").readlink())
            words = (entry / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        if str(data) in words or here.startswith(str(data)):
            found.append(words)
    return found


@pytest.mark.parametrize("host", ["embedded", "127.0.0.1"])
def test_a_data_folder_that_cannot_be_made(tmp_path: Path, host: str) -> None:
    (tmp_path / "file").write_text("x")
    for data in (tmp_path / "file", tmp_path / "file" / "data", Path("/sys/kernel/appliance")):
        assert str(data) in refused(data=data, mqtt__host=host)


@pytest.mark.parametrize("host", ["embedded", "127.0.0.1"])
def test_a_data_folder_that_cannot_be_written(tmp_path: Path, host: str) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    said = refused(*prefix, data=data, mqtt__host=host)
    assert "cannot be written" in said
    assert "paths.data" in said


def test_walls_that_cannot_be_had(tmp_path: Path) -> None:
    if ladder.probe(Config()).level == "full":
        pytest.skip("this machine has every level")
    data = tmp_path / "data"
    assert "full" in refused(data=data, sandbox__minimum="full")
    assert not (data / "run" / "control.sock").exists()
    assert left_behind(data) == [], "the broker was up already"


def test_a_house_that_is_not_there(tmp_path: Path) -> None:
    house = tmp_path / "none.json"
    assert "none.json" in refused(data=tmp_path / "data", arguments=("--house", str(house)))
    assert not (tmp_path / "data").exists(), "it is looked at before anything starts"


def test_a_house_that_is_none(tmp_path: Path) -> None:
    house = tmp_path / "house.json"
    house.write_bytes(b"[" * 100_000)
    assert "house.json" in refused(data=tmp_path / "data", arguments=("--house", str(house)))


def test_a_demonstration_needs_the_own_broker(tmp_path: Path) -> None:
    said = refused(data=tmp_path / "data", arguments=("--demo", "--json"), mqtt__host="127.0.0.1")
    assert 'set mqtt.host = "embedded"' in said


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    said = refused(data=tmp_path / "data", stt__engine="vosk", stt__model="/none/model")
    assert "/none/model" in said


def test_a_password_file_that_is_not_there(tmp_path: Path) -> None:
    said = refused(data=tmp_path / "data", mqtt__host="127.0.0.1", mqtt__password_file="/none/secret")
    assert "/none/secret" in said


def test_no_mosquitto(tmp_path: Path) -> None:
    said = refused(*without_mosquitto(), data=tmp_path / "data")
    assert "mosquitto is not installed" in said
    assert "apt-get install mosquitto" in said


def test_a_setting_that_does_not_exist(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(COMMAND), "run"],
        env=environment(tmp_path, sandbox__minimum="very"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "sandbox.minimum" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_ends_it_well(tmp_path: Path, number: int) -> None:
    running = Running(tmp_path / "data", **OWN_WORDS)
    deadline = time.monotonic() + SECONDS
    while not (running.data / "run" / "lock").exists():
        assert time.monotonic() < deadline, running.log()
        assert running.process.poll() is None, running.log()
        time.sleep(0.002)
    assert running.close(number) == 0
    assert not (running.data / "run" / "control.sock").exists()
    assert left_behind(running.data) == []


async def test_a_second_one_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", **OWN_WORDS)
    try:
        await running.until(lambda status: status["mqtt"]["connected"])
        broker = running.data / "mosquitto" / "broker"
        before = {path.name: path.read_bytes() for path in broker.iterdir()}
        assert "already runs" in refused(data=running.data)
        assert {path.name: path.read_bytes() for path in broker.iterdir()} == before
        assert (await running.status())["mqtt"]["connected"]
    finally:
        assert running.close() == 0


def test_the_log_is_json_away_from_a_terminal(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", **OWN_WORDS)
    deadline = time.monotonic() + SECONDS
    while "confined at level" not in running.log():
        assert time.monotonic() < deadline, running.log()
        time.sleep(0.01)
    log = Path(running._log.name)
    assert running.close() == 0
    for line in log.read_text().splitlines():
        assert {"ts", "level", "component", "message"} <= set(json.loads(line))


def test_without_a_card_nothing_else_changes() -> None:
    config = Config(language="de", audio=Audio(device="USB", volume=0.2))
    changed = command.without_card(config)
    assert changed.audio == Audio(device="none", volume=0.2)
    assert changed.language == "de"
    assert config.audio.device == "USB"


def test_arguments() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    chosen = parser.parse_args(["--once", "--house", "h.json"])
    assert (chosen.once, chosen.demo, chosen.try_out, chosen.house) == (True, False, False, Path("h.json"))


def test_a_broken_file_of_choices_is_moved_by_the_appliance_and_by_no_command(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "chosen.toml").write_text("[audio\n")
    shown = subprocess.run(
        [str(COMMAND), "config", "show"], env=environment(data), capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0
    assert [each.name for each in data.iterdir()] == ["chosen.toml"]
    made = Running(data, wake__engine="microwakeword")
    try:
        asyncio.run(made.listening())
        assert not (data / "chosen.toml").exists()
        assert (data / "chosen.toml.broken").read_text() == "[audio\n"
    finally:
        assert made.close() == 0
