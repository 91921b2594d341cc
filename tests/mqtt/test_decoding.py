"""State payloads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.mqtt import decoding, kinds

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


COVER = {
    "state_open": "open", "state_closed": "closed", "state_opening": "opening", "state_closing": "closing",
    "state_stopped": "stopped", "position_open": 100, "position_closed": 0, "tilt_min": 0, "tilt_max": 100,
    "reports_position": False,
}  # fmt: skip
INVERTED = {**COVER, "position_open": 0, "position_closed": 100}
LOCK = {
    "state_locked": "LOCKED", "state_locking": "LOCKING", "state_unlocked": "UNLOCKED",
    "state_unlocking": "UNLOCKING", "state_open": "OPEN", "state_opening": "OPENING",
    "state_jammed": "JAMMED", "payload_reset": "None",
}  # fmt: skip
SIREN = {**ON_OFF}
MODES = {"modes": ("heat", "off")}
EVERYTHING = {
    **COVER, **LOCK, **ON_OFF, **MODES, "payload_oscillation_on": "a", "payload_oscillation_off": "b",
    "payload_home": "h", "payload_not_home": "n", "options": ("a",), "event_types": ("a",),
    "supported_color_modes": ("rgb", "color_temp"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("decoder", "options", "text", "known", "expected"),
    [
        ("cover_state", COVER, "opening", {}, {"state": "opening"}),
        ("cover_state", COVER, "stopped", {"current_position": 0}, {"state": "closed"}),
        ("cover_state", COVER, "stopped", {"current_position": 9}, {"state": "open"}),
        ("cover_state", COVER, "stopped", {"state": "closing"}, {"state": "closed"}),
        ("cover_state", COVER, "None", {}, {"state": "unknown"}),
        ("cover_position", INVERTED, "30", {}, {"current_position": 70}),
        ("cover_position", COVER, "130", {}, {"current_position": 100}),
        ("cover_position", {**COVER, "position_open": 255}, "128", {}, {"current_position": 50}),
        ("cover_tilt", {**COVER, "tilt_max": 180}, "90", {}, {"current_tilt_position": 50}),
        ("valve", {**COVER, "reports_position": True}, "0", {}, {"current_position": 0, "state": "closed"}),
        (
            "valve", {**COVER, "reports_position": True}, '{"position": 40, "state": "opening"}', {},
            {"current_position": 40, "state": "opening"},
        ),
        ("valve", COVER, '{"state": "open"}', {}, {"state": "open"}),
        ("lock", LOCK, "JAMMED", {}, {"state": "jammed"}),
        ("lock", LOCK, "None", {}, {"state": "unknown"}),
        ("listed", MODES, "heat", {}, {"state": "heat"}),
        ("listed", MODES, "None", {}, {"state": "unknown"}),
        ("speed", {"speed_range_min": 1, "speed_range_max": 3}, "2", {}, {"percentage": 66}),
        ("speed", {"payload_reset_percentage": "None"}, "None", {}, {"percentage": None}),
        ("number_state", {"min": 0, "max": 10}, "2.50", {}, {"state": "2.5"}),
        ("color_temp", {"color_temp_kelvin": True}, "3000", {}, {"color_temp_kelvin": 3000,
         "color_mode": "color_temp"}),
        ("color_temp", {"says_color_mode": True}, "200", {}, {"color_temp_kelvin": 5000}),
        ("rgb_scaled", {}, "0,0,0", {}, {}),
        ("hs", {"says_color_mode": True}, "30.5, 40", {}, {"hs_color": (30.5, 40.0)}),
        (
            "channel", {}, "255", {"red": 0.0, "blue": 0.0},
            {"green": 255.0, "hs_color": (120.0, 100.0), "color_mode": "hs"},
        ),
        (
            "json_light", {"supported_color_modes": ("color_temp",)}, '{"color_temp": 250}', {},
            {"color_temp_kelvin": 4000, "color_mode": "color_temp"},
        ),
        ("json_light", {"supported_color_modes": ("hs", "rgb")}, '{"color_mode": "xy", "color": {"x": 1}}',
         {}, {}),
        ("vacuum", {}, '{"state": "cleaning", "fan_speed": "max"}', {}, {"state": "cleaning",
         "fan_speed": "max"}),
        ("siren", SIREN, '{"state": "OFF", "volume_level": 0.5}', {}, {"state": "off", "volume_level": 0.5}),
        ("update", {}, '{"installed_version": "1", "latest_version": "1"}', {},
         {"installed_version": "1", "latest_version": "1", "state": "off"}),
        ("update", {}, "2", {"latest_version": "3"}, {"installed_version": "2", "state": "on"}),
        ("alarm", {}, "armed_away", {}, {"state": "armed_away"}),
        ("mower", {}, "none", {}, {"state": "unknown"}),
    ],
)  # fmt: skip
def test_payloads_of_every_kind(decoder, options, text, known, expected):
    attribute = "green" if decoder == "channel" else "state"
    found = decoding.decode(decoder, options, text, known, attribute=attribute, choices="modes")
    assert found == expected


@pytest.mark.parametrize(
    ("decoder", "text"),
    [
        ("cover_state", "ajar"), ("cover_position", "half"), ("cover_tilt", "x"), ("valve", "x"), ("lock",
         "x"),
        ("listed", "dry"), ("speed", "fast"), ("number_state", "101"), ("select", "b"), ("event", "{}x"),
        ("hs", "1"), ("hs", "400,3"), ("rgb", "1,2"), ("rgb", "1,2,nan"), ("color_temp", "0"),
         ("color_mode", "x"),
        ("alarm", "on"), ("mower", "x"), ("vacuum", "docked"), ("siren", "x"), ("whole", "101"),
         ("light_word", "ON"),
        ("oscillation", "x"), ("channel", "256"), ("attributes", "[]"),
    ],
)  # fmt: skip
def test_what_means_nothing_has_a_reason_for_every_kind(decoder, text):
    found = decoding.decode(decoder, {**EVERYTHING, "min": 0, "max": 100}, text, choices="modes")
    assert isinstance(found, str)
    assert found


def test_every_decoder_that_a_kind_names_exists():
    sources = [source for kind in kinds.KINDS.values() for source in kind.sources]
    assert {source.decoder for source in (*sources, *kinds.COMMON)} <= set(decoding.DECODERS)


NUMBERS = (
    st.floats().map(str)
    | st.integers().map(str)
    | st.sampled_from(["1e999", "nan", "1,2", "1,2,3", "1,2,3,4,5"])
)
TABLES = st.dictionaries(
    st.sampled_from(["state", "position", "tilt_position", "brightness", "color", "color_mode",
    "color_temp", "event_type"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.integers(),
    max_size=2)
    | st.dictionaries(st.sampled_from(["r", "g", "b", "x", "y"]), st.integers() | st.floats() | st.none()),
).map(json.dumps)  # fmt: skip


@settings(max_examples=500)
@given(st.sampled_from(sorted(decoding.DECODERS)), st.text(max_size=300) | NUMBERS | TABLES)
def test_no_text_raises(decoder, text):
    known = {"red": 1.0, "green": None, "current_position": "x"}
    found = decoding.decode(decoder, EVERYTHING, text, known, attribute="blue", choices="modes")
    assert isinstance(found, dict | str)
    if isinstance(found, dict):
        json.dumps(found, allow_nan=False)
