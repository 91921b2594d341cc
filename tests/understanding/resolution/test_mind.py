"""Sentences in a house: the right deed, the right answer, or nothing and why."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home.entities import Area, House
from appliance.understanding.resolution.languages import language
from appliance.understanding.resolution.mind import Mind
from appliance.understanding.vocabulary import device_areas, entity_area
from tests.understanding.resolution.rooms import ENTITIES, HOUSE, thing


def mind_of(house: House, code: str = "en") -> Mind:
    words = language(code)
    assert words is not None
    devices = device_areas(house)
    return Mind(house, {each.id: entity_area(each, devices) for each in house.entities}, words)


MIND = mind_of(HOUSE)


def done(text: str, near: str = "") -> str:
    """Deeds in short: "turn_on light.a light.b {data}"."""
    deeds = MIND.understand(text, near).deeds
    return "; ".join(
        " ".join([deed.service, *deed.entity_id, *(f"{key}={value}" for key, value in deed.data.items())])
        for deed in deeds
    )


KITCHEN = "light.kitchen light.counter"
LIVING = "light.ceiling light.reading"


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        # verbs
        ("switch the desk lamp on", "turn_on light.desk"),
        ("kill the desk lamp", "turn_off light.desk"),
        ("power down the coffee machine", "turn_off switch.coffee"),
        ("could you please be so kind as to flip on the exhaust fan for me", "turn_on fan.exhaust"),
        ("turn of the kitchen light", "turn_off light.kitchen"),
        ("i'd like the bedroom curtains open", "open_cover cover.curtains"),
        # names: partial, plural, misspelt, other order
        ("turn off the well pump", "turn_off switch.pump"),
        ("turn on the lamp in the office", "turn_on light.desk"),
        ("light on in the hallway", "turn_on light.hall"),
        ("in the living room, turn on the reading lamp", "turn_on light.reading"),
        ("turn on the raeding lamp", "turn_on light.reading"),
        ("turn on the livng room celing", "turn_on light.ceiling"),
        # kinds, places, floors
        ("turn on the office light", "turn_on light.desk"),
        ("turn on the lounge lights", f"turn_on {LIVING}"),
        ("turn off all lights upstairs", "turn_off light.left light.right light.desk"),
        ("close the blinds", "close_cover cover.blinds"),
        ("open the garage", "open_cover cover.garage"),
        ("pause the tv", "media_pause media_player.tv"),
        ("vacuum the kitchen", "start vacuum.rosie"),
        ("rosie, go back to the base", "return_to_base vacuum.rosie"),
        ("start mowing the lawn", "start_mowing lawn_mower.mower"),
        # several
        ("turn on both bedside lamps", "turn_on light.left light.right"),
        ("turn on the desk lamp and the coffee machine", "turn_on light.desk; turn_on switch.coffee"),
        ("turn on the kitchen and hallway lights", f"turn_on {KITCHEN} light.hall"),
        ("turn off the lights in the kitchen and the hallway", f"turn_off {KITCHEN} light.hall"),
        ("turn the desk lamp on and the coffee machine off", "turn_on light.desk; turn_off switch.coffee"),
        ("turn off the desk lamp and lock the front door", "turn_off light.desk; lock lock.front"),
        ("turn on the desk lamp and set it to 40%",
         "turn_on light.desk; turn_on light.desk brightness_pct=40"),
        ("turn off all the living room lights except the reading lamp", "turn_off light.ceiling"),
        ("turn off all lights in the living room but leave the reading lamp on", "turn_off light.ceiling"),
        ("turn everything off in the kitchen",
         f"turn_off {KITCHEN}; turn_off switch.coffee; turn_off fan.exhaust; turn_off media_player.kitchen"),
        ("turn on the coffee machine and light in the office", "turn_on switch.coffee; turn_on light.desk"),
        # values
        ("dim the desk lamp to twenty five percent", "turn_on light.desk brightness_pct=25"),
        ("desk lamp to half brightness", "turn_on light.desk brightness_pct=50"),
        ("make the living room ceiling purple", "turn_on light.ceiling color_name=purple"),
        ("set the living room ceiling to warm white", "turn_on light.ceiling color_temp_kelvin=2700"),
        ("make the desk lamp a bit brighter", "turn_on light.desk brightness_step_pct=10"),
        ("brighten the desk lamp by 15 percent", "turn_on light.desk brightness_step_pct=15"),
        ("open the blinds halfway", "set_cover_position cover.blinds position=50"),
        ("set the thermostat to 21.5 degrees", "set_temperature climate.main temperature=21.5"),
        ("set the office to 22", "set_temperature climate.office temperature=22"),
        ("set the thermostat to 68 fahrenheit", "set_temperature climate.main temperature=20"),
        ("lower the thermostat by 2 degrees", "set_temperature climate.main temperature=18"),
        ("set the thermostat to auto", "set_hvac_mode climate.main hvac_mode=auto"),
        ("set the tv volume to 40%", "volume_set media_player.tv volume_level=0.4"),
        ("increase the volume of the kitchen speaker by 20 percent",
         "volume_set media_player.kitchen volume_level=0.7"),
        ("mute the tv", "volume_mute media_player.tv is_volume_muted=True"),
        ("switch the tv to netflix", "select_source media_player.tv source=Netflix"),
        ("set the ceiling fan to 75 percent", "set_percentage fan.ceiling percentage=75"),
        # lists, scenes, the rest
        ("add cat food to my shopping list", "add_item todo.shopping item=cat food"),
        ("add milk, bread and soap to the shopping list",
         "; ".join(f"add_item todo.shopping item={item}" for item in ("milk", "bread", "soap"))),
        ("check eggs off the shopping list", "update_item todo.shopping item=Eggs status=completed"),
        ("remove milk from the list", "remove_item todo.shopping item=Milk"),
        ("set movie time", "turn_on scene.movie"),
        ("run the good night script", "turn_on script.night"),
        ("arm the alarm in away mode", "alarm_arm_away alarm_control_panel.alarm"),
        ("unlock the back door", "unlock lock.back"),
        ("it's too dark in the hallway", "turn_on light.hall"),
        ("it's freezing in the office", "set_temperature climate.office temperature=25"),
    ],
)  # fmt: skip
def test_a_sentence_becomes_its_deeds(text: str, deed: str):
    assert done(text) == deed


@pytest.mark.parametrize(
    ("text", "near", "deed"),
    [
        ("turn on the lights", "kitchen", f"turn_on {KITCHEN}"),
        ("it's too dark in here", "office", "turn_on light.desk"),
        ("turn off the fan", "living", "turn_off fan.ceiling"),
        ("dim the lights", "master",
         "turn_on light.left light.right brightness_step_pct=-20"),
        ("close the blinds", "office", "close_cover cover.blinds"),
    ],
)  # fmt: skip
def test_here_is_where_one_listens(text: str, near: str, deed: str):
    assert done(text, near) == deed


@pytest.mark.parametrize(
    ("text", "kind", "named"),
    [
        ("turn on the sauna", "unknown", "sauna"),
        ("turn on the pool heater", "unknown", "pool heater"),
        ("turn on the dining room light", "unknown", "dining"),
        ("turn on the fan in the office", "nothing", "fan"),
        ("turn on the lamp", "several", "Reading Lamp"),
        ("unlock the doors", "several", "Front Door"),
        ("turn on the lights", "several", "Kitchen Light"),
        ("set the counter lights to 50%", "refused", "Counter Lights"),
        ("set the counter lights to red", "refused", "Counter Lights"),
        ("lock the tv", "refused", "Living Room TV"),
        ("set the thermostat to 45 degrees", "refused", "Thermostat"),
        ("don't turn on the desk lamp", "negated", ""),
        ("please never turn the desk lamp off", "negated", ""),
        ("turn on the desk lamp tomorrow", "unknown", "right away"),
        ("turn on the desk lamp at 8 pm", "unknown", "right away"),
        ("when i leave turn off the desk lamp", "unknown", "right away"),
        ("i turned on the desk lamp", "unknown", "i"),
        ("turn on the desk lamp and the sauna", "unknown", "sauna"),
        ("turn on the 2 lights in the kitchen", "unknown", "2"),
        ("turn on light 2 in the office", "unknown", "2"),
        ("turn off the living room", "several", "Reading Lamp"),
        ("remove jam from the shopping list", "nothing", "jam"),
        ("the quick brown fox", "unclear", ""),
        ("the desk lamp is off", "unknown", "is"),
    ],
)  # fmt: skip
def test_in_doubt_nothing_is_done_and_it_is_said_why(text: str, kind: str, named: str):
    reply = MIND.understand(text, "")
    assert reply.deeds == ()
    assert reply.trouble is not None
    assert reply.trouble.kind == kind
    assert named.casefold() in reply.answer.casefold()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("is the desk lamp on", "No, Desk Lamp is off."),
        ("is the front door locked", "Yes, Front Door is locked."),
        ("are the doors locked", "No, not all: Back Door Lock is unlocked."),
        ("are any windows open", "Yes, Kitchen Window is open."),
        ("are all the windows closed", "No, not all: Kitchen Window is open."),
        ("is anyone in the hallway", "Yes, Hallway Motion is detecting motion."),
        ("did i leave the kitchen light on", "Yes, Kitchen Light is on."),
        ("which windows are open", "Kitchen Window is open."),
        ("which lights are on upstairs", "Right Bedside Lamp is on."),
        ("how many lights are on in the kitchen", "1: Kitchen Light."),
        ("how many windows do i have", "2: Kitchen Window and Bedroom Window."),
        ("what's the temperature in the living room", "Living Room Temperature: 21.4 degrees."),
        ("how warm is it in the office", "Office AC: 26 degrees."),
        ("what's the temperature outside", "Home: 9 degrees."),
        ("what is the thermostat set to", "Thermostat: 20 degrees."),
        ("how much power is the washing machine using", "Washing Machine Power: 312 watts."),
        ("what's the battery level of the vacuum", "Rosie: 80 percent."),
        ("which batteries are low", "Front Door Battery is low."),
        ("how loud is the tv", "Living Room TV: 30 percent."),
        ("what's playing on the tv", "Living Room TV is playing, The Crown, 30 percent."),
        ("what is rosie doing", "Rosie is docked, 80 percent."),
        ("who is home", "Anna is at home."),
        ("where is ben", "Ben is away."),
        ("is it raining", "Yes, raining, 9 degrees."),
        ("what's the weather like", "Raining, 9 degrees."),
        ("what's on my shopping list", "On Shopping List: Milk and Eggs."),
        ("is the garage door open or closed", "Garage Door is closed."),
        ("are the kitchen light and the hallway light on", "No, not all: Hallway Light is off."),
        ("how many people are at home", "1: Anna."),
    ],
)  # fmt: skip
def test_a_question_is_answered_and_never_obeyed(text: str, answer: str):
    reply = MIND.understand(text, "")
    assert (reply.answer.casefold(), reply.deeds) == (answer.casefold(), ())


@pytest.mark.parametrize(
    "text",
    ["is the sauna on", "will it rain tomorrow", "is the moon made of cheese", "what is the meaning of life"],
)
def test_what_cannot_be_answered_has_no_answer(text: str):
    reply = MIND.understand(text, "")
    assert (reply.deeds, reply.understood) == ((), False)


@pytest.mark.parametrize(
    ("first", "then", "deed"),
    [
        ("turn on the reading lamp", "turn it off again", "turn_off light.reading"),
        ("turn on the lights in the kitchen", "and in the living room", f"turn_on {LIVING}"),
        ("turn on the lights in the kitchen", "what about the hallway", "turn_on light.hall"),
        ("turn on the reading lamp", "brighter", "turn_on light.reading brightness_step_pct=20"),
        ("pause the tv", "resume", "media_play media_player.tv"),
        ("set the thermostat to 21", "make it 2 degrees cooler",
         "set_temperature climate.main temperature=18"),
        ("is the desk lamp on", "turn it on", "turn_on light.desk"),
    ],
)  # fmt: skip
def test_a_follow_up_means_what_was_said_before(first: str, then: str, deed: str):
    last = MIND.understand(first, "").turn
    deeds = MIND.understand(then, "", last).deeds
    shown = "; ".join(
        " ".join([each.service, *each.entity_id, *(f"{key}={value}" for key, value in each.data.items())])
        for each in deeds
    )
    assert shown == deed


def test_a_question_can_be_asked_of_another_room():
    last = MIND.understand("what's the temperature in the living room", "").turn
    assert MIND.understand("and in the office", "", last).answer == "Office AC: 26 degrees."


def test_without_a_turn_before_it_means_nothing():
    for text in ("turn it off", "and in the kitchen", "close them"):
        assert MIND.understand(text, "").deeds == ()


def test_new_states_are_known_without_a_new_index():
    mind = mind_of(HOUSE)
    lit = [
        msgspec.structs.replace(each, state="on") if each.id == "light.desk" else each for each in ENTITIES
    ]
    mind.update(HOUSE.with_entities(lit))
    assert mind.understand("is the desk lamp on", "").answer.startswith("Yes")


def test_a_thing_in_another_room_is_not_taken_for_it():
    house = House(
        areas=(Area("b", "Bedroom"), Area("g", "Guest Bedroom")),
        entities=(thing("fan.g", "Guest Bedroom Fan", "g"), thing("light.b", "Bedroom Light", "b")),
    )
    mind = mind_of(house)
    assert mind.understand("turn on the fan in the bedroom", "").deeds == ()
    assert mind.understand("turn on the guest bedroom fan", "").deeds
    plain = msgspec.structs.replace(
        house, entities=(thing("fan.g", "Fan", "g"), thing("light.b", "Light", "b"))
    )
    assert mind_of(plain).understand("turn on the bedroom fan", "").deeds == ()
    assert mind_of(plain).understand("turn on the guest bedroom fan", "").deeds


def test_a_ballroom_is_no_misspelt_bathroom():
    house = House(areas=(Area("b", "Bathroom"),), entities=(thing("light.b", "Bathroom Light", "b"),))
    assert mind_of(house).understand("turn on the ballroom light", "").deeds == ()
    assert mind_of(house).understand("turn on the bathrom light", "").deeds


GERMAN = House(
    language="de",
    areas=(Area("w", "Wohnzimmer"), Area("k", "Küche"), Area("b", "Bad")),
    entities=(
        thing("light.k", "Deckenlampe", "k", supported_color_modes=["brightness"]),
        thing("light.w", "Stehlampe", "w", "on", supported_color_modes=["brightness"]),
        thing("cover.w", "Rollladen", "w", "open", device_class="shutter", current_position=100),
        thing("lock.h", "Haustür", None, "locked"),
        thing("climate.b", "Heizung", "b", "heat", temperature=21, current_temperature=20),
        thing("todo.e", "Einkaufsliste", None, "0", todo_items=[]),
    ),
)


@pytest.mark.parametrize(
    ("text", "service", "entity", "data"),
    [
        ("mach das Licht in der Küche an", "turn_on", "light.k", {}),
        ("Küchenlicht einschalten", "turn_on", "light.k", {}),
        ("schalte bitte die Stehlampe aus", "turn_off", "light.w", {}),
        ("dimme die Stehlampe auf fünfundzwanzig Prozent", "turn_on", "light.w", {"brightness_pct": 25}),
        ("Rollladen im Wohnzimmer runter", "close_cover", "cover.w", {}),
        ("stelle die Heizung im Bad auf 22 Grad", "set_temperature", "climate.b", {"temperature": 22}),
        ("schließ die Haustür ab", "lock", "lock.h", {}),
        ("setze Butter auf die Einkaufsliste", "add_item", "todo.e", {"item": "Butter"}),
        ("es ist zu dunkel in der Küche", "turn_on", "light.k", {}),
    ],
)  # fmt: skip
def test_german_is_resolved_too(text: str, service: str, entity: str, data: dict[str, object]):
    reply = mind_of(GERMAN, "de").understand(text, "")
    assert [(deed.service, deed.entity_id, dict(deed.data)) for deed in reply.deeds] == [
        (service, (entity,), data)
    ]


def test_german_questions_and_refusals():
    mind = mind_of(GERMAN, "de")
    assert mind.understand("ist die Haustür abgeschlossen", "").answer == "Ja, Haustür ist abgeschlossen."
    assert mind.understand("welche Lichter sind an", "").answer == "Stehlampe ist an."
    assert mind.understand("schalte die Stehlampe nicht ein", "").answer == "In Ordnung, ich lasse es."
    assert mind.understand("schalte die Sauna ein", "").answer == "Ich kenne leider kein Gerät namens Sauna."


WORDS = sorted(
    {word for each in ENTITIES for word in each.name.split()}
    | {"turn", "on", "off", "set", "to", "and", "the", "in", "all", "except", "50", "%", "red", "is", "which"}
    | {"not", "up", "dim", "open", "lock", "add", "it", "warmer", "list", ".", ","}
)


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["", "kitchen", "nowhere"]))
@settings(max_examples=300, deadline=None)
def test_no_order_of_words_raises_or_touches_what_is_not_there(said: list[str], near: str):
    known = {each.id: each.domain for each in ENTITIES}
    for deed in MIND.understand(" ".join(said), near).deeds:
        assert deed.entity_id
        assert all(known[entity] == deed.domain for entity in deed.entity_id)


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_text_raises(text: str):
    assert MIND.understand(text, "kitchen").answer is not None
