"""Vectors of voices: checked, packed, compared."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import EngineError
from appliance.judgement.identity import voices
from appliance.judgement.identity.voices import CAUTIOUS, MAX_DIMENSIONS, Heard, cosine, heard, score
from tests.judgement.speakers import ENGINE, utterance

VECTORS = st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=64).filter(lambda v: math.hypot(*v) > 1e-3)


@given(VECTORS)
def test_every_vector_has_length_one_and_comes_back(vector: list[float]) -> None:
    voice = heard(ENGINE, vector)
    assert math.isclose(math.hypot(*voice.vector), 1.0, abs_tol=1e-9)
    again = voices.unpack(ENGINE, voices.pack(voice))
    similarity = cosine(voice, again)
    assert similarity is not None
    assert math.isclose(similarity, 1.0, abs_tol=1e-5)
    assert len(voices.pack(voice)) == 4 * len(vector)


@pytest.mark.parametrize(
    ("engine", "vector"),
    [
        ("", [1.0] * 16),
        ("x\n", [1.0] * 16),
        (ENGINE, [1.0] * 15),
        (ENGINE, [1.0] * (MAX_DIMENSIONS + 1)),
        (ENGINE, [0.0] * 16),
        (ENGINE, [math.nan] * 16),
        (ENGINE, [math.inf] + [0.0] * 15),
    ],
)
def test_what_is_no_voice(engine: str, vector: list[float]) -> None:
    with pytest.raises(EngineError):
        heard(engine, vector)


@pytest.mark.parametrize("blob", [b"", b"123", b"\0" * 64, b"\xff" * 64, b"\1" * (4 * MAX_DIMENSIONS + 4)])
def test_what_is_no_stored_voice(blob: bytes) -> None:
    with pytest.raises(EngineError):
        voices.unpack(ENGINE, blob)


def test_another_engine_or_version_cannot_be_compared() -> None:
    one = utterance("anna", 1)
    assert cosine(one, Heard(f"{ENGINE} 2", one.vector)) is None
    assert cosine(one, Heard(ENGINE, one.vector[:-1])) is None
    assert score(one, [Heard("other", one.vector)]) is None
    assert score(one, []) is None


def test_the_nearer_half_counts() -> None:
    known = [utterance("anna", number) for number in range(4)] + [utterance("ben", 1)]
    assert (score(utterance("anna", 9), known) or 0) > 0.9
    assert (score(utterance("ben", 9), known[:4]) or 0) < 0.5


def test_log_odds_are_a_straight_line_through_even() -> None:
    assert CAUTIOUS.log_odds(CAUTIOUS.even) == 0
    assert CAUTIOUS.log_odds(1.0) > 5.9
    assert CAUTIOUS.log_odds(0.3) < 0
