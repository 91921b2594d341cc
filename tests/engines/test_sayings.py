from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines.contract import Detection
from appliance.engines.sayings import Rule, Sayings

FRAME_MS = 80
ONE = {"alexa": Rule(0.5)}


def detections(
    sayings: Sayings, scores: list[float], word: str = "alexa", from_ms: int = 0
) -> list[Detection]:
    found = [sayings.feed({word: score}, from_ms + (n + 1) * FRAME_MS) for n, score in enumerate(scores)]
    return [each for each in found if each is not None]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.0, 0.4, 0.0], []),
        ([0.0, 0.6, 0.1], [("alexa", 0.6, 160)]),
        ([0.0, 0.6, 0.7, 0.1], [("alexa", 0.7, 240)]),
        ([0.95, 0.99, 0.0], [("alexa", 0.95, 80)]),  # sure enough not to wait
        ([0.5, 0.6, 0.7, 0.8, 0.85, 0.0], [("alexa", 0.7, 240)]),  # rises for longer than `hold`
        ([0.6, 0.1, 0.6, 0.1], [("alexa", 0.6, 80)]),  # within the refractory time
        ([math.nan, 0.6, math.nan], [("alexa", 0.6, 160)]),
    ],
)
def test_one_detection_a_saying(scores: list[float], expected: list[tuple[str, float, int]]) -> None:
    found = detections(Sayings(ONE, 1_000), scores)
    assert [(each.word, each.score, each.at_ms) for each in found] == expected


def test_patience_asks_for_frames_in_a_row() -> None:
    rule = {"alexa": Rule(0.5, patience=3)}
    assert detections(Sayings(rule, 0), [0.9, 0.9, 0.1, 0.9, 0.9, 0.1]) == []
    assert detections(Sayings(rule, 0), [0.9, 0.9, 0.9]) == [Detection("alexa", 0.9, 240)]


def test_a_score_that_never_falls_is_one_saying() -> None:
    assert len(detections(Sayings(ONE, 500), [0.95] * 100)) == 1


def test_a_second_saying_after_the_refractory_time_is_heard() -> None:
    quiet = [0.0] * 20
    found = detections(Sayings(ONE, 1_000), [0.95, *quiet, 0.97])
    assert [each.score for each in found] == [0.95, 0.97]


def test_the_better_of_two_words_is_the_one_that_was_said() -> None:
    sayings = Sayings({"alexa": Rule(0.5), "hey_jarvis": Rule(0.5)}, 1_000)
    found = [
        sayings.feed({"alexa": a, "hey_jarvis": j}, n * FRAME_MS)
        for n, (a, j) in enumerate([(0.6, 0.7), (0.1, 0.1)])
    ]
    assert found == [None, Detection("hey_jarvis", 0.7, 0)]


def test_a_clock_that_starts_again_does_not_make_deaf() -> None:
    sayings = Sayings(ONE, 60_000)
    assert detections(sayings, [0.95, 0.0], from_ms=1_000_000)
    assert detections(sayings, [0.95], from_ms=0)


def test_reset_forgets_a_half_heard_saying() -> None:
    sayings = Sayings({"alexa": Rule(0.5, patience=2)}, 0)
    assert sayings.feed({"alexa": 0.95}, 80) is None
    sayings.reset()
    assert sayings.feed({"alexa": 0.95}, 160) is None


SCORES = st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=120)


@given(
    scores=SCORES,
    refractory_ms=st.integers(0, 3_000),
    patience=st.integers(1, 4),
    threshold=st.floats(0.01, 1),
)
def test_properties(scores: list[float], refractory_ms: int, patience: int, threshold: float) -> None:
    found = detections(Sayings({"alexa": Rule(threshold, patience)}, refractory_ms), scores)
    assert all(each.score >= threshold for each in found)
    assert all(b.at_ms - a.at_ms > refractory_ms - FRAME_MS for a, b in itertools.pairwise(found))
    runs = "".join("x" if score >= threshold else " " for score in scores).split()
    assert len(found) <= sum(len(run) >= patience for run in runs)
    for each in found:
        assert scores[each.at_ms // FRAME_MS - 1] == each.score


def missed(sayings: Sayings, scores: list[float]) -> list[float]:
    """Scores of what was nearly the word; a silence ends the last run."""
    detections(sayings, [*scores, 0.0])
    return [each.score for each in sayings.missed()]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.1, 0.2, 0.29, 0.1], []),
        ([0.1, 0.31, 0.45, 0.4, 0.1], [0.45]),
        ([0.4, 0.1, 0.49], [0.4, 0.49]),
        ([0.4, 0.6, 0.4], []),
        ([0.4, 0.95, 0.4], []),
        ([float("nan"), 0.4, float("nan")], [0.4]),
    ],
)
def test_what_was_nearly_said_is_one_a_run(scores: list[float], expected: list[float]) -> None:
    sayings = Sayings({"alexa": Rule(0.5)}, 1_000)
    assert missed(sayings, scores) == expected
    assert sayings.missed() == []


def test_too_few_frames_are_nearly_a_word() -> None:
    assert missed(Sayings({"alexa": Rule(0.5, patience=3)}, 0), [0.9, 0.9, 0.1]) == [0.9]


def test_the_end_of_a_saying_is_no_other() -> None:
    sayings = Sayings({"alexa": Rule(0.5)}, 1_000)
    assert missed(sayings, [0.95, 0.4, 0.2, 0.4, 0.2]) == []


def test_a_flood_of_near_ones_is_bounded_and_a_reset_forgets() -> None:
    sayings = Sayings({"alexa": Rule(0.5)}, 0)
    assert len(missed(sayings, [0.4, 0.0] * 1_000)) == 16
    detections(sayings, [0.4, 0.0, 0.4])
    sayings.reset()
    assert missed(sayings, [0.0]) == []
