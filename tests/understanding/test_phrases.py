"""Phrases are complete in every language of ours, and English elsewhere."""

from __future__ import annotations

import pytest

from appliance.understanding import phrases


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_every_language_has_every_phrase(language: str):
    english = set(phrases._PHRASES["en"])
    assert set(phrases._PHRASES[language]) == english
    for key, text in phrases._PHRASES[language].items():
        assert text
        assert text.count("{") == phrases._PHRASES["en"][key].count("{")


@pytest.mark.parametrize(
    ("language", "text"), [("de", "Erledigt."), ("de-CH", "Erledigt."), ("sw", "Done."), ("", "Done.")]
)
def test_an_unknown_language_gets_english(language: str, text: str):
    assert phrases.done(language) == text


def test_a_failure_names_the_device():
    assert (
        phrases.failure_answer("en", "no_answer", "the kitchen light") == "The kitchen light did not answer."
    )
    assert phrases.failure_answer("en", "unavailable") == "The device is not available."
    assert phrases.failure_answer("de", "refused", "{name} {x}") == "{name} {x} kann das nicht."


def test_asking_back_lists_at_most_four():
    asked = phrases.which_one("en", "Lamp", ["a", "b", "c", "d", "e"])
    assert asked == "There is more than one Lamp. Which one: a, b, c or d?"
    assert phrases.which_one("en", "", ["a", "b"]) == "Which one: a or b?"
