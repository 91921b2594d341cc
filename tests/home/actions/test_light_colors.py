"""A colour that was asked for, in what a light can make."""

from __future__ import annotations

import pytest

from appliance.home.actions.light_colors import COLOR_NAMES, fitting
from tests.home.planning import entity


def lamp(*modes):
    return entity(schema="json", supported_color_modes=list(modes), min_mireds=154, max_mireds=400)


@pytest.mark.parametrize(
    ("modes", "name", "value", "mode", "parts"),
    [
        (("rgb",), "color_name", "Sky Blue", "rgb", None),
        (("hs",), "rgb_color", (0, 255, 0), "hs", (120, 100)),
        (("xy", "color_temp"), "hs_color", (0, 100), "xy", (0.7006, 0.2993)),
        (("rgbww", "rgb"), "rgb_color", (1, 2, 3), "rgb", (1, 2, 3)),
        (("rgbww",), "color_temp_kelvin", 2_500, "rgbww", (0, 0, 0, 0, 255)),
        (("color_temp",), "kelvin", 9_000, "color_temp", (6_493,)),
        (("color_temp",), "color_name", "white", "color_temp", (5_000,)),
        (("rgb",), "color_temp_kelvin", 2_000, "rgb", None),
        (("white", "rgb"), "white", 200, "white", (200,)),
        (("white", "color_temp"), "color_name", "white", "white", (255,)),
    ],
)
def test_fitting(modes, name, value, mode, parts):
    look = fitting(lamp(*modes), name, value)
    assert look.mode == mode
    if parts is not None:
        assert look.parts == parts


@pytest.mark.parametrize(
    ("modes", "name", "value"),
    [(("color_temp",), "color_name", "red"), (("onoff",), "kelvin", 3_000), (("rgb",), "white", 5)],
)
def test_what_it_cannot_make(modes, name, value):
    assert fitting(lamp(*modes), name, value) is None


def test_every_name_is_a_colour_that_every_colour_light_can_make():
    for name in COLOR_NAMES:
        for mode in ("rgb", "rgbw", "rgbww", "hs", "xy"):
            assert fitting(lamp(mode), "color_name", name).mode == mode
