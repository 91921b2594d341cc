"""How questions, lists, complaints and troubles are read and said."""

from __future__ import annotations

import pytest

from appliance.understanding.resolution.answering import Answerer
from appliance.understanding.resolution.asking import ask, is_question
from appliance.understanding.resolution.describing import Describer
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.languages import language
from appliance.understanding.resolution.lists import list_deeds, read_list
from appliance.understanding.resolution.outcomes import Trouble
from appliance.understanding.resolution.resolver import Resolver
from appliance.understanding.resolution.saying import about_deeds, about_trouble
from appliance.understanding.resolution.situations import complaint
from appliance.understanding.resolution.tokens import Token, tokenize
from tests.understanding.resolution.rooms import ENTITIES, HOUSE

ENGLISH = language("en")
assert ENGLISH is not None
AREAS = {each.id: each.area for each in ENTITIES}
INDEX = HouseIndex(HOUSE, AREAS, ENGLISH.lexicon)


def tokens(text: str) -> list[Token]:
    return tokenize(text, ENGLISH.lexicon)


@pytest.mark.parametrize(
    ("text", "kind", "state", "prop"),
    [
        ("is the lamp on", "yesno", "on", ""),
        ("are there any lights on in the kitchen", "yesno", "on", ""),
        ("did i leave the garage open", "yesno", "open", ""),
        ("which lights are off", "which", "off", ""),
        ("how many windows are open", "count", "open", ""),
        ("how warm is it in the hall", "value", "", "temperature"),
        ("bedroom temperature", "value", "", "temperature"),
        ("what is the thermostat set to", "value", "", "target"),
        ("what is on my shopping list", "items", "on", ""),
        ("what's the weather", "weather", "", "weather"),
        ("where is anna", "where", "", ""),
        ("what is the state of the lamp", "describe", "", "state"),
    ],
)
def test_a_question_is_read(text: str, kind: str, state: str, prop: str):
    found = ask(tokens(text), ENGLISH.questions, INDEX, protect=False)
    assert found is not None
    assert (found.kind, found.prop) == (kind, prop)
    assert found.state in {state, ""} if kind == "items" else found.state == state


@pytest.mark.parametrize(
    "text", ["turn on the lamp", "set the temperature to 20", "lamp off", "increase humidity"]
)
def test_a_command_is_no_question(text: str):
    assert not is_question(tokens(text), ENGLISH.questions)
    assert ask(tokens(text), ENGLISH.questions, INDEX, protect=False) is None


def test_an_answer_comes_from_the_states():
    question = ask(tokens("which windows are open"), ENGLISH.questions, INDEX, protect=True)
    assert question is not None
    answerer = Answerer(HOUSE, INDEX)
    assert answerer.answer(question, "") == "Kitchen Window is open."
    assert isinstance(answerer, Describer)


@pytest.mark.parametrize(
    ("text", "deal", "items", "place"),
    [
        ("add oat milk to the shopping list", "add", ("oat milk",), "todo.shopping"),
        ("please put Anna's cake on my shopping list", "add", ("Anna's cake",), "todo.shopping"),
        ("add call mum to my chores", "add", ("call mum",), "todo.chores"),
        ("add eggs", "add", ("eggs",), "todo.shopping"),
        ("mark milk as done on the shopping list", "complete", ("milk",), "todo.shopping"),
    ],
)
def test_what_belongs_on_a_list(text: str, deal: str, items: tuple[str, ...], place: str):
    wish = read_list(tokens(text), ENGLISH.lists, INDEX, HOUSE)
    assert wish is not None
    assert (wish.deal, wish.items, wish.place.id) == (deal, items, place)


@pytest.mark.parametrize(
    "text", ["put the blinds down", "add milk to the moon", "turn on the lamp", "take a break"]
)
def test_what_is_about_no_list(text: str):
    assert read_list(tokens(text), ENGLISH.lists, INDEX, HOUSE) is None


def test_what_is_not_on_the_list_cannot_be_taken_off():
    wish = read_list(tokens("remove jam from the shopping list"), ENGLISH.lists, INDEX, HOUSE)
    assert wish is not None
    assert list_deeds(wish) == "jam"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("it's too dark in here", "dark"),
        ("i can't see anything", "dark"),
        ("i'm freezing", "cold"),
        ("the tv is too loud", "loud"),
        ("the lamp is bright", ""),
        ("turn on the lamp", ""),
        ("make it warm", ""),
    ],
)
def test_a_complaint_says_what_is_wrong(text: str, what: str):
    found = complaint(tokens(text), ENGLISH.complaints, INDEX)
    assert (found.what if found else "") == what


def test_deeds_and_troubles_are_said():
    resolved = Resolver(HOUSE, INDEX).command(tokens("set the desk lamp to 30%"), "", None)
    assert about_deeds("en", resolved) == "Set Desk Lamp to 30 %."
    two = tuple(each for each in ENTITIES if each.domain == "lock")
    trouble = Trouble("several", candidates=two)
    assert (
        about_trouble("en", trouble, HOUSE, AREAS) == "Which one do you mean: Front Door or Back Door Lock?"
    )
