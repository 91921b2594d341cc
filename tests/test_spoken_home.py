"""What is said when a deed fails."""

from __future__ import annotations

import pytest

from appliance.home.deeds import DeedResult, Outcome
from appliance.spoken_home import SpokenHome


@pytest.mark.parametrize("outcome", ["silent", "uncertain", "unavailable", "unknown", "no broker", "refused"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_failure_has_its_spoken_reason(outcome: Outcome, language: str) -> None:
    failed = DeedResult("light.a", "Lamp", False, outcome, reason="technical: 42", ms=12.34)
    told = SpokenHome(None, language)._told(failed)  # type: ignore[arg-type]
    assert not told.done
    assert told.reason
    assert "technical" not in told.reason
    assert told.ms == 12.3
