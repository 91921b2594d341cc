"""Sentences against a house: the right deed, an honest answer, or nothing at all."""

from __future__ import annotations

import msgspec
import pytest
from home_assistant_intents import get_languages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import UnderstandingError
from appliance.home.entities import Area, Device, Entity, Floor, House
from appliance.understanding.intents import MAX_TEXT_CHARS, Meaning, Understander
from appliance.understanding.templates import Templates, find_language
from appliance.wire.messages import Deed

DIMMABLE = {"supported_color_modes": ["brightness"], "brightness": 100}
PLAIN = {"supported_color_modes": ["onoff"]}
DOOR = {"device_class": "door"}
COLORED = {"supported_color_modes": ["hs"]}
KITCHEN = Entity(
    "light.kitchen", "Kitchen Light", "light", ("cooking lamp",), "kitchen", state="off", attributes=DIMMABLE
)
TV = Entity("media_player.tv", "Television", "media_player", area="living", state="playing")
ALL_LIGHTS = ["light.kitchen", "light.counter", "light.bed", "light.mood"]
HOUSE = House(
    floors=(Floor("up", "Upstairs"),),
    areas=(
        Area("kitchen", "Kitchen"),
        Area("living", "Living Room", aliases=("Lounge",)),
        Area("bed", "Bedroom", floor="up"),
        Area("attic", "Attic", floor="up"),
    ),
    devices=(Device("dryer_device", "Dryer", "kitchen"),),
    entities=(
        KITCHEN,
        Entity("light.counter", "Counter", "light", area="kitchen", state="on", attributes=DIMMABLE),
        Entity("light.bed", "Bedroom Light", "light", area="bed", state="on", attributes=PLAIN),
        Entity("light.mood", "Mood Lamp", "light", area="living", state="off", attributes=COLORED),
        Entity("light.attic", "Attic Light", "light", area="attic", state="unavailable"),
        Entity("switch.dryer", "Dryer", "switch", device="dryer_device", state="on"),
        Entity("switch.lamp2", "Lamp 2", "switch", area="living", state="off"),
        Entity("fan.bath", "Exhaust Fan", "fan", area="bed", state="off"),
        Entity("cover.blinds", "Blinds", "cover", area="bed", state="closed"),
        Entity("lock.front", "Front Door", "lock", state="locked"),
        Entity("valve.water", "Water Valve", "valve", state="closed"),
        Entity("switch.plug_bed", "Smart Plug", "switch", area="bed", state="off"),
        Entity("switch.plug_living", "Smart Plug", "switch", area="living", state="off"),
        Entity("sensor.bed", "Bedroom Temperature", "sensor", area="bed", state="21.5",
               attributes={"unit_of_measurement": "°C", "device_class": "temperature"}),
        Entity("binary_sensor.door", "Back Door", "binary_sensor", state="on", attributes=DOOR),
        TV,
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def english() -> Templates:
    templates = Templates("en")
    templates.open()
    return templates


@pytest.fixture(scope="module")
def home(english: Templates) -> Understander:
    understander = Understander(HOUSE, english)
    understander.open()
    return understander


def calls(meaning: Meaning) -> list[tuple[str, tuple[str, ...], dict[str, object]]]:
    return [(f"{deed.domain}.{deed.service}", deed.entity_id, dict(deed.data)) for deed in meaning.deeds]


@pytest.mark.parametrize(
    ("text", "call", "entities", "data"),
    [
        ("Turn on the kitchen light", "light.turn_on", ["light.kitchen"], {}),
        ("please turn off the cooking lamp", "light.turn_off", ["light.kitchen"], {}),
        ("counter on", "light.turn_on", ["light.counter"], {}),
        ("turn off the dryer", "switch.turn_off", ["switch.dryer"], {}),
        ("turn on lamp two", "switch.turn_on", ["switch.lamp2"], {}),
        ("turn on lamp 2", "switch.turn_on", ["switch.lamp2"], {}),
        ("turn on the bedroom exhaust fan", "fan.turn_on", ["fan.bath"], {}),
        ("turn off the lights in the kitchen", "light.turn_off", ["light.kitchen", "light.counter"], {}),
        ("turn off the lounge lights", "light.turn_off", ["light.mood"], {}),
        ("turn off all the lights", "light.turn_off", ALL_LIGHTS, {}),
        ("open the blinds", "cover.open_cover", ["cover.blinds"], {}),
        ("close the bedroom blinds", "cover.close_cover", ["cover.blinds"], {}),
        ("lock the front door", "lock.lock", ["lock.front"], {}),
        ("unlock the front door", "lock.unlock", ["lock.front"], {}),
        ("open the water valve", "valve.open_valve", ["valve.water"], {}),
        ("set the kitchen light to 40%", "light.turn_on", ["light.kitchen"], {"brightness_pct": 40}),
        ("kitchen light to fifty percent", "light.turn_on", ["light.kitchen"], {"brightness_pct": 50}),
        ("set the mood lamp to red", "light.turn_on", ["light.mood"], {"color_name": "red"}),
        ("turn on the smart plug in the bedroom", "switch.turn_on", ["switch.plug_bed"], {}),
        ("pause the television", "media_player.media_pause", ["media_player.tv"], {}),
        ("set the television volume to 50%", "media_player.volume_set", [TV.id], {"volume_level": 0.5}),
    ],
)  # fmt: skip
def test_a_command_becomes_its_deed(
    home: Understander, text: str, call: str, entities: list[str], data: dict[str, object]
):
    meaning = home.understand(text)
    assert calls(meaning) == [(call, tuple(entities), data)]
    assert meaning.source == "intent"
    assert meaning.answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("is the kitchen light on", "No, off"),
        ("is the counter on?", "Yes"),
        ("what is the bedroom temperature", "Bedroom temperature is 21.5 degrees"),
        ("what's the temperature in the bedroom", "21.5 degrees"),
        ("which lights are on", "2 are on: Counter and Bedroom Light."),
        ("how many lights are on", "2: Counter and Bedroom Light."),
        ("are any lights on in the kitchen", "Yes, Counter"),
        ("is the front door locked", "Yes"),
        ("is the back door open", "Yes"),
        ("is the attic light on", "Attic Light is not available."),
        ("what is the state of the blinds", "Blinds is closed"),
        ("never mind", "Okay."),
    ],
)
def test_a_question_is_answered_from_the_state(home: Understander, text: str, answer: str):
    meaning = home.understand(text)
    assert (meaning.answer, meaning.deeds, meaning.source) == (answer, (), "intent")


def test_time_and_date_are_those_given(home: Understander):
    assert home.understand("what time is it", now="2026-11-21T00:05").answer == "12:05 AM"
    assert home.understand("what is the current date", now="2026-02-03T10:00").answer == "February 3rd, 2026"
    unknown = home.understand("what time is it", now="2026-13-40T99:99")
    assert (unknown.source, unknown.deeds) == ("none", ())


def test_here_is_where_one_listens(home: Understander):
    kitchen = ("light.kitchen", "light.counter")
    assert home.understand("turn on the lights", area="kitchen").deeds == (Deed("light", "turn_on", kitchen),)
    assert home.understand("turn off the lights in here", "bed").deeds == (
        Deed("light", "turn_off", ("light.bed",)),
    )
    assert home.understand("turn on the lights").deeds == ()
    assert home.understand("turn on the lights", area="no such area").deeds == ()


def test_several_of_a_name_are_asked_about_unless_one_is_near(home: Understander):
    asked = home.understand("turn on the smart plug")
    assert asked.deeds == ()
    assert asked.answer == "There is more than one Smart Plug. Which one: Bedroom or Living Room?"
    near = home.understand("turn on the smart plug", area="living")
    assert near.deeds == (Deed("switch", "turn_on", ("switch.plug_living",)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "the quick brown fox",
        "turn on the espresso machine",
        "turn on the lights in the cellar",
        "turn on the bedroom lights in the kitchen",
        "turn on the kitchen light tomorrow",
        "unlock the bedroom",
        "turn on the fans in the kitchen",
        "is the kitchen light made of wood",
        "set a timer for five minutes",
        "play some jazz",
        "hello",
        "turn " * MAX_TEXT_CHARS,
        "\0\x1b[31m",
    ],
)
def test_what_does_not_fit_does_nothing_and_says_so(home: Understander, text: str):
    meaning = home.understand(text)
    assert (meaning.deeds, meaning.source) == ((), "none")
    assert meaning.answer.startswith("Sorry")


def test_what_is_recognised_but_not_done_yet_is_admitted(home: Understander):
    meaning = home.understand("set a timer for five minutes")
    assert (meaning.intent, meaning.answer) == ("HassStartTimer", "Sorry, I can't do that yet.")


def test_what_is_denied_is_left_alone(home: Understander):
    meaning = home.understand("don't turn on the kitchen light")
    assert (meaning.deeds, meaning.answer) == ((), "Okay, I leave it as it is.")


def test_a_device_that_cannot_do_it_is_named(home: Understander):
    assert home.understand("set the bedroom light to 50%").answer == "Bedroom Light can't do that."
    assert home.understand("set the kitchen light to red").deeds == ()
    assert home.understand("open the kitchen light").answer == "Kitchen Light can't do that."


def test_states_follow_without_new_lists(english: Templates):
    home = Understander(HOUSE, english)
    home.open()
    lit = msgspec.structs.replace(KITCHEN, state="on")
    on = HOUSE.with_entities(lit if entity is KITCHEN else entity for entity in HOUSE.entities)
    assert home.update(on) is False
    assert home.understand("is the kitchen light on").answer == "Yes"
    renamed = HOUSE.with_entities([Entity("light.kitchen", "Sun", "light", state="off")])
    assert home.update(renamed) is True
    assert home.understand("turn on the sun").deeds == (Deed("light", "turn_on", ("light.kitchen",)),)
    assert home.understand("turn on the kitchen light").deeds == ()


HOSTILE = [
    "[a]", "(b|c)", "{name}", "<area>", "lamp|door", "{", "(", "[[[[", "a" * 5_000, ".*", "\\d+",
    "{{ 7 * 7 }}", "{% raw %}", "…", "", "   ", "\u202eevil", "ligh\0t", "off",
]  # fmt: skip


def test_names_are_text_and_never_templates(english: Templates):
    entities = [Entity(f"switch.{n}", name, "switch", (name,), state="on") for n, name in enumerate(HOSTILE)]
    areas = tuple(Area(f"a{n}", name, aliases=(name,)) for n, name in enumerate(HOSTILE))
    home = Understander(House(areas=areas, entities=(*entities, *HOUSE.entities)), english)
    home.open()
    for text in (
        "turn on b",
        "turn on c",
        "turn on kitchen light or door",
        "turn on 49",
        "turn on aaa",
        "turn on",
    ):
        assert not [deed for deed in home.understand(text).deeds if "switch" in deed.entity_id[0]], text
    assert home.understand("turn on b c").deeds == (Deed("switch", "turn_on", ("switch.1",)),)
    assert home.understand("what is {{ 7 * 7 }}").answer != "49"
    assert "49" not in home.understand("what is 7 * 7").answer


@given(name=st.text(max_size=40), said=st.text(max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_and_no_sentence_raises(english: Templates, name: str, said: str):
    home = Understander(House(entities=(Entity("light.x", name, "light", state="on"),)), english)
    home.open()
    for text in (said, f"turn on {name}", f"is {name} {said}"):
        for deed in home.understand(text).deeds:
            assert deed.entity_id == ("light.x",)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("EN_gb", "en"),
        ("de-ch", "de-CH"),
        ("pt_BR", "pt-BR"),
        ("zh-CN", "zh-CN"),
    ],
)
def test_a_language_is_found_in_any_spelling(wanted: str, found: str):
    assert find_language(wanted) == found


@pytest.mark.parametrize("wanted", ["", "klingon", "xx", "../../etc/passwd"])
def test_an_unknown_language_names_near_ones(wanted: str):
    with pytest.raises(UnderstandingError) as raised:
        find_language(wanted)
    assert raised.value.hint


def test_another_language_understands_and_answers():
    house = House(
        language="de",
        areas=(Area("kueche", "Küche"),),
        entities=(
            Entity("light.a", "Deckenlampe", "light", area="kueche", state="off"),
            Entity("cover.b", "Rollladen", "cover", area="kueche", state="open"),
        ),
    )  # fmt: skip
    home = Understander(house)
    home.open()
    meaning = home.understand("Schalte die Deckenlampe ein")
    assert meaning.deeds == (Deed("light", "turn_on", ("light.a",)),)
    assert meaning.answer == "Licht eingeschaltet"
    assert home.understand("Schalte das Licht in der Küche aus").deeds == (
        Deed("light", "turn_off", ("light.a",)),
    )
    assert home.understand("Was ist das").answer == "Das habe ich leider nicht verstanden."
    assert home.understand("ist die Deckenlampe an").answer.startswith("Nein")


@pytest.mark.slow
@pytest.mark.parametrize("language", get_languages())
def test_every_language_opens_and_survives_any_sentence(language: str):
    home = Understander(msgspec.structs.replace(HOUSE, language=language))
    home.open()
    for text in ("Kitchen Light", "Bedroom Light 50%", "Blinds Bedroom", "Smart Plug 20", "Television"):
        assert home.understand(text, area="bed").answer
