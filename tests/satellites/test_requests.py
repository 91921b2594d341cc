"""Satellites over the local socket: muted, turned down, hushed, and refused."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.errors import ControlError
from appliance.satellites import protocol
from appliance.satellites.requests import SatelliteRequests
from tests.broker import Mosquitto
from tests.satellites.remote import House, house, remote, until


def handlers(home: House) -> Any:
    return SatelliteRequests(home.hub, home.conductor).handlers()


async def test_a_microphone_is_closed_and_a_loudspeaker_turned_down(broker: Mosquitto) -> None:
    async with (
        house(broker.address()) as home,
        remote(broker.address(), "kitchen", mute=True, volume=True) as kitchen,
    ):
        await kitchen.welcome()
        asked = handlers(home)
        assert await asked["satellite_mute"]({"name": "kitchen", "muted": True}) == {
            "name": "kitchen",
            "muted": True,
        }
        await until(lambda: any(each.muted for each in kitchen.all(protocol.Mute)))
        told = await asked["satellite_volume"]({"name": "kitchen", "volume": 0.25})
        assert told == {"name": "kitchen", "volume": 0.25}
        await until(lambda: any(each.level == 0.25 for each in kitchen.all(protocol.Volume)))


async def test_silence_in_one_room(broker: Mosquitto) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        kitchen.wake(1)
        await until(lambda: home.turn("kitchen") != 0)
        assert await handlers(home)["room_hush"]({"room": "kitchen"}) == {"hushed": True}
        assert home.turn("kitchen") == 0


@pytest.mark.parametrize(
    ("do", "request_"),
    [
        ("satellite_mute", {"name": "moon", "muted": True}),
        ("satellite_mute", {"name": "kitchen", "muted": "yes"}),
        ("satellite_mute", {"muted": True}),
        ("satellite_volume", {"name": "kitchen", "volume": 1.5}),
        ("satellite_volume", {"name": "kitchen", "volume": True}),
        ("satellite_volume", {"name": "kitchen", "volume": float("nan")}),
        ("room_hush", {"room": "moon"}),
        ("room_hush", {"room": ["kitchen"]}),
    ],
)
async def test_refusals(broker: Mosquitto, do: str, request_: dict[str, object]) -> None:
    async with house(broker.address()) as home, remote(broker.address(), "kitchen") as kitchen:
        await kitchen.welcome()
        with pytest.raises(ControlError) as caught:
            await handlers(home)[do](request_)
        assert caught.value.message
