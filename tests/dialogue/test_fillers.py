"""Words while one waits: none, few, or a sign of thought, by what was measured."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue import fillers
from appliance.dialogue.fillers import Fillers


def test_there_are_as_many_as_were_asked_for() -> None:
    for kinds in fillers.PHRASES.values():
        assert {kind: len(texts) for kind, texts in kinds.items()} == {
            "acknowledgment": 5, "thinking": 4, "clarification": 2,
        }  # fmt: skip
        assert all(len(set(texts)) == len(texts) for texts in kinds.values())


@pytest.mark.parametrize(
    ("waits", "kind"),
    [
        ([], "thinking"),
        ([299.0], None),
        ([300.0], "acknowledgment"),
        ([799.0], "acknowledgment"),
        ([800.0], "thinking"),
        ([100.0] * 10 + [9_000.0], None),
        ([9_000.0] * 5 + [400.0] * 20, "acknowledgment"),
    ],
)
def test_the_wait_decides(waits: list[float], kind: fillers.Kind | None) -> None:
    made = Fillers(lambda: 0.0)
    for ms in waits:
        made.took("model", ms)
    said = made.choose("model", "en-GB")
    assert said in fillers.PHRASES["en"][kind] if kind else said == ""


def test_kinds_of_work_are_told_apart() -> None:
    made = Fillers(lambda: 0.0)
    made.took("deed", 5_000.0)
    made.took("model", 1.0)
    assert made.choose("deed", "de") in fillers.PHRASES["de"]["thinking"]
    assert made.choose("model", "de") == ""


@given(
    st.randoms(use_true_random=False),
    st.lists(st.sampled_from(["acknowledgment", "thinking", "clarification"])),
)
def test_never_the_same_twice_in_a_row(chance: random.Random, kinds: list[fillers.Kind]) -> None:
    made = Fillers(chance.random)
    said = [made.words(kind, "en") for kind in kinds]
    assert all(one != next_one for one, next_one in itertools.pairwise(said))
    assert all(text in fillers.everything("en") for text in said)


def test_another_language_is_silent() -> None:
    assert Fillers(lambda: 0.0).choose("model", "fr") == ""
    assert fillers.everything("fr") == ()
