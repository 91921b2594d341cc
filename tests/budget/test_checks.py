"""What the doctor says of machine and memory."""

from __future__ import annotations

import pytest

from appliance.budget import checks
from appliance.budget.fit import Planned, judge
from appliance.budget.machine import Hardware
from appliance.config.model import Config

PI = Hardware("Raspberry Pi 5 Model B", "", 4, 8_060, "aarch64")
N100 = Hardware("AZW MINI S", "Intel(R) N100", 4, 15_700, "x86_64")


@pytest.mark.parametrize(
    ("profile", "hardware", "verdict"),
    [
        ("p1", PI, "good"),
        ("p2", PI, "weak"),
        ("p2", N100, "good"),
        ("p1", N100, "weak"),
        ("p3", N100, "good"),
    ],
)
def test_profile(profile: str, hardware: Hardware, verdict: str) -> None:
    found = checks.profile(Config(profile=profile), hardware)  # type: ignore[arg-type]
    assert found.verdict == verdict
    assert found.found.startswith(f"{profile}; {hardware.model}")
    assert bool(found.mend) is (verdict != "good")


@pytest.mark.parametrize(
    ("machine_mb", "verdict"), [(4_000, "good"), (0, "good"), (450, "weak"), (100, "weak")]
)
def test_memory(machine_mb: int, verdict: str) -> None:
    fit = judge([Planned("stt", 1, 300, 400, "table"), Planned("llm", 3, 500, 600, "table")], machine_mb)
    found = checks.memory(fit)
    assert (found.verdict, found.found, found.mend) == (verdict, fit.message, fit.hint)


def test_all_of_them() -> None:
    fit = judge([], 1_000)
    assert [each.name for each in checks.checks(Config(), fit, PI)] == ["profile", "budget"]
    assert [each.name for each in checks.checks(Config(), None)] == ["profile"]
