from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines import speech

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=400)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("hello  there\n", "hello there"),
        ("[[h@l'oU]]", "h@l'oU"),
        ("a\x00b\x01 400S c", "a b 400S c"),
        ("lone \udcff surrogate", "lone surrogate"),
        ("grüße 你好 🙂", "grüße 你好 🙂"),
        ("\x1b[31mred", "31mred"),
        ("", ""),
    ],
)
def test_speakable(text: str, spoken: str) -> None:
    assert speech.speakable(text) == spoken


@given(ANY_TEXT)
def test_speakable_text_has_utf8_and_no_commands(text: str) -> None:
    spoken = speech.speakable(text)
    spoken.encode()
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} or char in "[]" for char in spoken)


@pytest.mark.parametrize("text", ["word " * 10_000, "x" * 100_000])
def test_speakable_text_is_bounded(text: str) -> None:
    assert 0 < len(speech.speakable(text)) <= speech.MAX_TEXT_CHARS


def test_a_bounded_text_ends_with_a_whole_word() -> None:
    assert set(speech.speakable("word " * 10_000).split()) == {"word"}


@given(st.text(alphabet="ab ,.!?;:—…\n", max_size=600), st.integers(1, 80))
def test_clauses_lose_nothing_and_are_short(text: str, limit: int) -> None:
    clauses = list(speech.clauses(text, limit))
    assert "".join("".join(clauses).split()) == "".join(text.split())
    assert all(0 < len(clause) <= limit for clause in clauses)


def test_clauses_prefer_strong_boundaries() -> None:
    text = "One thing is here. Another thing, which is longer, follows it"
    assert list(speech.clauses(text, 40)) == [
        "One thing is here.",
        "Another thing, which is longer,",
        "follows it",
    ]


def test_a_short_text_is_one_clause() -> None:
    assert list(speech.clauses("Yes, it is. Really!")) == ["Yes, it is. Really!"]


@given(
    st.binary(max_size=5_000).map(lambda data: data[: len(data) // 2 * 2]), st.sampled_from([8_000, 22_050])
)
def test_pieces_join_to_the_whole(pcm: bytes, rate_hz: int) -> None:
    pieces = list(speech.pieces(pcm, rate_hz))
    assert b"".join(piece.pcm for piece in pieces) == pcm
    assert all(piece.rate_hz == rate_hz and 0 < len(piece.pcm) <= rate_hz for piece in pieces)


def test_pieces_last_half_a_second() -> None:
    assert [len(piece.pcm) for piece in speech.pieces(bytes(50_000), 16_000)] == [
        16_000,
        16_000,
        16_000,
        2_000,
    ]


@pytest.mark.parametrize(
    ("speed", "expected"),
    [(1.0, 1.0), (0.0, speech.SLOWEST), (-3.0, speech.SLOWEST), (math.inf, speech.FASTEST), (math.nan, 1.0)],
)
def test_pace_is_always_possible(speed: float, expected: float) -> None:
    assert speech.pace(speed) == expected
