"""Logs and metrics, joined as the appliance joins them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.control import ControlClient, ControlServer
from appliance.observe.observer import FRESH_SECONDS, Observer, pressures
from appliance.pipeline.trace import Trace
from appliance.wire import messages
from tests.appliances import COMMAND, Running, environment
from tests.controlled import stage, status
from tests.observe.test_steps import notes

OWN = logging.getLogger("appliance.pipeline.site")


class House:
    """An appliance whose status and clock the test chooses."""

    def __init__(self, data: Path) -> None:
        self.now = 100.0
        self.looks: list[float] = []
        self.status: dict[str, Any] = status()
        self.observer = Observer(lambda: self.status, data, self.writable, lambda: self.now)

    def writable(self, now: float) -> bool:
        self.looks.append(now)
        return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    own = logging.getLogger("appliance")
    level = own.level
    own.setLevel(logging.INFO)
    made = House(tmp_path)
    yield made
    made.observer.close()
    own.setLevel(level)


async def asked(house: House, data: Path, do: str) -> Any:
    server = ControlServer(data / "c.sock", house.observer.handlers(), lambda _: lambda: None)
    await server.start()
    try:
        async with ControlClient(data / "c.sock") as client:
            return await client.ask(do)
    finally:
        await server.stop()


async def test_a_turn_is_in_the_metrics_and_in_the_log(house: House, tmp_path: Path) -> None:
    trace = Trace(lambda: 0)
    trace.watch(house.observer.note)
    told = notes()
    for note in told[:-1]:
        trace.tell(note)
    with house.observer.message("tts", messages.Spoken(7, 0, 1.5, 120.0)):
        OWN.warning("inside")
    with house.observer.message("tts", messages.Spoken(99, 0, 1.5, 120.0)):
        OWN.warning("of a turn that nobody knows")
    with house.observer.message("sound", messages.MicAudio(0, bytes(640))):
        OWN.warning("of none")
    trace.tell(told[-1])
    text = (await asked(house, tmp_path, "metrics"))["text"]
    assert 'appliance_turns_total{outcome="answered"} 1\n' in text
    assert "appliance_tts_synthesis_seconds_count 2\n" in text
    assert "appliance_store_up 0\n" in text
    lines = [json.loads(line) for line in (await asked(house, tmp_path, "logs"))["lines"]]
    inside, unknown, none, done = lines
    assert (done["message"], done["latency_ms"]) == ("turn 7 is done: answered", 950.0)
    assert inside["trace_id"] == done["trace_id"]
    assert inside["session_id"] == done["session_id"]
    assert (inside["stage"], done["stage"]) == ("tts", "turn")
    assert not {"trace_id", "stage"} & (set(unknown) | set(none))


async def test_who_asks_often_costs_one_look(house: House) -> None:
    for ahead in (0.0, FRESH_SECONDS / 2, FRESH_SECONDS):
        house.now = 100.0 + ahead
        await house.observer.refresh()
    assert house.looks == [100.0, 100.0 + FRESH_SECONDS]


async def test_a_group_s_pressure_is_its_stage_s(house: House, tmp_path: Path) -> None:
    group = tmp_path / "stt-1"
    group.mkdir()
    (group / "memory.pressure").write_text(
        "some avg10=9.00 avg60=2.50 avg300=0.10 total=5\nfull avg10=0.00 avg60=1.00 avg300=0.00 total=0\n"
    )
    stages = [
        stage("stt", cgroup=str(group)),
        stage("tts", cgroup=""),
        stage("vad", cgroup=str(tmp_path / "gone")),
        stage("sound"),
    ]
    assert pressures(stages) == {"stt": 2.5}
    house.status = status(stages=stages)
    await house.observer.refresh()
    assert house.observer.metrics.catalogue.stage_pressure.value("stt") == 0.025


async def test_what_is_closed_keeps_nothing(house: House, tmp_path: Path) -> None:
    house.observer.close()
    OWN.warning("after")
    assert (await asked(house, tmp_path, "logs"))["lines"] == []


async def test_a_real_appliance_tells_by_command(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", wake__engine="microwakeword")
    try:
        await running.listening()
        for _ in range(2):
            await running.ask("turn on the kitchen light")
        metrics, logged = await asyncio.gather(
            commanded(tmp_path / "data", "metrics"), commanded(tmp_path / "data", "logs", "--live", "--json")
        )
    finally:
        running.close()
    assert 'appliance_stage_up{stage="stt"} 1' in metrics.splitlines()
    assert 'appliance_turns_total{outcome="answered"} 2' in metrics.splitlines()
    assert 'appliance_queue_depth{queue="mqtt"} 0' in metrics.splitlines()
    assert 'appliance_cache_requests_total{cache="speech",result="hit"} 1' in metrics.splitlines()
    entries = [json.loads(line) for line in logged.splitlines()]
    done = [each for each in entries if each["message"].endswith("is done: answered")]
    assert len({each["trace_id"] for each in done}) == 2
    assert "kitchen" not in "".join(each["message"] for each in entries if each["trace_id"])


async def commanded(data: Path, *words: str) -> str:
    child = await asyncio.create_subprocess_exec(
        COMMAND, *words, env=environment(data), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    return out.decode()
