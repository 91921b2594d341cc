"""A test alert of a whole appliance reaches a real Home Assistant."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.appliances import COMMAND, Running, environment
from tests.hass.harness import HomeAssistant

NODE = "accepted-appliance"


async def command(settings: dict[str, str], data: Path, *arguments: str) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        str(COMMAND), *arguments, env=environment(data, **settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(110):
        out, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, out.decode()


async def test_home_assistant_shows_the_alert_and_takes_it_back(hass: HomeAssistant, tmp_path: Path) -> None:
    broker = hass.broker.address()
    settings = {
        "mqtt__host": broker.host, "mqtt__port": str(broker.port), "mqtt__username": broker.username,
        "mqtt__password": broker.password, "mqtt__client_id": NODE, "wake__engine": "microwakeword",
        "home_assistant__url": f"http://127.0.0.1:{hass.port}", "home_assistant__token": hass.token,
    }  # fmt: skip
    data = tmp_path / "data"
    running = Running(data, **settings)
    try:
        await running.listening()

        async def entity() -> str:
            found = [
                each["entity_id"]
                for each in await hass.entities()
                if each["unique_id"] == f"{NODE}.alert_store"
            ]
            return found[0] if found else ""

        async def known() -> bool:
            name = await entity()
            return bool(name) and await hass.state(name) == "off"

        await hass.wait_for(known, 60)
        name = await entity()
        async with hass.session() as events:
            await events.ask("subscribe_events", event_type="state_changed")
            status, out = await command(settings, data, "acceptance", "--json")
            rows = {row["what"]: row for row in map(json.loads, out.splitlines())}
            await hass.wait_for(known, 20)
            await events.ask("get_config")  # events that came meanwhile are read with its answer
            seen = [
                event["event"]["data"]["new_state"]["state"] for event in events.events
                if event["event"]["data"].get("entity_id") == name and event["event"]["data"]["new_state"]
            ]  # fmt: skip
        assert rows["test alert"]["ok"], rows
        assert "in Home Assistant" in rows["test alert"]["found"]
        assert status == 0, rows
        assert seen == ["on", "off"]
    finally:
        status, out = await command(settings, data, "home-assistant", "remove")
        running.close()
    assert status == 0, out
