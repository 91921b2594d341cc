from __future__ import annotations

import re
from itertools import combinations

import pytest

from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.home.entities import Area, Entity, House
from appliance.understanding.grammar import speech_grammar
from appliance.understanding.intents import Understander
from appliance.understanding.patterns import FIXED_LISTS, number_words, patterns
from appliance.wire.messages import SpeechGrammar

KINDS = ("light", "fan", "cover", "lock", "media", "climate", "scene", "vacuum", "sensor", "area", "floor")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (215, "two hundred fifteen"),
        (9_999, "nine thousand nine hundred ninety nine"),
        (10_000, "one zero zero zero zero"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize("present", [set(pair) for pair in combinations(KINDS, 2)], ids=sorted)
@pytest.mark.parametrize("every_form", [True, False])
def test_patterns_name_only_lists_that_are_there_and_compile(present: set[str], every_form: bool) -> None:
    lists = {**FIXED_LISTS, **dict.fromkeys(present, ("some thing",))}
    found = patterns(set(lists), every_form=every_form)
    assert {name for pattern in found for name in re.findall("<(.*?)>", pattern)} <= set(lists)
    compile_grammar(SpeechGrammar(found, lists))


def test_a_large_home_has_fewer_places_for_names() -> None:
    lists = {*FIXED_LISTS, "light"}
    all_forms, plain = patterns(lists), patterns(lists, every_form=False)
    assert set(plain) < set(all_forms)


SENTENCES = """\
turn on the kitchen light
switch off the bed light
turn the bed light off
turn off the lights in the kitchen
turn off all the kitchen lights
set bed light brightness to seventy five percent
set the kitchen light to fifty percent
is the kitchen light on
set the bed light to blue
open the sliding door
close the sliding door
lock the front door
""".splitlines()


def test_the_intents_understand_what_is_listened_for() -> None:
    house = House(
        areas=(Area("kitchen", "Kitchen"), Area("bedroom", "Bedroom")),
        entities=(
            Entity("light.k", "Kitchen Light", "light", area="kitchen", state="off"),
            Entity("light.bed", "Bed Light", "light", area="bedroom", state="on"),
            Entity("cover.door", "Sliding Door", "cover", area="kitchen", state="closed"),
            Entity("lock.front", "Front Door", "lock", state="locked"),
        ),
    )
    listened_for = Acceptor(compile_grammar(speech_grammar(house)))
    understander = Understander(house)
    understander.open()
    assert [each for each in SENTENCES if not listened_for.accepts(each)] == []
    assert [each for each in SENTENCES if understander.understand(each, "kitchen").intent in {"", None}] == []
