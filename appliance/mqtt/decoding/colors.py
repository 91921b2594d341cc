"""Colours between the ways in which lights speak of them. Pure.

RGB is 0 to 255 each, hue 0 to 360 degrees, saturation 0 to 100 %, x and y are CIE 1931 chromaticities
(conversions of sRGB with D65, as Philips Hue publishes them), temperatures are kelvin or mireds (a
million by the kelvins).
"""

from __future__ import annotations

import colorsys
import math

FULL = 255
Rgb = tuple[int, int, int]
Pair = tuple[float, float]


def hs_to_rgb(hue: float, saturation: float) -> Rgb:
    """At full brightness."""
    red, green, blue = colorsys.hsv_to_rgb((hue % 360) / 360, max(0.0, min(100.0, saturation)) / 100, 1)
    return round(red * FULL), round(green * FULL), round(blue * FULL)


def rgb_to_hs(red: float, green: float, blue: float) -> Pair:
    """Hue and saturation; the brightness is left out."""
    hue, saturation, _ = colorsys.rgb_to_hsv(red / FULL, green / FULL, blue / FULL)
    return round(hue * 360, 3), round(saturation * 100, 3)


def rgb_to_xy(red: float, green: float, blue: float) -> Pair:
    """Black is at the origin."""
    r, g, b = (_linear(channel / FULL) for channel in (red, green, blue))
    x = r * 0.664511 + g * 0.154324 + b * 0.162028
    y = r * 0.283881 + g * 0.668433 + b * 0.047685
    z = r * 0.000088 + g * 0.072310 + b * 0.986039
    total = x + y + z
    return (round(x / total, 4), round(y / total, 4)) if total else (0.0, 0.0)


def xy_to_rgb(x: float, y: float) -> Rgb:
    """At full brightness; what no screen can show is moved to its edge."""
    y = max(y, 1e-4)
    big_x, big_z = x / y, (1 - x - y) / y
    channels = (
        big_x * 1.656492 - 0.354851 - big_z * 0.255038,
        -big_x * 0.707196 + 1.655397 + big_z * 0.036152,
        big_x * 0.051713 - 0.121364 + big_z * 1.011530,
    )
    bent = [_bent(max(0.0, channel)) for channel in channels]
    top = max(*bent, 1e-9)
    red, green, blue = (max(0, min(FULL, round(channel / top * FULL))) for channel in bent)
    return red, green, blue


def _linear(channel: float) -> float:
    return ((channel + 0.055) / 1.055) ** 2.4 if channel > 0.04045 else channel / 12.92


def _bent(channel: float) -> float:
    return 1.055 * channel ** (1 / 2.4) - 0.055 if channel > 0.0031308 else 12.92 * channel


def kelvin(mireds: float) -> int:
    """Of a temperature in mireds, which must be above zero."""
    return math.floor(1e6 / mireds)


def mireds(kelvins: float) -> int:
    """Of a temperature in kelvin, which must be above zero."""
    return math.floor(1e6 / kelvins)


def kelvin_to_rgb(kelvins: float) -> Rgb:
    """About the colour of that light (after Tanner Helland's fit, 1,000 to 40,000 K)."""
    heat = max(1_000.0, min(40_000.0, kelvins)) / 100
    red = FULL if heat <= 66 else 329.698727446 * (heat - 60) ** -0.1332047592
    if heat <= 66:
        green = 99.4708025861 * math.log(heat) - 161.1195681661
    else:
        green = 288.1221695283 * (heat - 60) ** -0.0755148492
    if heat >= 66:
        blue: float = FULL
    else:
        blue = 0 if heat <= 19 else 138.5177312231 * math.log(heat - 10) - 305.0447927307
    r, g, b = (max(0, min(FULL, round(channel))) for channel in (red, green, blue))
    return r, g, b


def rgb_to_rgbw(red: float, green: float, blue: float) -> tuple[int, int, int, int]:
    """What the three have in common goes to the white lamp."""
    white = min(red, green, blue)
    rest = [red - white, green - white, blue - white, white]
    top, wanted = max(*rest, 1e-9), max(red, green, blue)
    r, g, b, w = (min(FULL, round(channel * wanted / top)) for channel in rest)
    return r, g, b, w


def rgbw_to_rgb(red: float, green: float, blue: float, white: float) -> Rgb:
    """The other way."""
    mixed = [red + white, green + white, blue + white]
    top, wanted = max(*mixed, 1e-9), max(red, green, blue, white)
    r, g, b = (min(FULL, round(channel * wanted / top)) for channel in mixed)
    return r, g, b


def hs_of(mode: str, color: tuple[float, ...]) -> Pair | None:
    """Hue and saturation of a colour as lights of that colour mode say it; None when it is none."""
    if mode == "hs" and len(color) == 2:
        return color[0], color[1]
    if mode == "xy" and len(color) == 2:
        return rgb_to_hs(*xy_to_rgb(color[0], color[1]))
    if mode == "rgb" and len(color) == 3:
        return rgb_to_hs(*color)
    if mode == "rgbw" and len(color) == 4:
        return rgb_to_hs(*rgbw_to_rgb(*color))
    if mode == "rgbww" and len(color) == 5:
        white = (color[3] + color[4]) / 2
        return rgb_to_hs(*rgbw_to_rgb(color[0], color[1], color[2], white))
    return None
