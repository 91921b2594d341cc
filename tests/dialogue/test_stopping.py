"""Silence is asked for in few words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue import stopping


@pytest.mark.parametrize(
    ("text", "language", "stops"),
    [
        ("stop", "en", True),
        ("Stop!", "en-GB", True),
        ("please be quiet", "en", True),
        ("That's enough, please.", "en", True),
        ("stop the music", "en", False),
        ("cancel the tea timer", "en", False),
        ("turn off the light", "en", False),
        ("", "en", False),
        ("Sei still!", "de", True),
        ("danke", "de", True),
        ("stop", "fr", False),
    ],
)
def test_only_what_means_nothing_else(text: str, language: str, stops: bool) -> None:
    assert stopping.only_stop(text, language) == stops


def test_the_recogniser_knows_the_words() -> None:
    assert "stop" in stopping.grammar("en").lists["only_stop"]
    assert stopping.grammar("fr").patterns == ()


@given(st.text(max_size=60), st.text(max_size=8))
def test_it_takes_any_text(text: str, language: str) -> None:
    assert stopping.only_stop(text, language) in {True, False}
