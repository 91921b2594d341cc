"""Rooms are let in and forgotten, and the appliance does not obey what it said itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.config.model import Config
from appliance.mqtt.address import Connection
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.conductor import Conductor
from appliance.satellites import hermes, hermes_rooms
from appliance.satellites.hermes_hub import HermesHub
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import TwoAreas
from tests.satellites.esp32 import FRAME, OPEN, wav

SAY = hermes.Toggle(site_id="hall", reason="ttsSay")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hub(clock: Clock) -> Iterator[HermesHub]:  # type: ignore[misc]
    client = Exchange(1_000)
    client.connection = Connection(connected=True)
    conductor = Conductor(RecordingStages(), TwoAreas(), OPEN)
    made = HermesHub(client, conductor, OPEN, clock)
    made.start()
    yield made
    await made.stop()
    conductor.close()


async def test_the_brokers_echo_of_our_own_words_is_ours_once(hub: HermesHub) -> None:
    topic, payload = "hermes/hotword/toggleOff", hermes.encode(SAY)
    hub._post(topic, SAY)
    hub._post(topic, SAY)
    assert [hub._is_echo(topic, payload) for _ in range(3)] == [True, True, False]
    assert not hub._is_echo(topic, b"{}")
    assert len(hub._echoes) == 0


async def test_echoes_that_never_come_back_are_bounded(hub: HermesHub) -> None:
    for at in range(hermes_rooms.MAX_ECHOES * 3):
        hub._post("hermes/hotword/toggleOff", hermes.Toggle(site_id="hall", reason=str(at)))
    assert len(hub._echoes) <= hermes_rooms.MAX_ECHOES + 1


async def test_a_room_that_is_quiet_for_long_is_forgotten(hub: HermesHub, clock: Clock) -> None:
    hub._frame("hermes/audioServer/hall/audioFrame", wav(FRAME))
    room = hub._rooms["hall"]
    clock.now += hermes_rooms.FORGET_SECONDS - 1
    hub._look("hall", room, clock.now)
    assert "hall" in hub._rooms
    clock.now += 2
    hub._look("hall", room, clock.now)
    assert "hall" not in hub._rooms


async def test_nothing_is_said_while_there_is_no_broker() -> None:
    client = Exchange(1_000)
    conductor = Conductor(RecordingStages(), TwoAreas(), Config())
    hub = HermesHub(client, conductor, Config())
    hub._post("hermes/hotword/toggleOff", SAY)
    assert len(hub._echoes) == 0
    conductor.close()


async def test_a_satellite_cannot_be_the_appliance_itself(hub: HermesHub) -> None:
    for name in ("local", "default"):
        hub._frame(f"hermes/audioServer/{name}/audioFrame", wav(FRAME))
    assert hub._rooms == {}
