"""Stems and slips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.understanding.resolution.spelling import english_stem, german_stem, misspelt, slips


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("lights", "light"),
        ("switches", "switch"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("batteries", "battery"),
        ("tv", "tv"),
        ("boxes", "box"),
    ],
)
def test_english_plurals_lose_their_ending(word: str, stem: str):
    assert english_stem(word) == stem


@pytest.mark.parametrize(
    ("one", "other"),
    [("licht", "lichter"), ("lampe", "lampen"), ("rollladen", "rollläden"), ("küche", "küchen")],
)
def test_german_forms_share_a_stem(one: str, other: str):
    assert german_stem(one) == german_stem(other)


@pytest.mark.parametrize(
    ("said", "meant", "number"),
    [
        ("kichen", "kitchen", 1),
        ("bderoom", "bedroom", 1),
        ("bedrom", "bedroom", 1),
        ("terace", "terrace", 1),
        ("ballroom", "bathroom", None),
        ("lamp", "lump", 1),
        ("fan", "van", None),
        ("dark", "park", None),
        ("kitchen", "kitchen", 0),
    ],
)
def test_what_may_be_a_misspelling(said: str, meant: str, number: int | None):
    assert misspelt(said, meant) == number


@given(st.text("abcde", max_size=8), st.text("abcde", max_size=8))
def test_slips_are_symmetric_and_bounded(one: str, other: str):
    found = slips(one, other, 2)
    assert found == slips(other, one, 2)
    assert found is None or 0 <= found <= 2
    assert (found == 0) == (one == other)
