"""Names as they are said."""

from __future__ import annotations

import pytest

from appliance.understanding.numbers import spelled, words_only


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("TV (living room)", "TV living room"),
        ("Bob's lamp", "Bob's lamp"),
        ("'quoted' lamp", "quoted lamp"),
        ("a_b--c|d", "a b c d"),
        ("…", ""),
        ("Küche", "Küche"),
    ],
)
def test_words_only(written: str, words: str):
    assert words_only(written) == words


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Lamp 2", "en", "Lamp two"),
        ("Lamp 21", "en", "Lamp twenty one"),
        ("Lampe 2", "de", "Lampe zwei"),
        ("Lamp", "en", "Lamp"),
        ("Lamp 12345678901234567890", "en", "Lamp 12345678901234567890"),
        ("Lamp 2", "no such language", "Lamp 2"),
        ("Lamp ٢", "en", "Lamp ٢"),
    ],
)
def test_spelled(text: str, language: str, expected: str):
    assert spelled(text, language) == expected
