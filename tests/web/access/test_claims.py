"""A token that was made for one room cannot speak for another."""

from __future__ import annotations

import pytest

from appliance.errors import ControlError
from appliance.web.access import tokens
from appliance.web.access.claims import claimed
from appliance.web.access.state import MAX_AREAS, State
from appliance.web.access.visitor import Visitor
from appliance.web.problems import Refused


def visitor(*areas: str) -> Visitor:
    return Visitor("token", "10.0.0.1", secure=True, areas=areas)


@pytest.mark.parametrize(
    ("areas", "claim", "counts"),
    [
        ((), "Kitchen", "Kitchen"),
        ((), "", ""),
        (("Kitchen", "Hall"), "", "Kitchen"),
        (("Kitchen", "Hall"), " ", "Kitchen"),
        (("Kitchen", "Hall"), "hall", "hall"),
        (("Kitchen",), "Bedroom", None),
        (("Kitchen",), "Kitchen Hall", None),
    ],
)
def test_which_room_counts(areas: tuple[str, ...], claim: str, counts: str | None) -> None:
    if counts is None:
        with pytest.raises(Refused, match="not for the room"):
            claimed(visitor(*areas), claim)
    else:
        assert claimed(visitor(*areas), claim) == counts


@pytest.mark.parametrize("areas", [[""], ["a\nb"], ["x" * 61], [str(each) for each in range(MAX_AREAS + 1)]])
def test_no_room(areas: list[str]) -> None:
    with pytest.raises(ControlError, match="room"):
        tokens.create(State(), ["chat"], "", 0, 1, areas=areas)


def test_a_token_keeps_its_rooms() -> None:
    state, (token, secret) = tokens.create(State(), ["chat"], "tablet", 0, 1, areas=["Hall", "Hall"])
    assert token.areas == ("Hall",)
    found = tokens.find(state, secret, 2)
    assert found is not None
    assert found.areas == ("Hall",)
