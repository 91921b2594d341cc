"""Colours between the ways of speaking of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt.decoding import colors

CHANNEL = st.integers(0, 255)


@pytest.mark.parametrize(
    ("rgb", "hs"),
    [
        ((255, 0, 0), (0, 100)),
        ((0, 255, 0), (120, 100)),
        ((0, 0, 255), (240, 100)),
        ((255, 255, 255), (0, 0)),
    ],
)
def test_pure_colors(rgb, hs):
    assert colors.rgb_to_hs(*rgb) == hs
    assert colors.hs_to_rgb(*hs) == rgb


@given(CHANNEL, CHANNEL, CHANNEL)
def test_hue_and_saturation_give_the_same_colour_at_full_brightness(red, green, blue):
    top = max(red, green, blue)
    back = colors.hs_to_rgb(*colors.rgb_to_hs(red, green, blue))
    if top:
        full = tuple(part / top * 255 for part in (red, green, blue))
        assert all(abs(part - other) <= 1 for part, other in zip(back, full, strict=True))


@given(st.floats(0, 360), st.floats(0, 100))
def test_xy_gives_back_about_the_same_colour(hue, saturation):
    rgb = colors.hs_to_rgb(hue, saturation)
    back = colors.xy_to_rgb(*colors.rgb_to_xy(*rgb))
    assert all(abs(part - other) <= 12 for part, other in zip(back, rgb, strict=True))


@given(st.floats(0, 1), st.floats(0, 1))
def test_every_xy_is_some_colour(x, y):
    assert all(0 <= part <= 255 for part in colors.xy_to_rgb(x, y))


@given(st.floats(1, 100_000))
def test_every_temperature_is_some_colour(kelvin):
    assert all(0 <= part <= 255 for part in colors.kelvin_to_rgb(kelvin))


def test_warm_is_red_and_cold_is_blue():
    warm, cold = colors.kelvin_to_rgb(2_000), colors.kelvin_to_rgb(10_000)
    assert warm[0] > warm[2]
    assert cold[2] > cold[0]


@given(st.integers(50, 1_000))
def test_mireds_and_kelvins(mireds):
    assert abs(colors.mireds(colors.kelvin(mireds)) - mireds) <= 1


@given(CHANNEL, CHANNEL, CHANNEL)
def test_white_takes_what_all_have_in_common(red, green, blue):
    rgbw = colors.rgb_to_rgbw(red, green, blue)
    assert min(rgbw[:3]) == 0
    back = colors.rgbw_to_rgb(*rgbw)
    assert all(abs(part - other) <= 3 for part, other in zip(back, (red, green, blue), strict=True))


@pytest.mark.parametrize(
    ("mode", "color", "hue"),
    [
        ("hs", (30.0, 50.0), 30), ("xy", (0.7006, 0.2993), 0), ("rgb", (0, 255, 0), 120),
        ("rgbw", (0, 0, 255, 0), 240), ("rgbww", (0, 0, 255, 0, 0), 240), ("rgb", (1, 2), None),
        ("white", (3,), None),
    ],
)  # fmt: skip
def test_the_hue_of_any_colour(mode, color, hue):
    found = colors.hs_of(mode, color)
    assert (found is None) == (hue is None)
    if found is not None:
        assert min(abs(found[0] - hue), 360 - abs(found[0] - hue)) <= 2
