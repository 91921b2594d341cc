"""Home Assistant's errors in words that can be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.hass.protocol import Fault
from appliance.home.hass.refusals import reason

ID = "number.pump"


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("not_found", "Service light.dance not found.", "cannot do that"),
        ("unauthorized", "Unauthorized", "may not be steered with this token"),
        (
            "service_validation_error",
            "Validation error: Entity number.pump does not support this service.",
            "cannot do that",
        ),
        ("home_assistant_error", "Timed out while connecting", "did not answer in time"),
        ("invalid_format", "required key not provided @ data['option']", "did not understand that"),
        (
            "service_validation_error",
            "Validation error: Value 300.0 for number.pump is outside valid range 0 - 100",
            "was refused by Home Assistant: Value 300.0 for it is outside valid range 0 - 100",
        ),
        (
            "home_assistant_error",
            "The pump light.other is dry. See the manual.",
            "was refused by Home Assistant: The pump a device is dry",
        ),
        ("unknown_error", "", "was refused by Home Assistant"),
        ("unknown_error", "Traceback (most recent call last): …", "was refused by Home Assistant"),
        ("unknown_error", "{'a': <object>}", "was refused by Home Assistant"),
    ],
)
def test_words(code: str, message: str, words: str) -> None:
    assert reason(Fault(code, message), ID) == words


@given(st.text(max_size=400), st.text(max_size=12))
def test_any_error_is_one_short_line(message: str, code: str) -> None:
    said = reason(Fault(code, message), ID)
    assert said
    assert "\n" not in said
    assert len(said) < 220
    assert ID not in said
