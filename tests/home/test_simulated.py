"""The demonstration home as a program and as data."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys

import pytest

from appliance.errors import HomeError
from appliance.home import entities, simulated
from appliance.home.entities import Device, Entity, House
from tests.home.harness import DEMO, demo, devices, until

WITHOUT_A_HOUSE = '{"host": "h", "port": 1, "username": "u", "password": "p", "house": "/nowhere.json"}'


def connection(tmp_path, broker, **changes):
    address = broker.address("demo")
    parts = {part: getattr(address, part) for part in ("host", "port", "username", "password")}
    given = {**parts, "house": str(DEMO), **changes}
    path = tmp_path / "connection.json"
    path.write_text(json.dumps(given))
    path.chmod(0o600)
    return path


def program(path, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "appliance.home.simulated", "--config-file", str(path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_program_announces_everything_says_so_and_leaves_when_asked(tmp_path, broker):
    async def look():
        async with devices(broker.address()) as found:
            await until(lambda: len(found) == 8)
            await until(lambda: found.house().entity("light.kitchen_light").state == "off")
            process.send_signal(signal.SIGTERM)
            await until(lambda: found.house().entity("light.kitchen_light").state == "unavailable")

    with program(connection(tmp_path, broker)) as process:
        assert process.stdout.readline() == "ready\n"
        asyncio.run(look())
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_it_waits_for_a_broker_that_is_not_there_yet(broker):
    broker.kill()

    async def play():
        home = simulated.SimulatedHome(demo(), broker.address("demo"))
        try:
            with pytest.raises(HomeError, match="nothing listens"):
                await home.start(0.2)
            broker.start()
            await asyncio.wait_for(home.wait_announced(), 10)
        finally:
            await home.stop()

    asyncio.run(play())


def test_it_ends_with_the_process_that_started_it(tmp_path, broker):
    words = [sys.executable, "-m", "appliance.home.simulated", "--die-with-parent", "--config-file"]
    words.append(str(connection(tmp_path, broker)))
    starter = (
        f"import subprocess\nchild = subprocess.Popen({words!r})\nprint(child.pid, flush=True)\nchild.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "ready\n"
        descriptor = os.pidfd_open(child)
        parent.kill()
        asyncio.run(ended(descriptor))


async def ended(descriptor):
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, over.set)
    try:
        await asyncio.wait_for(over.wait(), 10)
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0o600, "No such file"),
        ("{}", 0o644, "chmod 600"),
        ("{}", 0o600, "missing required field"),
        ("{", 0o600, "docs/house.md"),
        (
            '{"host": "h", "port": 1, "username": "u", "password": "p", "house": "/nowhere.json"}',
            0o600,
            "/nowhere.json",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_with_a_remedy(tmp_path, capsys, content, mode, words):
    path = tmp_path / "connection.json"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    assert simulated.main(["--config-file", str(path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("appliance: ")
    assert words in said
    assert "Traceback" not in said


def test_kinds_that_it_does_not_know_are_named(broker):
    house = demo().with_entities([*demo().entities, Entity("camera.door", "Door", "camera")])

    async def play():
        assert simulated.SimulatedHome(house, broker.address("demo")).not_simulated == ("camera.door",)

    asyncio.run(play())


def test_devices_with_several_entities_stay_together_and_names_survive(broker):
    house = House(
        name="h",
        devices=(Device("stat", "Thermostat", "hall"),),
        areas=demo().areas,
        entities=(
            Entity("sensor.a", "Thermostat Temperature", "sensor", area="hall", device="stat", state="20"),
            Entity("sensor.b", "Thermostat", "sensor", area="hall", device="stat", state="21"),
            Entity(
                "sensor.c", "Upstairs", "sensor", area="hall", device="stat", state="22", aliases=("attic",)
            ),
            Entity("sensor.d", "Thermostat", "sensor", area="kitchen", device="stat", state="23"),
        ),
    )

    async def play():
        home = simulated.SimulatedHome(house, broker.address("demo"))
        await home.start()
        try:
            async with devices(broker.address()) as found:
                await until(lambda: len(found) == 4)
                return found.house()
        finally:
            await home.stop()

    seen = {entity.id: entity for entity in asyncio.run(play()).entities}
    assert {key: (entity.name, entity.area) for key, entity in seen.items()} == {
        entity.id: (entity.name, entity.area) for entity in house.entities
    }
    assert seen["sensor.a"].device == seen["sensor.b"].device
    assert len({entity.device for entity in seen.values()}) == 3
    assert seen["sensor.c"].aliases == ("attic",)


def test_the_demonstration_home_is_easy_to_talk_about():
    house = entities.load(DEMO)
    assert len({entity.name.lower() for entity in house.entities}) == len(house.entities)
    areas = {area.id for area in house.areas}
    assert {entity.area for entity in house.entities} <= areas
    assert {entity.domain for entity in house.entities} <= simulated.KINDS
    assert all(entity.id.startswith(f"{entity.domain}.") for entity in house.entities)
