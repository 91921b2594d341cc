"""Is a sentence over? From its last words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.understanding.continuing import Continuing

HOME = Continuing(
    "en", ("Kitchen", "Kitchen light", "Desk lamp", "Living room", "Living room lamp", "Back door")
)
HAUS = Continuing("de-DE", ("Küche", "Küchenlicht", "Lampe im Flur"))


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("", "unclear"),
        ("turn on the", "open"),
        ("turn on the kitchen", "open"),
        ("turn on the kitchen light", "closed"),
        ("turn on the kitchen lights", "closed"),
        ("turn on the Desk Lamp", "closed"),
        ("turn on the living", "open"),
        ("turn on the living room", "open"),
        ("turn the desk lamp on", "closed"),
        ("turn off the lights", "unclear"),
        ("turn off the lights in", "open"),
        ("turn off the desk lamp and", "open"),
        ("set the desk lamp to forty", "open"),
        ("set the desk lamp to 40", "open"),
        ("set the desk lamp to forty percent", "closed"),
        ("what time is it", "unclear"),
        ("is the back door open", "closed"),
    ],
)
def test_english(text: str, ending: str) -> None:
    assert HOME.ending(text) == ending


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("mach das", "open"),
        ("mach das Küchenlicht", "closed"),
        ("mach das Küchenlicht an", "closed"),
        ("mach die Lampe", "open"),
        ("mach die Lampe im Flur", "closed"),
        ("stell die Lampe im Flur auf fünfzig", "open"),
    ],
)
def test_german(text: str, ending: str) -> None:
    assert HAUS.ending(text) == ending


def test_of_other_languages_only_names_are_known() -> None:
    home = Continuing("fr", ("Lampe du bureau",))
    assert home.ending("allume la lampe") == "open"
    assert home.ending("allume la lampe du bureau") == "closed"
    assert home.ending("allume la") == "unclear"


@given(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=5))
def test_it_takes_any_words(text: str, names: list[str]) -> None:
    assert Continuing("en", names).ending(text) in {"open", "closed", "unclear"}
