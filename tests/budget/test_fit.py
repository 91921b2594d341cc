"""Whether everything fits, and what is said when it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.budget.fit import Planned, judge, planned
from appliance.budget.table import BUDGETS, PRIORITIES, Priority

VITAL = Planned("stt", 1, 300, 400, "table")
PAGE = Planned("web", 2, 50, 100, "table")
MODEL = Planned("llm", 3, 900, 1_000, "table")


@pytest.mark.parametrize(
    ("machine_mb", "verdict"),
    [
        (4_000, "fits"),
        (1_670, "fits"),
        (1_660, "tight"),
        (560, "tight"),
        (550, "small"),
        (1, "small"),
        (0, "unknown"),
    ],
)
def test_verdict(machine_mb: int, verdict: str) -> None:
    fit = judge([VITAL, PAGE, MODEL], machine_mb)
    assert fit.verdict == verdict
    assert fit.good is (verdict in {"fits", "unknown"})
    assert bool(fit.hint) is not fit.good


def test_what_gives_way_is_said() -> None:
    tight = judge([VITAL, PAGE, MODEL], 1_000)
    assert "1,500 MB are needed at most, there are 1,000 MB" in tight.message
    assert "only while somebody asks it" in tight.message
    assert "llm.model" in tight.hint
    small = judge([VITAL, PAGE, MODEL], 400)
    assert "commands alone need 500 MB at most, there are 400 MB" in small.message
    assert "stt (400 MB)" in small.hint


parts = st.lists(
    st.builds(
        lambda part, mb: Planned(part, PRIORITIES[part], mb, mb, "table"),
        st.sampled_from(sorted(PRIORITIES)),
        st.integers(1, 10_000),
    ),
    max_size=12,
)
ORDER = ("small", "tight", "fits")


@given(parts, st.integers(1, 100_000), st.integers(0, 50_000))
def test_more_memory_never_makes_it_worse(found: list[Planned], machine_mb: int, more_mb: int) -> None:
    before, after = judge(found, machine_mb), judge(found, machine_mb + more_mb)
    assert ORDER.index(before.verdict) <= ORDER.index(after.verdict)
    assert before.vital_mb <= before.need_mb
    assert before.usable_mb <= before.machine_mb


@given(parts, st.integers(0, 100_000))
def test_it_never_fails(found: list[Planned], machine_mb: int) -> None:
    assert judge(found, machine_mb).message


def test_engines_that_are_known_count_as_measured() -> None:
    budget = BUDGETS["p1"]
    engines = {"stt": "pocketsphinx", "tts": "another", "llm": "llamacpp"}
    found = {each.part: each for each in planned(budget, engines, {"llm": 500}, ["stt", "tts", "llm"])}
    assert (found["stt"].origin, found["stt"].peak_mb) == ("measured", 282)
    assert (found["tts"].origin, found["tts"].peak_mb) == ("table", budget.row("tts").peak_mb)
    assert (found["llm"].origin, found["llm"].loaded_mb) == ("partly", 650)


def test_a_recogniser_with_a_model_that_was_fetched_takes_more() -> None:
    found = [planned(BUDGETS["p1"], {"stt": "vosk"}, sizes, ["stt"])[0] for sizes in ({}, {"stt": 50})]
    assert found[0].origin == "measured"
    assert found[1].loaded_mb > 2 * found[0].loaded_mb


def test_a_model_of_unknown_size_gets_its_allotment() -> None:
    (found,) = planned(BUDGETS["p2"], {"llm": "llamacpp"}, {}, ["llm"])
    priority: Priority = 3
    assert found == Planned("llm", priority, 1_400, 1_800, "table")
