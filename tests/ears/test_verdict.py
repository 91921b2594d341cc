from __future__ import annotations

from typing import Any

import pytest

from appliance.ears.verdict import guesses, judge

SENTENCES = {"turn on the light", "turn off the light"}


def alternative(text: str, score: float) -> dict[str, Any]:
    words = [{"word": word, "start": at / 4, "end": (at + 1) / 4} for at, word in enumerate(text.split())]
    return {"text": text, "confidence": score, "result": words}


def is_sentence(text: str) -> bool:
    return text in SENTENCES


def test_chances_add_up_and_words_that_all_agree_on_are_certain() -> None:
    found = guesses([alternative("turn on the light", 101.0), alternative("turn off the light", 100.0)])
    assert sum(each.chance for each in found) == pytest.approx(1.0)
    sure = {word.word: word.confidence for word in found[0].words}
    assert sure["turn"] == sure["light"] == pytest.approx(1.0)
    assert sure["on"] == pytest.approx(0.731, abs=0.001)
    assert [(word.start_ms, word.end_ms) for word in found[0].words][1] == (250, 500)


def test_a_sure_sentence_is_taken() -> None:
    heard = judge(
        guesses([alternative("turn on the light", 0.0), alternative("[unk]", -9.0)]), is_sentence, 0.6
    )
    assert heard.text == "turn on the light"
    assert heard.confidence > 0.99
    assert heard.nearly == ""


@pytest.mark.parametrize(
    ("alternatives", "nearly"),
    [
        ([], ""),
        ([alternative("", 0.0)], ""),
        ([alternative("[unk]", 0.0)], ""),
        ([alternative("[unk]", 0.0), alternative("turn on the light", -1.0)], "turn on the light"),
        ([alternative("[unk]", 0.0), alternative("turn on the light", -5.0)], ""),
        ([alternative("turn on light", 0.0), alternative("turn off the light", -1.0)], "turn off the light"),
        ([alternative("turn on the light", 0.0), alternative("[unk]", -0.1)], "turn on the light"),
    ],
)
def test_what_is_not_taken(alternatives: list[dict[str, Any]], nearly: str) -> None:
    heard = judge(guesses(alternatives), is_sentence, 0.6)
    assert heard.text == ""
    assert heard.nearly == nearly


def test_scores_may_be_far_apart() -> None:
    found = guesses([alternative("turn on the light", 5_000.0), alternative("[unk]", -5_000.0)])
    assert found[0].chance == 1.0
    assert found[1].chance < 1e-300
