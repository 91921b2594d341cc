"""The words of each language hang together."""

from __future__ import annotations

import pytest

from appliance.understanding.resolution import (
    actions_en,
    more_english,
    more_german,
    phrases_de,
    phrases_en,
    questions_en,
    types_de,
    types_en,
)
from appliance.understanding.resolution.acts import LEVELS, WHITES
from appliance.understanding.resolution.facts import STATES
from appliance.understanding.resolution.languages import LANGUAGES, Language, language
from appliance.understanding.resolution.lexicon import lines, table, types
from appliance.understanding.resolution.measuring import measured
from appliance.understanding.resolution.words import MAX_NAMES, WORDS, listed, say
from tests.understanding.resolution.rooms import thing

KINDS = {
    *(
        "filler",
        "article",
        "prep",
        "and",
        "all",
        "both",
        "except",
        "not",
        "here",
        "pronoun",
        "verb",
        "particle",
    ),
    *("about", "level", "color", "mode", "more", "amount"),
}


@pytest.fixture(params=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Language:
    found = language(request.param)
    assert found is not None
    return found


def test_every_tag_is_of_a_known_kind(words: Language):
    assert {tag.kind for tags in words.lexicon.phrases.values() for tag in tags} <= KINDS


def test_every_verb_does_something_by_itself_or_with_a_particle(words: Language):
    verbs = {tag.value for tags in words.lexicon.phrases.values() for tag in tags if tag.kind == "verb"}
    assert verbs <= {verb for verb, _ in words.lexicon.actions}


def test_every_level_has_a_value(words: Language):
    levels = {tag.value for tags in words.lexicon.phrases.values() for tag in tags if tag.kind == "level"}
    assert levels <= {*LEVELS, *WHITES}


def test_every_state_of_a_question_can_be_judged(words: Language):
    assert set(words.questions.states.values()) <= set(STATES)


def test_answers_are_there_in_every_language():
    assert {frozenset(each) for each in WORDS.values()} == {frozenset(WORDS["en"])}


def test_other_languages_have_the_templates_alone():
    assert language("fr") is None
    assert language("de-AT") is language("de-AT") is not None


def test_a_table_is_read_line_by_line():
    assert list(lines("verb turn: turn | switch\n    on\nand: and")) == [
        ("verb turn", ["turn", "switch on"]),
        ("and", ["and"]),
    ]
    for text in (phrases_en.PHRASES, phrases_de.PHRASES):
        assert all(words for words in table(text))
    for text in (types_en.TYPES, types_de.TYPES):
        assert all(kind.levels for kind in types(text, str).values())
    assert actions_en.ACTIONS["turn", "on"] == "on"


def test_data_of_a_language_is_what_it_is_made_of():
    english, german = language("en"), language("de")
    assert english is not None
    assert german is not None
    assert english.questions is questions_en.ENGLISH
    assert english.lists is more_english.LISTS
    assert german.questions is more_german.QUESTIONS


def test_names_in_sentences_stay_as_they_are():
    assert say("en", "one_is", name="{state}", state="on") == "(state) is on."
    assert listed("en", ["A", "B", "C"]) == "A, B and C"
    assert listed("de", ["A", "B"], "or") == "A oder B"
    assert listed("en", [str(number) for number in range(50)]).count(",") == MAX_NAMES
    assert measured(thing("light.a", "A"), "nothing") is None
