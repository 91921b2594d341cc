from __future__ import annotations

import pytest

from appliance.engines.stt.pocketsphinx import rejection
from appliance.engines.stt.pocketsphinx.rejection import Segment, excess_limit, judge


def path(*parts: tuple[str, int, float]) -> list[Segment]:
    """Segments one after the other, each (word, frames, cost a frame)."""
    found, at = [], 0
    for word, frames, cost in parts:
        found.append(Segment(word, at, at + frames - 1, cost * frames))
        at += frames
    return found


PHONES = path(("AH", 300, 0.004))
SENTENCE = [("turn", 40, 0.005), ("on", 30, 0.005), ("the", 20, 0.005), ("lights", 50, 0.005)]


def test_words_that_cost_hardly_more_than_the_phones_are_taken() -> None:
    verdict = judge(path(("<sil>", 60, 0.004), *SENTENCE, ("<sil>", 100, 0.004)), PHONES)
    assert verdict.accepted
    assert 0.5 < verdict.confidence < 1.0
    assert verdict.reason == ""


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "no words"),
        ([("<sil>", 100, 0.004), ("++NOISE++", 20, 0.004), ("[SPEECH]", 5, 0.004)], "no words"),
        ([(word, frames, 0.0078) for word, frames, _ in SENTENCE], "the words do not fit"),
        ([*SENTENCE[:3], ("lights", 50, 0.011)], "a word does not fit"),
        ([*SENTENCE[:2], ("<sil>", 40, 0.004), *SENTENCE[2:]], "sound between the words"),
        ([("<sil>", 60, 0.008), *SENTENCE], "speech around the sentence"),
        ([*SENTENCE, ("<sil>", 60, 0.008)], "speech around the sentence"),
        ([(word, frames * 2, cost) for word, frames, cost in SENTENCE], "too slow or too fast"),
        ([(word, frames // 5, cost) for word, frames, cost in SENTENCE], "too slow or too fast"),
    ],
)
def test_what_was_not_said_is_not_taken(parts: list[tuple[str, int, float]], reason: str) -> None:
    verdict = judge(path(*parts), PHONES)
    assert not verdict.accepted
    assert verdict.reason == reason


def test_strictness_moves_the_limit() -> None:
    parts = path(*[(word, frames, 0.0055) for word, frames, _ in SENTENCE])
    assert judge(parts, PHONES).accepted
    assert not judge(parts, PHONES, strictness=3.0).accepted


def test_a_short_sentence_must_fit_better() -> None:
    assert excess_limit(20) == rejection.MAX_EXCESS_SHORT
    assert excess_limit(110) == pytest.approx((rejection.MAX_EXCESS_SHORT + rejection.MAX_EXCESS) / 2)
    assert excess_limit(1_000) == rejection.MAX_EXCESS


def test_the_wake_word_in_front_is_not_judged() -> None:
    cut = [("hey", 10, 0.02), ("jarvis(2)", 40, 0.02), ("<sil>", 60, 0.004)]
    said = path(*cut, *SENTENCE)
    assert not judge(said, PHONES).accepted
    assert judge(said, PHONES, greetings=("jarvis", "hey jarvis")).accepted
    assert judge(path(*cut), PHONES, greetings=("hey jarvis",)).reason == "no words"


def test_polite_words_that_were_hardly_said_are_taken_off() -> None:
    polite = path(("could", 20, 0.005), ("you", 20, 0.005), *SENTENCE)
    wake_word = path(("could", 20, 0.02), ("you", 20, 0.005), ("<sil>", 60, 0.004), *SENTENCE)
    assert judge(polite, PHONES).doubtful_words == 0
    verdict = judge(wake_word, PHONES)
    assert verdict.accepted
    assert verdict.doubtful_words == 2


def test_a_wake_word_and_a_polite_word_are_both_greetings() -> None:
    said = path(("alexa", 40, 0.02), ("<sil>", 60, 0.004), ("please(2)", 30, 0.005), *SENTENCE)
    verdict = judge(said, PHONES, greetings=("alexa",))
    assert verdict.accepted
    assert verdict.doubtful_words == 2
