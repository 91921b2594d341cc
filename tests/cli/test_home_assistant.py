"""`appliance home-assistant` shows what is announced, and takes it back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.broker import Mosquitto, broker
from tests.home.harness import until
from tests.presence.panels import KITCHEN, HeldPanel, present
from tests.presence.test_presence import NODE, STATE, observing

__all__ = ["broker"]


def command(broker: Mosquitto, data: Path, *arguments: str) -> str:
    address = broker.address()
    own = {
        "PATHS__DATA": str(data), "MQTT__HOST": "127.0.0.1", "MQTT__PORT": str(address.port),
        "MQTT__USERNAME": address.username, "MQTT__PASSWORD": address.password, "MQTT__CLIENT_ID": NODE,
    }  # fmt: skip
    environ = {**os.environ, **{f"APPLIANCE__{name}": value for name, value in own.items()}}
    program = [sys.executable, "-m", "appliance", "home-assistant", *arguments]
    done = subprocess.run(program, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_command_shows_and_removes_everything(broker: Mosquitto, tmp_path: Path) -> None:
    panel = HeldPanel(tmp_path)
    panel.views = [KITCHEN]
    async with observing(broker) as seen, present(broker.address(), panel):
        await until(lambda: seen.newest.get(f"{STATE}/kitchen/volume"))
    shown = command(broker, tmp_path, "show")
    assert f"homeassistant/device/{NODE}/config" in shown
    assert "switch         mute" in shown
    assert "2 announcements" in await asyncio.to_thread(command, broker, tmp_path, "remove")
    async with observing(broker) as seen:
        await until(lambda: f"{NODE}/status" in seen.newest)
        assert set(seen.kept()) == {f"{NODE}/status"}
    assert command(broker, tmp_path, "show") == "nothing is announced\n"
