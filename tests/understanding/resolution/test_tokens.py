"""A sentence as words and numbers."""

from __future__ import annotations

import pytest

from appliance.understanding.resolution.english import english
from appliance.understanding.resolution.german import german
from appliance.understanding.resolution.tokens import MAX_WORDS, name_words, tokenize

ENGLISH, GERMAN = english(), german()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's the TV's volume?", "what is the tv volume"),
        ("Turn on the kids' room", "turn on the kids room"),
        ("colour: grey", "color gray"),
        ("lamp, then fan.", "lamp , then fan"),
        ("Don’t!", "do not"),
    ],
)
def test_words_are_in_one_spelling(text: str, words: str):
    assert " ".join(token.text for token in tokenize(text, ENGLISH)) == words


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("fifty percent", 50, "percent"),
        ("50%", 50, "percent"),
        ("twenty one point five degrees", 21.5, "degrees"),
        ("21,5 °C", 21.5, "celsius"),
        ("one hundred and", 100, ""),
        ("two hundred fifty", 250, ""),
        ("2700 K", 2700, "kelvin"),
        ("seventy degrees fahrenheit", 70, "fahrenheit"),
    ],
)
def test_numbers_have_values_and_units(text: str, number: float, unit: str):
    token = tokenize(text, ENGLISH)[0]
    assert (token.number, token.unit) == (number, unit)


def test_german_numbers_are_one_word():
    token = tokenize("dreiundzwanzig Grad", GERMAN)[0]
    assert (token.number, token.unit) == (23, "degrees")


def test_a_clock_is_no_number():
    assert [token.number for token in tokenize("10:30", ENGLISH)] == [None]


def test_names_and_sentences_give_the_same_stems():
    assert name_words("Guest_Bedroom Lights 2", ENGLISH) == ("guest", "bedroom", "light", "2")
    assert len(tokenize("word " * 500, ENGLISH)) == MAX_WORDS
