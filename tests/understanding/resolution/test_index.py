"""The words of a house."""

from __future__ import annotations

from appliance.home.entities import Area, House
from appliance.understanding.resolution.english import english
from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.tokens import tokenize
from tests.understanding.resolution.rooms import HOUSE, thing

LEXICON = english()


def index(house: House) -> HouseIndex:
    return HouseIndex(house, {each.id: each.area for each in house.entities}, LEXICON)


def test_bits_are_numbers_of_entities():
    assert list(bits(0b10110)) == [1, 2, 4]


def test_places_are_known_by_name_alias_and_other_words():
    made = index(HOUSE)
    for words in (("living", "room"), ("lounge",), ("sitting", "room"), ("upstair",), ("upper", "floor")):
        assert made.places[words], words
    assert not made.places.get(("bedroom",))


def test_another_word_for_a_room_means_no_other_room_that_is_there():
    both = House(
        areas=(Area("l", "Lounge"), Area("r", "Living Room")), entities=(thing("light.l", "A", "l"),)
    )
    made = index(both)
    assert [place.area for place in made.places["lounge",]] == ["l"]
    assert not made.places.get(("sitting", "room"))


def test_one_misspelling_is_put_right_and_two_meanings_are_not():
    made = index(
        House(entities=(thing("light.a", "Corner"), thing("light.b", "Porch"), thing("light.c", "Torch")))
    )
    (token,) = tokenize("cornr", LEXICON)
    assert (made.corrected(token).text, made.corrected(token).slips) == ("corner", 1)
    (known,) = tokenize("bench", LEXICON)
    assert made.corrected(known) == known


def test_whole_names_are_found_in_a_sentence():
    made = index(HOUSE)
    tokens = tokenize("set movie time in the living room", LEXICON)
    assert made.named_spans(tokens) == [(1, 3), (5, 7)]


def test_a_thermostat_that_only_cools_is_no_heater():
    made = index(HOUSE)
    heater, cooler = LEXICON.types["heating",], LEXICON.types["ac",]
    assert [made.ids[each] for each in bits(made.of_type(heater, 0))] == ["climate.main"]
    assert [made.ids[each] for each in bits(made.of_type(cooler, 0))] == ["climate.office"]
