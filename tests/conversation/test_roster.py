from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation import neutral, roster
from appliance.home.entities import House
from tests.conversation.homes import MARKED, OPEN, entity, home, hostile, houses

BIG = home(*(entity(f"light.l{index}", f"Lamp {index}", "hall") for index in range(400)))


def test_states_and_order_change_nothing() -> None:
    house = home()
    other = house.with_entities(
        msgspec.structs.replace(each, state="on" if each.state == "off" else "off")
        for each in reversed(house.entities)
    )
    assert roster.stable(other, MARKED, 3_000) == roster.stable(house, MARKED, 3_000)


def test_what_can_be_changed_comes_before_what_can_only_be_read() -> None:
    shown = roster.stable(home(), MARKED, 60).shown
    assert shown
    assert all(each.offers for each in shown)


def test_it_keeps_its_limit() -> None:
    for limit in (0, 50, 500, 3_000):
        shown = roster.stable(BIG, MARKED, limit).shown
        assert sum(len(each.line()) + 2 for each in shown) <= limit
    assert len(roster.stable(BIG, MARKED, 8_000).shown) <= roster.MAX_SHOWN - roster.MAX_FOUND


def test_what_the_words_name_is_found_beyond_the_limit() -> None:
    assert "light.l399" not in roster.stable(BIG, MARKED, 3_000).ids()
    found = roster.found(BIG, MARKED, "please dim lamp 399 a little")
    assert found[0].id == "light.l399"
    assert len(found) <= roster.MAX_FOUND


def test_what_fits_much_worse_is_not_meant() -> None:
    house = home(
        entity("light.hall_lamp", "Hall lamp", "hall"), entity("light.hall_light", "Hall light", "hall")
    )
    assert [each.id for each in roster.found(house, MARKED, "switch the hall lamp on")] == ["light.hall_lamp"]


def test_a_guarded_thing_that_is_named_can_only_be_read() -> None:
    (lock,) = [
        each for each in roster.found(home(), MARKED, "unlock the front door") if each.id == "lock.front_door"
    ]
    assert lock.offers == ()


def test_an_id_is_enough_when_it_says_the_name() -> None:
    shown = {each.id: each.line() for each in roster.stable(home(), MARKED, 8_000).shown}
    assert shown["media_player.radio"] == "media_player.radio"
    assert shown["light.desk"] == "light.desk (Desk lamp)"


@given(houses, st.integers(0, 4_000), hostile)
def test_hostile_homes_are_shown_plainly(house: House, limit: int, said: str) -> None:
    found = roster.found(house, MARKED, said)
    whole = roster.stable(house, MARKED, limit).plus(found)
    assert len(whole.ids()) == len(whole.shown) <= roster.MAX_SHOWN
    for each in whole.shown:
        assert neutral.is_plain_id(each.id)
        assert neutral.name(each.name) == each.name
        assert neutral.name(each.area) == each.area
    values = {offer.value for each in whole.shown for offer in each.offers if offer.value}
    assert len(values) <= roster.MAX_DISTINCT_VALUES


def test_an_offer_is_found_by_its_names_only() -> None:
    shown = roster.stable(home(), MARKED, 3_000)
    assert shown.offer("turn_on", "light.desk") is not None
    assert shown.offer("unlock", "lock.front_door") is None
    assert shown.offer("turn_on", "lock.front_door") is None
    assert shown.offer("turn_on", "light.none") is None
    assert len(OPEN) <= len(shown.shown)
