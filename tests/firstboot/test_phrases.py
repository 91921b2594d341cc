from __future__ import annotations

from typing import get_args

import pytest

from appliance.firstboot import phrases


@pytest.mark.parametrize("language", ["en", "de", "de-AT", "fr", ""])
@pytest.mark.parametrize("key", get_args(phrases.Key))
def test_there_are_words_for_everything(key: phrases.Key, language: str) -> None:
    said = phrases.say(key, language, name="appliance-k3m7", digits="12345678", reason="password")
    assert said
    assert "{" not in said
    assert said.isprintable()


def test_both_languages_say_the_same_things() -> None:
    for table in phrases.SENTENCES.values():
        assert set(table) == set(get_args(phrases.Key))
    for reasons in phrases.REASONS.values():
        assert set(reasons) == set(get_args(phrases.Reason))


def test_a_code_is_said_digit_by_digit_in_any_language() -> None:
    assert (
        phrases.say("code", "de", digits="12345678") == "Mein Einrichtungscode ist: 1, 2, 3, 4; 5, 6, 7, 8."
    )
    assert "1, 2, 3, 4; 5, 6, 7, 8" in phrases.say("code", "fi", digits="12345678")


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("key", get_args(phrases.Trouble))
def test_there_are_words_for_every_trouble(key: phrases.Trouble, language: str) -> None:
    said = phrases.trouble(key, language, 19.2)
    assert "{" not in said
    assert ("20" in said) == (key == "too_early")
