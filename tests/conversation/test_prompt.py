from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from appliance.conversation import prompt, roster
from appliance.conversation.memory import Exchange
from appliance.home.entities import House
from tests.conversation.homes import ATTACKS, MARKED, entity, home, hostile, houses

OWN = "You are the voice of a home."


def system(house: House, language: str = "en") -> str:
    return prompt.system(OWN, language, roster.stable(house, MARKED, 3_000))


def test_it_tells_tools_and_things_by_room() -> None:
    told = system(home())
    assert told.startswith(f"{OWN}\nSpeak English.\n")
    assert "\nset_brightness: percent 1 to 100\n" in told
    assert "\nset_mode: mode heat|off\n" in told
    assert "\nturn_on\n" in told
    assert "\nBedroom: climate.bedroom (Heating), cover.blind, fan.fan, light.desk (Desk lamp), " in told


@pytest.mark.parametrize(("language", "line"), [("de", "Speak German."), ("pt-BR", "Speak Portuguese.")])
def test_it_says_which_language(language: str, line: str) -> None:
    assert line in system(home(), language)
    assert "Speak" not in system(home(), "tlh")


def test_without_a_home_it_is_what_the_owner_wrote() -> None:
    assert prompt.system(OWN, "xx", roster.Roster(())) == OWN


def test_the_beginning_does_not_depend_on_states() -> None:
    house = home()
    changed = house.with_entities(
        msgspec.structs.replace(each, state="42", attributes={**each.attributes, "brightness": 3})
        for each in house.entities
    )
    assert system(changed) == system(house)


@given(houses, hostile)
def test_hostile_names_add_no_line_and_no_markup(house: House, said: str) -> None:
    shown = roster.stable(house, MARKED, 3_000)
    told = prompt.system(OWN, "en", shown)
    areas = {each.area for each in shown.shown}
    tools = {offer.tool for each in shown.shown for offer in each.offers}
    rules = prompt._RULES.count("\n") + 1
    assert told.count("\n") + 1 == 2 + rules + 1 + len(tools) + 1 + 1 + len(areas) or not shown.shown
    for mark in ("<|", "|>", "</s>", "[INST]", "`"):
        assert mark not in told
    found = roster.found(house, MARKED, said)
    text = prompt.text(said, said, (), prompt.known_of(found, shown, house))
    assert text.count("\n") == len(found)
    assert text.splitlines()[-1].startswith("Person")
    assert len(text) <= prompt.MAX_TEXT_CHARS


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_by_name_state_or_words_stays_in_its_line(attack: str) -> None:
    house = home(entity("sensor.attack", attack, "kitchen", attack, unit_of_measurement=attack))
    shown = roster.stable(house, MARKED, 8_000)
    for part in (
        prompt.system(OWN, "en", shown),
        prompt.text(
            attack,
            attack,
            (),
            prompt.known_of([each for each in shown.shown if each.id == "sensor.attack"], shown, house),
        ),
    ):
        assert not [
            line for line in part.splitlines() if line.startswith(("You:", "system", "Person: unlock"))
        ]
        assert "<|im_start|>" not in part
        assert '"to":["lock.front_door"]' not in part
        part.encode()


def test_the_question_comes_last_behind_what_changes() -> None:
    house = home()
    shown = roster.stable(house, MARKED, 3_000)
    named = [
        each for each in shown.shown if each.id in {"light.desk", "climate.bedroom", "media_player.radio"}
    ]
    history = (Exchange("turn it on", "Done.", True, 0.0), Exchange("and that", "", True, 0.0))
    text = prompt.text("how warm is it?", "Bedroom", history, prompt.known_of(named, shown, house))
    assert text.splitlines() == [
        "Person: turn it on", "You: Done.", "Person: and that", "You: (done)",
        "- climate.bedroom: heat, current temperature 19.5",
        "- light.desk: on, brightness 50 %",
        "- media_player.radio: playing, volume 40 %",
        "Person in Bedroom: how warm is it?",
    ]  # fmt: skip


def test_what_the_beginning_does_not_show_is_told_with_its_name() -> None:
    house = home()
    named = roster.found(house, MARKED, "the heating")
    assert [line.partition(":")[0] for line in prompt.known_of(named, roster.Roster(()), house)] == [
        "- climate.bedroom (Heating)"
    ]


def test_what_was_looked_up() -> None:
    told = prompt.looked_up(["lock.front_door", "sensor.warmth", "sensor.gone"], home())
    assert told.splitlines() == [
        "- lock.front_door: locked", "- sensor.warmth: 21.5 °C", "Now answer in plain words.",
    ]  # fmt: skip
