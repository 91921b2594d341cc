"""The answer to what was asked back: exactly one of what was offered, or all, or something else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.home.entities import Area, Entity, House
from appliance.understanding.intents import Understander

LAMPS = House(
    areas=(Area("living", "Living Room"), Area("office", "Office")),
    entities=(
        Entity("light.desk", "Desk Lamp", "light", area="office", state="on"),
        Entity("light.floor", "Floor Lamp", "light", area="living", state="on", aliases=("Big one",)),
        Entity("light.shelf", "Shelf Light", "light", area="living", state="on"),
        Entity("fan.fan", "Fan", "fan", area="office", state="off"),
    ),
)


@pytest.fixture(scope="module")
def understander() -> Understander:
    made = Understander(LAMPS)
    made.open()
    return made


def answered(understander: Understander, words: str, first: str = "turn off the light") -> dict[str, str]:
    """What is done after the question and this answer: entity → service."""
    question = understander.understand(first)
    assert question.unsure
    assert question.answer.endswith("?")
    assert question.turn is not None
    meaning = understander.understand(words, "", "", question.turn)
    return {name: deed.service for deed in meaning.deeds for name in deed.entity_id}


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("the desk lamp", {"light.desk"}),
        ("Desk Lamp", {"light.desk"}),
        ("the desk one", {"light.desk"}),
        ("the one in the office", {"light.desk"}),
        ("office", {"light.desk"}),
        ("the floor lamp please", {"light.floor"}),
        ("all of them", {"light.desk", "light.floor", "light.shelf"}),
        ("the living room one", set()),
        ("the lamp", set()),
        ("never mind", set()),
        ("purple", set()),
    ],
)
def test_it_is_the_wish_of_before_on_what_was_chosen(
    understander: Understander, words: str, done: set[str]
) -> None:
    """A name alone would mean nothing, and "turn on" is not what was wanted."""
    found = answered(understander, words)
    assert set(found) == done
    assert set(found.values()) <= {"turn_off"}


def test_another_wish_is_another_wish(understander: Understander) -> None:
    assert answered(understander, "turn on the fan") == {"fan.fan": "turn_on"}


@pytest.mark.parametrize("words", ["desk lamp", "the floor lamp", "my shelf light", "fan"])
def test_a_name_alone_does_nothing(understander: Understander, words: str) -> None:
    assert understander.understand(words).deeds == ()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_no_answer_does_anything_else(understander: Understander, words: str) -> None:
    question = understander.understand("turn off the light")
    meaning = understander.understand(words, "", "", question.turn)
    assert all(deed.service in {"turn_on", "turn_off"} for deed in meaning.deeds)
