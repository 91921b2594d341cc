"""Attributes; whole entities are in test_live."""

from __future__ import annotations

from appliance.home import live_attributes
from tests.home.planning import entity


def test_lists_are_lists_and_unknown_values_are_left_out():
    fan = entity("fan", preset_modes=["a"], preset_mode_command_topic="p")
    shown = live_attributes.shown(fan, "on", {"state": "on", "percentage": None, "preset_mode": "a"}, {})
    assert shown["preset_modes"] == ["a"]
    assert shown["preset_mode"] == "a"
    assert not {"percentage", "state"} & set(shown)


def test_a_device_cannot_replace_what_the_kind_says_itself():
    lamp = entity()
    shown = live_attributes.shown(
        lamp, "on", {}, {"supported_color_modes": ["rgb"], "device_class": "x", "own": 1}
    )
    assert shown == {
        "own": 1,
        "supported_color_modes": ["onoff"],
        "supported_features": 0,
        "color_mode": "onoff",
    }


def test_a_color_that_no_mode_names_is_still_a_color():
    lamp = entity(hs_command_topic="h", color_temp_command_topic="t")
    shown = live_attributes.shown(lamp, "on", {"hs_color": (120.0, 100.0)}, {})
    assert (shown["color_mode"], shown["rgb_color"]) == ("hs", [0, 255, 0])
