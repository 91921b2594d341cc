"""State payloads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt import decoding

ON_OFF = {"payload_on": "ON", "payload_off": "OFF"}


@pytest.mark.parametrize(
    ("decoder", "options", "text", "expected"),
    [
        ("on_off", ON_OFF, "ON", {"state": "on"}),
        ("on_off", ON_OFF, "OFF", {"state": "off"}),
        ("on_off", ON_OFF, "None", {"state": "unknown"}),
        ("on_off", ON_OFF, "", {}),
        ("on_off", {**ON_OFF, "state_on": "1", "state_off": "0"}, "1", {"state": "on"}),
        ("text", {}, "21.5", {"state": "21.5"}),
        ("text", {}, "None", {"state": "unknown"}),
        ("brightness", {"brightness_scale": 100}, "50", {"brightness": 128}),
        ("brightness", {"brightness_scale": 0}, "300", {"brightness": 255}),
        ("json_light", {}, '{"state":"ON","brightness":7}', {"state": "on", "brightness": 7}),
        ("json_light", {}, '{"brightness":7}', {"brightness": 7}),
        ("json_light", {}, '{"state":null}', {"state": "unknown"}),
    ],
)
def test_payloads(decoder, options, text, expected):
    assert decoding.decode(decoder, options, text) == expected


@pytest.mark.parametrize(
    ("decoder", "text"),
    [
        ("on_off", "on"),
        ("text", "x" * 256),
        ("brightness", "bright"),
        ("brightness", "nan"),
        ("brightness", "1e999"),
        ("json_light", "[]"),
        ("json_light", "{"),
        ("json_light", '{"state":"MAYBE"}'),
        ("json_light", '{"state":[]}'),
    ],
)
def test_payloads_that_mean_nothing_have_a_reason(decoder, text):
    reason = decoding.decode(decoder, ON_OFF, text)
    assert isinstance(reason, str)
    assert reason


@given(st.integers(0, 255), st.integers(1, 65_535))
def test_brightness_survives_the_devices_scale(level, scale):
    options = {"brightness_scale": scale}
    back = decoding.decode("brightness", options, str(decoding.scaled(level, options)))
    assert abs(back["brightness"] - level) <= decoding.tolerance(options)
    assert (decoding.scaled(level, options) == 0) == (level == 0)


@given(st.sampled_from(["on_off", "text", "brightness", "json_light"]), st.text(max_size=300))
def test_no_text_raises(decoder, text):
    assert isinstance(decoding.decode(decoder, ON_OFF, text), dict | str)
