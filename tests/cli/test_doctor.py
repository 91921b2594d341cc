"""`appliance doctor` as a person runs it, with and without an appliance."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.appliances import COMMAND, environment
from tests.controlled import controlled, stage, status

GOOD = {"WAKE__ENGINE": "microwakeword", "MQTT__HOST": "127.0.0.1"}


def run(data: Path, *arguments: str, **overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), "doctor", *arguments],
        env=environment(data, **(GOOD | overrides)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def checks(out: str) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in map(json.loads, out.splitlines())}


def test_an_appliance_that_does_not_run_is_no_fault(tmp_path: Path) -> None:
    done = run(tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ python" in done.stdout
    assert "! running" in done.stdout
    assert "no appliance runs" in done.stdout
    assert "\x1b" not in done.stdout
    assert not (tmp_path / "data").exists(), "it only looks"


def test_json_is_one_check_a_line(tmp_path: Path) -> None:
    found = checks(run(tmp_path / "data", "--json").stdout)
    assert found["running"]["verdict"] == "weak"
    for check in found.values():
        assert set(check) == {"name", "verdict", "found", "why", "mend"}
        assert check["verdict"] in {"good", "weak", "bad"}


def test_a_fault_is_the_exit_status_and_has_its_remedy(tmp_path: Path) -> None:
    done = run(tmp_path / "data", tts__engine="nosuch[/red]")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("✗ tts engine"))
    assert "nosuch[/red]" in lines[at]
    assert lines[at + 1].strip() == "the tts stage runs it"
    assert lines[at + 2].strip().startswith("→ ")


def test_a_configuration_that_is_wrong_is_one_message(tmp_path: Path) -> None:
    done = run(tmp_path / "data", mqtt__port="many")
    assert done.returncode == 1
    assert "mqtt.port" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_running_appliance_tells_about_its_stages(tmp_path: Path) -> None:
    broken = stage("stt", state="backoff", last_error="killed: 9", hint="buy memory", restarts=3)
    mqtt = status()["mqtt"] | {"connected": False, "problem": "nothing listens", "hint": "start it"}
    answer = status(stages=[stage("sound"), stage("llm", state="resting"), broken], mqtt=mqtt)
    async with controlled(tmp_path / "data", status=answer) as served:
        code, out, _ = await served.command("doctor", "--json")
    found = checks(out)
    assert code == 1
    assert found["stage sound"]["verdict"] == "good"
    assert found["stage llm"]["verdict"] == "good", "it is started when it is asked"
    assert found["stage stt"]["verdict"] == "bad"
    assert found["stage stt"]["found"] == "backoff, 3 restarts killed: 9"
    assert found["stage stt"]["mend"] == "buy memory"
    assert found["running broker"]["verdict"] == "bad"
    assert "nothing listens" in found["running broker"]["found"]
    assert found["running broker"]["mend"] == "start it"


async def test_all_well_while_running(tmp_path: Path) -> None:
    async with controlled(tmp_path / "data") as served:
        _, out, _ = await served.command("doctor", "--json")
    found = checks(out)
    assert {name: found[name]["verdict"] for name in ("stage sound", "stage stt", "running broker")} == {
        "stage sound": "good",
        "stage stt": "good",
        "running broker": "good",
    }
