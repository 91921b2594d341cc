"""`appliance acceptance` against a whole appliance, well and not."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from appliance.config.model import Mqtt
from appliance.home import machine
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.presence import remembered
from appliance.tasks import end
from tests.appliances import COMMAND, Running, environment
from tests.controlled import controlled, stage, status

SETTINGS = {"WAKE__ENGINE": "microwakeword"}


async def accepted(data: Path, *arguments: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    child = await asyncio.create_subprocess_exec(
        str(COMMAND), "acceptance", "--json", *arguments, env=environment(data, **SETTINGS),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(110):
        out, err = await child.communicate()
    assert child.returncode is not None
    rows = {row["what"]: row for row in map(json.loads, out.decode().splitlines())}
    return child.returncode, rows, err.decode()


async def test_a_whole_appliance_passes_all_five(tmp_path: Path) -> None:
    data = tmp_path / "data"
    running = Running(data, **SETTINGS)
    try:
        found = await running.listening()
        file = remembered.path_of(data)
        async with asyncio.timeout(60):
            while not file.exists():
                await asyncio.sleep(0.05)
        saved = machine.read_saved(data / "mosquitto" / "credentials.json")
        mqtt = found["mqtt"]
        states: list[bytes] = []
        address = Address(mqtt["host"], mqtt["port"], "appliance", saved.passwords["appliance"])
        client = MqttClient(Mqtt(host="embedded"), address, "watching")
        client.subscribe("appliance/+/state/alert_store", lambda _, payload, __: states.append(payload), 1)
        connection = asyncio.create_task(client.run())
        await client.wait_connected(20)
        status, rows, err = await accepted(data)
        await end(connection)
    finally:
        running.close()
    assert (status, err) == (0, ""), rows
    assert list(rows) == ["cold start", "all healthy", "log queries", "backup", "test alert"]
    assert all(row["ok"] for row in rows.values()), rows
    assert b"ON" in states, "whoever listens as Home Assistant does saw the alert"
    assert states[-1] == b"OFF", "and saw it go"
    assert "trace" not in rows["log queries"]["found"], "nobody has said anything yet"
    assert not list(Path(tempfile.gettempdir()).glob("appliance-acceptance-*"))


async def test_without_an_appliance_nothing_is_tried(tmp_path: Path) -> None:
    status, rows, err = await accepted(tmp_path / "data")
    assert (status, rows) == (1, {})
    assert "no appliance runs" in err


async def test_what_fails_is_told_with_its_remedy(tmp_path: Path) -> None:
    broken = status(stages=[stage("stt", state="backoff")], listening=False)
    logs = {"lines": [], "next": 0, "more": False}
    refused = {"error": "no snapshot was made: the disk is full", "hint": "make room"}
    async with controlled(tmp_path / "data", status=broken, logs=logs, backup_take=refused) as served:
        code, out, err = await served.command("acceptance")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert any(line.startswith("✗ all healthy") and "stage stt (backoff)" in line for line in lines)
    assert any(line.startswith("✗ log queries") for line in lines)
    at = next(index for index, line in enumerate(lines) if line.startswith("✗ backup"))
    assert "the disk is full" in lines[at]
    assert lines[at + 1].strip() == "→ make room"
    assert any(line.startswith("✗ test alert") and "nothing is announced" in line for line in lines)
