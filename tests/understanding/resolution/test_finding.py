"""Which entities a phrase means."""

from __future__ import annotations

import pytest

from appliance.understanding.resolution.english import english
from appliance.understanding.resolution.finding import find
from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.reasons import SLIP
from appliance.understanding.resolution.scoring import MARGIN, named_place
from appliance.understanding.resolution.targets import Found, Search, Target
from appliance.understanding.resolution.tokens import tokenize
from tests.understanding.resolution.rooms import HOUSE

LEXICON = english()
INDEX = HouseIndex(HOUSE, {each.id: each.area for each in HOUSE.entities}, LEXICON)
LIGHTS = INDEX.domains["light"]


def found(
    text: str, near: str = "", able: int = LIGHTS, *, every: bool = False, guarded: bool = False
) -> Found:
    words = tuple(INDEX.corrected(token) for token in tokenize(text, LEXICON))
    search = Search(INDEX, able, near=near, guarded=guarded, together=LIGHTS, sweeping=True)
    return find(Target(words, every=every), search)


def ids(result: Found) -> list[str]:
    return [INDEX.ids[each] for each in bits(result.mask)]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("reading lamp", ["light.reading"]),
        ("lamp reading", ["light.reading"]),
        ("reading", ["light.reading"]),
        ("readng lamp", ["light.reading"]),
        ("office light", ["light.desk"]),
        ("light office", ["light.desk"]),
        ("kitchen lights", ["light.kitchen", "light.counter"]),
        ("kitchen light", ["light.kitchen"]),
        ("counter", ["light.counter"]),
        ("bedside lamps", ["light.left", "light.right"]),
        ("upstairs lights", ["light.left", "light.right", "light.desk"]),
        ("lounge lights", ["light.ceiling", "light.reading"]),
    ],
)
def test_every_word_is_explained_by_those_that_are_meant(text: str, entities: list[str]):
    result = found(text)
    assert (result.problem, ids(result)) == ("", entities)


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        ("pool light", "unknown", "pool light"),
        ("reading fan", "nothing", "reading fan"),
        ("garage light", "nothing", ""),
        ("bedside lamp", "several", "bedside lamp"),
        ("light", "several", "light"),
    ],
)
def test_what_is_not_explained_or_not_alone_is_not_found(text: str, problem: str, words: str):
    result = found(text)
    assert result.problem == problem
    assert words in result.words


def test_the_nearest_of_several_is_meant():
    assert ids(found("bedside lamp", near="master")) == ["light.left", "light.right"]
    assert found("bedside lamp", near="master").problem == "several"
    assert ids(found("light", near="office")) == ["light.desk"]


def test_what_lets_somebody_in_needs_exact_words():
    locks = INDEX.domains["lock"]
    assert ids(found("front door", able=locks, guarded=True)) == ["lock.front"]
    assert found("door", able=locks, near="hall", guarded=True).problem == "several"
    assert found("fromt door", able=locks, guarded=True).problem


def test_what_is_left_out_is_left_out():
    words = tuple(tokenize("lights", LEXICON))
    target = Target(words, every=True, excluded=(tuple(tokenize("desk lamp", LEXICON)),))
    assert "light.desk" not in ids(find(target, Search(INDEX, LIGHTS)))
    unknown = Target(words, every=True, excluded=(tuple(tokenize("sauna", LEXICON)),))
    assert find(unknown, Search(INDEX, LIGHTS)).problem == "unknown"


def test_a_slip_costs_more_than_the_margin():
    assert SLIP > MARGIN
    assert named_place([]) == 0
