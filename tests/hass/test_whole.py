"""A whole appliance, as it is started at home, steered from a real Home Assistant."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.appliances import COMMAND, Running, environment, stage
from tests.hass.harness import HomeAssistant

NODE = "whole-appliance"
NAME = "Whole appliance"
CONTROLS = [
    ("Microphone mute", "switch.turn_on", {}, "on"),
    ("Wake sound", "switch.turn_off", {}, "off"),
    ("Thinking sound", "switch.turn_on", {}, "on"),
    ("Volume", "number.set_value", {"value": 35}, "35"),
    ("Wake word", "select.select_option", {"option": "okay_nabu"}, "okay_nabu"),
    ("Wake word sensitivity", "select.select_option", {"option": "high"}, "high"),
    ("Voice", "select.select_option", {"option": "en-gb-scotland"}, "en-gb-scotland"),
    ("Noise suppression", "select.select_option", {"option": "medium"}, "medium"),
    ("Profile", "select.select_option", {"option": "p3"}, "p3"),
    ("Log level", "select.select_option", {"option": "info"}, "info"),
]


class Whole:
    """One appliance that can be started again in the same data directory."""

    def __init__(self, hass: HomeAssistant, data: Path) -> None:
        address = hass.broker.address()
        self.hass = hass
        self.data = data
        self.settings: dict[str, str | None] = {
            "mqtt__host": address.host,
            "mqtt__port": str(address.port),
            "mqtt__username": address.username,
            "mqtt__password": address.password,
            "mqtt__client_id": NODE,
            "wake__engine": "microwakeword",
            "log__level": None,  # what the environment says, nobody can change while it runs
        }
        self.running = Running(data, **self.settings)

    def start(self) -> None:
        self.running = Running(self.data, **self.settings)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = environment(self.data, **self.settings)
        return subprocess.run(
            [str(COMMAND), *arguments], env=variables, capture_output=True, text=True, check=False, timeout=60
        )

    async def ids(self, *wanted: str) -> dict[str, str]:
        """Entities by name, once these are there and available."""

        async def there() -> bool:
            ids, states = await self.hass.entities_of(NAME), await self.hass.states()
            shown = [states.get(ids.get(name, ""), {}).get("state") for name in wanted]
            return not {None, "unavailable"} & set(shown)

        await self.hass.wait_for(there, 60)
        return await self.hass.entities_of(NAME)

    async def shown(self, entity_id: str, wanted: str) -> None:
        try:
            await self.hass.wait_for_state(entity_id, wanted, 20)
        except AssertionError:
            state = await self.hass.state(entity_id)
            pytest.fail(f"{entity_id} is {state}, not {wanted}\n{self.running.log()[-3000:]}")


@pytest.fixture
async def whole(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Whole]:
    made = Whole(hass, tmp_path / "data")
    try:
        yield made
    finally:
        made.running.close(signal.SIGKILL)
        made.start()
        await made.running.until(lambda status: status["mqtt"]["connected"])
        await until_removed(made)
        made.running.close()


async def until_removed(whole: Whole) -> None:
    done = await asyncio.to_thread(whole.command, "home-assistant", "remove")
    assert done.returncode == 0, done.stderr

    async def gone() -> bool:
        return await whole.hass.device(NAME) is None and not any(
            "whole_appliance" in each["entity_id"] for each in await whole.hass.entities()
        )

    await whole.hass.wait_for(gone)


async def test_every_control_survives_restart_and_power_cut(whole: Whole) -> None:
    ids = await whole.ids(*(name for name, *_ in CONTROLS))
    await whole.running.listening()
    for name, service, data, wanted in CONTROLS:
        await whole.hass.call_service(service, ids[name], **data)
        await whole.shown(ids[name], wanted)
    status = await whole.running.until(lambda status: status["muted"])
    begun = status["stages"][0]["pid"]
    await whole.hass.call_service("button.press", ids["Restart"])
    await whole.running.until(lambda status: status["stages"][0]["pid"] not in {None, begun})
    assert await whole.ids(*ids) == ids
    for name, _, _, wanted in CONTROLS:
        await whole.shown(ids[name], wanted)
    whole.running.close(signal.SIGKILL)
    await whole.shown(ids["Volume"], "unavailable")
    whole.start()
    for name, _, _, wanted in CONTROLS:
        await whole.shown(ids[name], wanted)
    status = await whole.running.until(lambda status: bool(status["stages"]))
    assert status["muted"]


async def test_what_is_said_and_asked_becomes_a_turn(whole: Whole) -> None:
    ids = await whole.ids("Say", "Announce", "Ask", "State")
    await whole.running.listening()
    async with whole.running.notes() as notes:
        for name in ("Say", "Announce", "Ask"):
            await whole.hass.call_service("text.set_value", ids[name], value="what time is it")
        ended: list[Any] = []
        async with asyncio.timeout(30):
            async for note in notes:
                if note["kind"] == "done":
                    ended.append(note["data"]["outcome"])
                if len(ended) == 3:
                    break
    assert ended == ["answered"] * 3


async def test_a_timer_is_counted_rings_and_is_stopped(whole: Whole) -> None:
    ids = await whole.ids("Timers", "Ask", "Stop")
    await whole.running.listening()
    await whole.shown(ids["Timers"], "0")
    await whole.hass.call_service("text.set_value", ids["Ask"], value="set a timer for two seconds")
    await whole.shown(ids["Timers"], "1")
    await whole.hass.wait_for(lambda: rang(whole, ids["Timer finished"]))
    await whole.hass.call_service("button.press", ids["Stop"])
    await whole.shown(ids["Timers"], "0")


async def rang(whole: Whole, event: str) -> bool:
    states = await whole.hass.states()
    return bool(states[event]["attributes"].get("event_type") == "finished")


async def test_a_stage_that_does_not_come_back_is_a_problem(whole: Whole) -> None:
    ids = await whole.ids("Volume", "Speech recognition")
    await whole.running.listening()
    problem = ids["Speech recognition"]
    await whole.shown(problem, "off")
    await whole.hass.wait_for(lambda: killed(whole, problem))


async def killed(whole: Whole, problem: str) -> bool:
    """Kill it again and again, until it is given up for a while."""
    status = await whole.running.status()
    if pid := stage(status, "stt")["pid"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return await whole.hass.state(problem) == "on"
