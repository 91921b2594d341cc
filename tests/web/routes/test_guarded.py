"""A door that only a PIN opens, asked for by typing; and a house whose things get other names."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.home.entities import load
from appliance.home.simulated import SimulatedHome, read_connection
from appliance.mqtt.address import Address
from appliance.serve import demonstration_house
from tests.appliances import descendants
from tests.web.routes.served import Served
from tests.web.routes.test_chat import chat

DOOR = {
    "id": "lock.front_door", "name": "Front door", "domain": "lock", "area": "hall", "device": "front_door",
    "state": "locked",
}  # fmt: skip


def with_a_door(folder: Path) -> Path:
    """The demonstration's house, and its door."""
    house = msgspec.json.decode(demonstration_house().read_bytes())
    house["devices"].append({"id": "front_door", "name": "Front door", "area": "hall"})
    house["entities"].append(DOOR)
    file = folder / "house.json"
    file.write_bytes(msgspec.json.encode(house))
    return file


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("guarded")
    made = Served(folder, house=with_a_door(folder))
    try:
        made.until_up()
        yield made
    finally:
        made.close()


LOCK = "lock.front_door"


@pytest.fixture
def anna(guarded: Served) -> Iterator[str]:
    """A person, and the PIN that opens doors."""
    pin = "739214"
    answer = guarded.http.post("/api/people", json={"name": "Anna"})
    assert answer.status_code == 201, answer.text
    answer = guarded.http.put("/api/people/Anna/pin", json={"pin": pin})
    assert answer.status_code < 300, answer.text
    yield pin
    guarded.http.delete("/api/people/Anna")


def test_the_typed_pin_opens_the_door_in_the_conversation_that_was_asked(guarded: Served, anna: str) -> None:
    asked = chat(guarded, "unlock the front door", area="Hall")
    assert (asked["asks"], asked["outcome"], asked["deeds"]) == (True, "asked", [])
    again = chat(guarded, "739215", conversation=asked["conversation"])
    assert (again["asks"], again["deeds"]) == (True, [])
    assert guarded.state(LOCK) == "locked"
    told = chat(guarded, anna, conversation=asked["conversation"])
    assert [(deed["entity_id"], deed["done"]) for deed in told["deeds"]] == [(LOCK, True)]
    assert (told["asks"], told["outcome"]) == (False, "answered")
    assert guarded.state(LOCK) == "unlocked"
    chat(guarded, "lock the front door", area="Hall")
    assert guarded.state(LOCK) == "locked"


def test_a_pin_in_another_conversation_opens_nothing(guarded: Served, anna: str) -> None:
    chat(guarded, "unlock the front door", area="Hall")
    told = chat(guarded, anna, area="Hall")
    assert told["deeds"] == []
    assert guarded.state(LOCK) == "locked"


def test_nothing_typed_as_an_answer_is_kept(guarded: Served, anna: str) -> None:
    asked = chat(guarded, "unlock the front door", area="Hall")
    chat(guarded, anna, conversation=asked["conversation"])
    chat(guarded, "lock the front door", area="Hall")
    for row in (
        guarded.http.get("/api/audit").text,
        guarded.http.get("/api/turns").text,
        guarded.running.log(),
    ):
        assert anna not in row


def homes(guarded: Served) -> list[int]:
    """Processes that play the house."""
    found = []
    for pid in descendants(guarded.running.process.pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:  # it ended while we looked
            continue
        if b"appliance.home.simulated" in command:
            found.append(pid)
    return found


async def test_other_names_are_known_without_a_restart(guarded: Served) -> None:
    for pid in homes(guarded):
        os.kill(pid, signal.SIGTERM)
    given = read_connection(guarded.data / "run" / "home.json")
    renamed = Path(given.house).read_text().replace("Bedroom light", "Reading lamp")
    renamed = renamed.replace('"name":"Bedroom"', '"name":"Library"').replace("Coffee machine", "Kettle")
    other = guarded.data.parent / "renamed.json"
    other.write_text(renamed)
    address = Address(given.host, given.port, given.username, given.password)
    home = SimulatedHome(load(other), address, prefix=given.prefix)
    await home.start(30.0)
    try:
        async with asyncio.timeout(30):
            while "Reading lamp" not in await names(guarded):
                await asyncio.sleep(0.1)
        assert "Bedroom light" not in await names(guarded)
        async with asyncio.timeout(10):
            while await meant(guarded, "turn on the reading lamp") != [["light.bedroom_light"]]:
                await asyncio.sleep(0.1)
    finally:
        await home.stop()


async def meant(guarded: Served, text: str) -> list[list[str]]:
    """The entities of each deed that these words ask for."""
    answer = await asyncio.to_thread(guarded.http.post, "/api/understand", json={"text": text})
    return [deed["entity_id"] for deed in answer.json()["deeds"]]


async def names(guarded: Served) -> set[str]:
    answer = await asyncio.to_thread(guarded.http.get, "/api/devices")
    return {each["name"] for each in answer.json()["entities"]}
