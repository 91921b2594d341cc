from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.home.entities import Area, Entity, Floor, House
from appliance.understanding.grammar import (
    MAX_GRAMMAR_BYTES,
    compile_house,
    speech_grammar,
    spoken,
    strip_wake,
    wake_phrases,
)
from appliance.wire.messages import SetGrammar, encode

HOUSE = House(
    floors=(Floor("up", "Upstairs"), Floor("ground", "Ground Floor")),
    areas=(Area("kitchen", "Kitchen"), Area("office", "Office", aliases=("Study",))),
    entities=(
        Entity("light.bed", "Bed Light", "light", area="office", aliases=("Nightlight",)),
        Entity("light.k", "Kitchen Light", "light", area="kitchen"),
        Entity("fan.f", "Exhaust Fan", "fan", area="kitchen"),
        Entity("media_player.tv", "TV", "media_player", area="kitchen"),
        Entity("cover.door", "Sliding Door", "cover", area="office"),
        Entity("lock.front", "Front Door", "lock"),
        Entity("climate.t", "Thermostat", "climate", area="office"),
        Entity("sensor.o", "Outside Temperature", "sensor"),
        Entity("binary_sensor.b", "Back Window", "binary_sensor"),
        Entity("person.a", "Anna", "person"),
        Entity("scene.m", "Movie Night", "scene"),
        Entity("script.p", "Party Time", "script"),
        Entity("vacuum.v", "Smart Robo", "vacuum"),
        Entity("button.b", "Doorbell Chime", "button"),
        Entity("weather.ny", "New York", "weather"),
        Entity("switch.k", "Küche 2", "switch"),
    ),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kid's TV #3 – 1st Floor (42\")", "kid's tv three first floor forty two"),
        ("Küche & Wohnzimmer", "küche and wohnzimmer"),
        ("50%", "fifty percent"),
        ("Lamp007", "lamp zero zero seven"),
        ("Channel 1985", "channel one thousand nine hundred eighty five"),
        ("21°C", "twenty one degrees c"),
        ("99th", "ninety nine"),
        ("٣", "three"),
        ("٣rd", "third"),
        ("123456", "one two three four five six"),
        ("It’s", "it's"),
        ("  ", ""),
        ("<sil>", "sil"),
        ("[a] (b|c)", "a b c"),
    ],
)
def test_words_as_they_are_spoken(text: str, words: str) -> None:
    assert spoken(text) == words


@given(st.text(max_size=200))
def test_spoken_words_hold_nothing_that_a_pattern_could_take_for_notation(text: str) -> None:
    words = spoken(text)
    assert words == " ".join(words.split())
    assert not re.search(r"[\[\]()|<>0-9]", words)


def test_wake_phrases_are_the_words_and_their_ends() -> None:
    assert wake_phrases(["hey_jarvis", "alexa"]) == ("hey jarvis", "jarvis", "alexa")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hey jarvis turn on the light", "turn on the light"),
        ("jarvis turn on the light", "turn on the light"),
        ("alexa stop", "stop"),
        ("hey jarvis", ""),
        ("alexandra stop", "alexandra stop"),
        ("turn on jarvis", "turn on jarvis"),
        ("hey turn on", "hey turn on"),
        ("", ""),
    ],
)
def test_the_wake_word_is_cut_off(text: str, sentence: str) -> None:
    assert strip_wake(text, ("hey_jarvis", "alexa")) == sentence


SAID = """\
turn on the kitchen light
switch the bed light off
turn the nightlight off please
can you turn on the exhaust fan
kitchen light off
turn off the lights in here
turn off all of the kitchen lights
turn the lights off in here
turn on the tv in the kitchen
turn on the lights on the ground floor
turn off the upstairs lights
set bed light brightness to seventy five percent
dim the bed light to ten percent
set the kitchen lights to blue
set color of lights to green
set lights to red
is the kitchen light on
which lights are on in the kitchen
what is the outside temperature
is the back window open
where is anna
what's the office temp
how warm is it in the study
set the thermostat to twenty one degrees
open the sliding door
close the windows in the office
unlock the front door
is the front door locked
activate movie night
run party time script
press the doorbell chime
start the robo
next track
skip this song
pause the tv
set the tv volume to thirty percent
create a timer for four and a half hours
start a timer for one hour and eight minutes
set a timer for five minutes
create a timer for an hour
set a ten minute timer
stop my timer
status of the timers
what time is it
what's the new york weather
turn on küche two
turn off the office bed light
hey jarvis what time is it
jarvis turn on the kitchen light
hey jarvis
""".splitlines()

NOT_SAID = """\
turn on the garage light
turn the kitchen light
dim the front door to ten percent
lock the kitchen light
set a timer for five minute
turn off all the light
hey turn on the lights
what is

a large coffee with milk
""".splitlines()


@pytest.fixture(scope="module")
def home() -> Acceptor:
    return Acceptor(compile_grammar(speech_grammar(HOUSE, ("hey_jarvis", "alexa"))))


@pytest.mark.parametrize("sentence", SAID)
def test_what_can_be_said(home: Acceptor, sentence: str) -> None:
    assert home.accepts(sentence)


@pytest.mark.parametrize("sentence", NOT_SAID)
def test_what_cannot_be_said(home: Acceptor, sentence: str) -> None:
    assert not home.accepts(sentence)


def test_without_wake_words_none_is_listened_for() -> None:
    grammar = speech_grammar(HOUSE)
    assert "wake" not in grammar.lists
    assert not Acceptor(compile_grammar(grammar)).accepts("jarvis what time is it")


@pytest.mark.parametrize(
    ("house", "said", "not_said"),
    [
        (House(), "what time is it", "turn on the lights"),
        (House(entities=HOUSE.entities[:1]), "turn on the bed light", "open the sliding door"),
        (House(entities=HOUSE.entities[4:5]), "open the sliding door", "turn on the sliding door"),
        (House(areas=HOUSE.areas), "set a timer for two hours", "turn on the kitchen lights"),
    ],
)
def test_a_home_hears_only_of_what_it_has(house: House, said: str, not_said: str) -> None:
    home = Acceptor(compile_grammar(speech_grammar(house)))
    assert home.accepts(said)
    assert not home.accepts(not_said)


def large_house(count: int) -> House:
    domains = ("light", "sensor", "switch", "binary_sensor")
    return House(
        entities=tuple(
            Entity(f"x.{number}", f"Some Quite Long Name Of A Thing {number}", domains[number % 4])
            for number in range(count)
        )
    )


def test_a_large_home_stays_small_enough_and_drops_the_least_said() -> None:
    compiled = compile_house(large_house(4_000), ("alexa",))
    assert len(encode(SetGrammar(compiled.grammar))) <= MAX_GRAMMAR_BYTES
    assert len(compiled.grammar.lists["light"]) == 1_000
    assert "sensor" not in compiled.grammar.lists
    assert compiled.reason.startswith(f"{len(compiled.dropped)} names cannot be said")
    assert "96 KiB" in compiled.reason
    assert Acceptor(compile_grammar(compiled.grammar)).accepts(
        "turn on some quite long name of a thing three thousand nine hundred ninety six"
    )


@pytest.mark.parametrize("name", ["", "–", "a " * 17])
def test_a_name_that_no_one_can_say_is_told(name: str) -> None:
    compiled = compile_house(House(entities=(Entity("light.x", name, "light"),)))
    assert compiled.dropped == (name,)
    assert compiled.reason.startswith("1 names cannot be said")


def test_nothing_is_dropped_from_a_home_of_usual_size() -> None:
    compiled = compile_house(HOUSE)
    assert (compiled.dropped, compiled.reason) == ((), "")


@given(
    names=st.lists(st.text(max_size=60), max_size=12),
    domain=st.sampled_from(["light", "cover", "sensor", "scene", "lawn_mower", "unheard of"]),
)
def test_any_names_make_a_grammar_that_compiles(names: list[str], domain: str) -> None:
    entities = tuple(Entity(f"{domain}.{i}", name, domain, aliases=(name,)) for i, name in enumerate(names))
    house = House(areas=tuple(Area(str(i), name) for i, name in enumerate(names)), entities=entities)
    home = Acceptor(compile_grammar(speech_grammar(house, ("hey_jarvis",))))
    assert home.accepts("hey jarvis what time is it")
    usable = [spoken(name) for name in names if 0 < len(spoken(name).split()) <= 16]
    if domain == "light":
        assert all(home.accepts(f"turn on the {name}") for name in usable)
