"""The budget is one table: priorities, ceilings and documentation come from it."""

from __future__ import annotations

import pytest

from appliance.budget import table
from appliance.budget.table import BUDGETS, ENGINES, PRIORITIES, PROFILES, Budget
from appliance.config import profiles
from appliance.config.load import load
from appliance.supervision import cgroup
from appliance.wire.messages import STAGE_NAMES
from tests.checkout import ROOT

EVERY = pytest.mark.parametrize("budget", BUDGETS.values(), ids=PROFILES)


@EVERY
def test_every_part_has_its_row(budget: Budget) -> None:
    assert tuple(row.part for row in budget.rows) == tuple(PRIORITIES)
    assert set(STAGE_NAMES) <= set(PRIORITIES)
    with pytest.raises(KeyError, match="kitchen"):
        budget.row("kitchen")


@EVERY
def test_figures_are_in_order(budget: Budget) -> None:
    for row in budget.rows:
        assert 0 < row.loaded_mb <= row.peak_mb
        if row.part in STAGE_NAMES:
            assert row.peak_mb <= row.high_mb <= row.max_mb
        else:
            assert (row.high_mb, row.max_mb) == (0, 0)


@EVERY
def test_it_fits_its_own_machine_with_headroom(budget: Budget) -> None:
    assert sum(row.peak_mb for row in budget.rows) + budget.headroom_mb <= budget.machine_mb


@EVERY
def test_ceilings_become_the_limits_of_groups(budget: Budget) -> None:
    file = ROOT / "tests" / "config" / "empty.toml"
    config = load(file, {"APPLIANCE__PROFILE": budget.profile}).config
    for row in budget.rows:
        if row.part not in STAGE_NAMES:
            continue
        written = cgroup.settings(getattr(config.limits, row.part))
        assert written["memory.max"] == str(row.max_mb * 1024 * 1024)
        assert written["memory.high"] == str(row.high_mb * 1024 * 1024)


def test_only_what_commands_do_without_gives_way() -> None:
    assert [part for part, priority in PRIORITIES.items() if priority == table.LOWEST] == ["llm"]


def test_profiles_are_the_same_everywhere() -> None:
    assert tuple(profiles.PROFILES) == PROFILES == tuple(BUDGETS)


@pytest.mark.parametrize("key", ENGINES)
def test_engines_keep_within_the_largest_budget(key: tuple[str, str]) -> None:
    stage, engine = key
    engines = ROOT / "appliance" / "engines" / stage
    assert stage in {"sound", "intent"} or any(each.stem == engine for each in engines.iterdir())
    row = BUDGETS["p4"].row(stage)
    assert ENGINES[key].loaded_mb <= ENGINES[key].peak_mb <= row.max_mb


def test_a_language_model_takes_more_than_its_file() -> None:
    seen = table.language_model(493)
    assert 634 <= seen.loaded_mb <= seen.peak_mb <= 800


def test_the_page_shows_the_same_table() -> None:
    page = (ROOT / "docs" / "budget.md").read_text(encoding="utf-8")
    assert table.markdown() in page
