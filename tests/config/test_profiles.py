"""A profile gives defaults, and nothing that anybody said is overruled by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import profiles, rules, schema
from appliance.config.load import load
from appliance.config.model import Config

ROOT = Path(__file__).resolve().parents[2]
PI5 = profiles.Machine(4, 8_060, "aarch64")
N100 = profiles.Machine(4, 15_700, "x86_64")
SMALL = profiles.Machine(2, 3_900, "x86_64")


@pytest.mark.parametrize(
    ("wanted", "machine", "name"),
    [("auto", PI5, "p1"), ("auto", N100, "p2"), ("auto", SMALL, "p1"), ("p3", SMALL, "p3"), ("p4", PI5, "p4"),
     ("auto", profiles.Machine(16, 0, "x86_64"), "p1"), ("auto", profiles.Machine(8, 7_500, "x86_64"), "p2")],
)  # fmt: skip
def test_auto_looks_at_the_machine(wanted: str, machine: profiles.Machine, name: str) -> None:
    assert profiles.resolve(wanted, machine).name == name


@pytest.mark.parametrize("name", profiles.PROFILES)
def test_every_value_is_a_good_one(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(f'profile = "{name}"\n')
    loaded = load(file, {})
    assert list(rules.violations(loaded.config)) == []
    for key, value in profiles.PROFILES[name].values.items():
        assert schema.fits(value, schema.leaves()[tuple(key.split("."))]), key
        assert str(loaded.origins[key]) == f"profile {name}"
        found: object = loaded.config
        for part in key.split("."):
            found = getattr(found, part)
        assert found == value


def test_the_first_profile_is_what_the_model_says() -> None:
    loaded = load(ROOT / "tests" / "config" / "empty.toml", {}, machine=SMALL)
    assert loaded.config == Config()


def test_what_is_said_wins(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('profile = "p2"\n[limits.llm]\nmemory_max_mb = 3000\n')
    loaded = load(file, {"APPLIANCE__LIMITS__LLM__THREADS": "1"})
    llm = loaded.config.limits.llm
    assert (llm.memory_max_mb, llm.memory_high_mb, llm.threads, llm.cpu_max_percent) == (3_000, 2_816, 1, 400)
    assert loaded.config.profile == "p2"


def test_the_page_shows_the_same_table() -> None:
    assert profiles.table() in (ROOT / "docs" / "placement.md").read_text()


def test_this_machine_is_one() -> None:
    assert profiles.this_machine().cores >= 1
