"""Which profile suits which machine, and where parts run."""

from __future__ import annotations

import itertools

import pytest

from appliance.budget import placement
from appliance.budget.machine import Hardware
from appliance.budget.placement import BOUNDS, MATRIX, place, starts_here, suggest
from appliance.budget.table import BUDGETS, PRIORITIES, PROFILES
from tests.checkout import ROOT

PI = Hardware("Raspberry Pi 5 Model B Rev 1.0", "", 4, 8_060, "aarch64")
N100 = Hardware("AZW MINI S", "Intel(R) N100", 4, 15_700, "x86_64")
OLD = Hardware("", "Some CPU", 2, 3_900, "x86_64")


@pytest.mark.parametrize(
    ("hardware", "satellites", "profile"),
    [
        (PI, 0, "p1"),
        (PI, 40, "p1"),
        (OLD, 12, "p1"),
        (N100, 0, "p2"),
        (N100, 8, "p2"),
        (N100, 9, "p3"),
        (N100, 25, "p4"),
    ],
)
def test_suggestion(hardware: Hardware, satellites: int, profile: str) -> None:
    found = suggest(hardware, satellites)
    assert found.profile == profile
    assert f"{hardware.cores} cores" in found.why
    assert (hardware.model or hardware.processor) in found.why


def test_every_part_has_a_place() -> None:
    assert set(PRIORITIES) <= set(MATRIX)
    assert all(len(row) == len(PROFILES) for row in MATRIX.values())


def test_what_a_hub_starts() -> None:
    assert all(starts_here(part, "p1") for part in PRIORITIES)
    assert place("llm", "p3") == "worker"
    assert starts_here("llm", "p3"), "until there is a worker"
    assert not starts_here("broker", "p4"), "it has a machine of its own"
    assert (place("piano", "p1"), starts_here("piano", "p1")) == ("-", False)


def test_bounds_grow_and_agree_with_the_budget() -> None:
    for smaller, larger in itertools.pairwise(PROFILES):
        for name in ("rooms", "speakers", "entities", "memory_mb"):
            assert getattr(BOUNDS[smaller], name) <= getattr(BOUNDS[larger], name)
    assert all(BOUNDS[name].memory_mb == BUDGETS[name].machine_mb for name in PROFILES)


def test_the_page_shows_the_same_tables() -> None:
    assert placement.markdown() in (ROOT / "docs" / "placement.md").read_text(encoding="utf-8")
