"""Announcements and the intercom over the local socket: rooms by name or area, mistakes in words."""

from __future__ import annotations

import pytest

from appliance.errors import ControlError
from appliance.pipeline.waiting import MAX_WAITING
from appliance.rooms import Rooms
from tests.pipeline.rooms import Flat


@pytest.fixture
async def flat() -> Flat:
    return Flat()


async def test_an_announcement_goes_where_it_is_meant(flat: Flat) -> None:
    announce = Rooms(flat.conductor).handlers()["announce"]
    assert await announce({"text": "Dinner!", "rooms": ["Hall"]}) == {"rooms": ["hall"]}
    assert await announce({"text": "Dinner!"}) == {"rooms": ["local", "kitchen", "hall"]}


@pytest.mark.parametrize(
    "request_",
    [
        {"text": ""},
        {"text": 3},
        {"text": "x" * 2_000},
        {"text": "x", "rooms": "hall"},
        {"text": "x", "rooms": ["cellar"]},
        {"text": "x", "rooms": [None]},
        {"text": "x", "rooms": ["hall"] * 300},
    ],
)
async def test_a_wrong_announcement_is_refused(flat: Flat, request_: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        await Rooms(flat.conductor).handlers()["announce"](request_)


async def test_too_much_to_say_is_refused(flat: Flat) -> None:
    announce = Rooms(flat.conductor).handlers()["announce"]
    for _ in range(MAX_WAITING + 1):
        await announce({"text": "Dinner!", "rooms": ["hall"]})
    with pytest.raises(ControlError, match="too much"):
        await announce({"text": "Dinner!", "rooms": ["hall"]})


async def test_two_rooms_are_connected_and_hang_up(flat: Flat) -> None:
    handlers = Rooms(flat.conductor).handlers()
    assert await handlers["connect"]({"one": "Kitchen", "other": "hall"}) == {
        "connected": ["kitchen", "hall"]
    }
    with pytest.raises(ControlError, match="cannot be connected"):
        await handlers["connect"]({"one": "kitchen", "other": "hall"})
    assert await handlers["hang_up"]({"room": "hall"}) == {"room": "hall"}
    await handlers["connect"]({"one": "kitchen", "other": "hall"})


async def test_an_unknown_room_is_answered_with_those_there_are(flat: Flat) -> None:
    with pytest.raises(ControlError) as caught:
        await Rooms(flat.conductor).handlers()["hang_up"]({"room": "cellar"})
    assert "local, kitchen, hall" in caught.value.hint


async def test_status_shows_every_room(flat: Flat) -> None:
    flat.sites["hall"].woken("alexa", 0.9, 0)
    shown = {room["name"]: room for room in Rooms(flat.conductor).status()}
    assert list(shown) == ["local", "kitchen", "hall"]
    assert (shown["hall"]["phase"], shown["hall"]["area"]) == ("listening", "Hall")
    assert shown["kitchen"]["phase"] == "idle"
