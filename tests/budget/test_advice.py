"""Advice comes with its figure and its limit, and only above the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.budget.advice import Figures, advise
from appliance.budget.table import PROFILES, ProfileName

BELOW = Figures(50.0, 1_000.0, 2_000.0, 4_000, 3, 0.7)
ABOVE = Figures(80.4, 2_500.0, 2_001.0, 4_000, 4, 0.92)


def test_nothing_at_the_limits_and_nothing_unknown() -> None:
    assert advise(BELOW, "p1") == ()
    assert advise(Figures(), "p1") == ()
    assert advise(Figures(memory_mb=5_000.0), "p1") == ()


def test_everything_above_them() -> None:
    found = {each.name: each for each in advise(ABOVE, "p1")}
    assert {name: each.figure for name, each in found.items()} == {
        "store": "19 of 20 writes took up to 80 ms",
        "language model": "19 of 20 questions waited up to 2.5 s for others",
        "memory": "2,001 of 4,000 MB, 50 %",
        "speakers": "4 spoke at the same time",
        "recogniser": "0.92 s of processor for a second of speech",
    }
    assert [each.limit for each in found.values()] == ["50 ms", "1 s", "50%", "3", "0.7 s"]
    assert "SSD" in found["store"].do
    assert "p2" in found["memory"].do


@pytest.mark.parametrize("profile", PROFILES)
def test_the_largest_is_not_told_to_go_on(profile: ProfileName) -> None:
    for each in advise(ABOVE, profile):
        assert each.why
        assert each.do
        assert profile not in each.do.split()
        assert "p4" not in each.do or profile == "p3"


numbers = st.none() | st.floats(0, 1e6)


@given(
    st.builds(
        Figures,
        numbers,
        numbers,
        numbers,
        st.none() | st.integers(0, 10**6),
        st.none() | st.integers(0, 99),
        numbers,
    )
)
def test_one_piece_for_each_figure_at_most(figures: Figures) -> None:
    names = [each.name for each in advise(figures, "p2")]
    assert len(names) == len(set(names)) <= 5
