"""From the colour that was asked for to one that this light can make. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from appliance.home.actions.plans import Near, Wish
from appliance.home.actions.table import choices, number_attribute
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import FULL, colors

Parts = tuple[float, ...]

COLOR_NAMES: dict[str, tuple[int, int, int]] = {
    "amber": (255, 191, 0), "aqua": (0, 255, 255), "azure": (0, 127, 255), "beige": (245, 245, 220),
    "blue": (0, 0, 255), "brown": (165, 42, 42), "coral": (255, 127, 80), "crimson": (220, 20, 60),
    "cyan": (0, 255, 255), "fuchsia": (255, 0, 255), "gold": (255, 215, 0), "green": (0, 128, 0),
    "indigo": (75, 0, 130), "ivory": (255, 255, 240), "khaki": (240, 230, 140),
    "lavender": (230, 230, 250), "lightblue": (173, 216, 230), "lightgreen": (144, 238, 144),
    "lime": (0, 255, 0), "magenta": (255, 0, 255), "maroon": (128, 0, 0), "mint": (62, 180, 137),
    "navy": (0, 0, 128), "olive": (128, 128, 0), "orange": (255, 165, 0), "orchid": (218, 112, 214),
    "peach": (255, 218, 185), "pink": (255, 192, 203), "plum": (221, 160, 221), "purple": (128, 0, 128),
    "red": (255, 0, 0), "salmon": (250, 128, 114), "scarlet": (255, 36, 0), "silver": (192, 192, 192),
    "skyblue": (135, 206, 235), "tan": (210, 180, 140), "teal": (0, 128, 128), "tomato": (255, 99, 71),
    "turquoise": (64, 224, 208), "violet": (238, 130, 238), "white": (255, 255, 255),
    "yellow": (255, 255, 0), "darkblue": (0, 0, 139), "darkgreen": (0, 100, 0), "darkred": (139, 0, 0),
    "deeppink": (255, 20, 147), "hotpink": (255, 105, 180),
    "grey": (128, 128, 128), "gray": (128, 128, 128),
}  # fmt: skip
"""Colours that people name; values of CSS where it has them. The brightness is left as it is."""

_WIDE = {"rgb": 40.0, "rgbw": 40.0, "rgbww": 40.0, "xy": 0.06}
"""How far a reported colour may lie from the wish: lamps show what their diodes can."""
_HUE_DEGREES = 15.0


class Look(msgspec.Struct, frozen=True):
    """A colour as this light says it: its colour mode, the parts, and what must be reported of it."""

    mode: str
    parts: Parts
    wish: tuple[str, Wish] | None = None


def fitting(entity: Announced, name: str, value: object) -> Look | None:
    """The colour in a mode that the light has; None when it has no such thing."""
    modes = choices(entity, "supported_color_modes")
    if name == "white":
        parts = (float(value),) if isinstance(value, int | float) else ()
        return Look("white", parts) if "white" in modes and parts and parts[0] > 0 else None
    if name in _KELVIN and isinstance(value, int | float):
        return _warm(entity, modes, _KELVIN[name](value))
    if isinstance(value, tuple):
        native = name.removesuffix("_color")
        if native in modes:
            return _look(native, value)
        hs = colors.hs_of(native, value)
    else:
        hs = colors.rgb_to_hs(*COLOR_NAMES[str(value).casefold().replace(" ", "")])
    return None if hs is None else _colored(entity, modes, hs)


_KELVIN: dict[str, Callable[[float], float]] = {
    "color_temp_kelvin": float,
    "kelvin": float,
    "color_temp": colors.kelvin,
}


def _warm(entity: Announced, modes: tuple[str, ...], kelvins: float) -> Look | None:
    """As near as its white goes; a light without white diodes mixes it."""
    if "color_temp" in modes or "rgbww" in modes:
        low = number_attribute(entity, "min_color_temp_kelvin", 1)
        high = number_attribute(entity, "max_color_temp_kelvin", 1e6)
        kelvins = round(max(low, min(high, kelvins)))
        if "color_temp" in modes:
            wish = Near(kelvins, max(60.0, kelvins * 0.03))
            return Look("color_temp", (kelvins,), ("color_temp_kelvin", wish))
        cold = round((kelvins - low) / (high - low) * FULL)
        return _look("rgbww", (0, 0, 0, cold, FULL - cold))
    return _colored(entity, modes, colors.rgb_to_hs(*colors.kelvin_to_rgb(kelvins)))


def _colored(entity: Announced, modes: tuple[str, ...], hs: tuple[float, float]) -> Look | None:
    """In the first mode that it has; pure white without colours is its white."""
    rgb = colors.hs_to_rgb(*hs)
    makers: dict[str, Callable[[], Parts]] = {
        "rgb": lambda: rgb,
        "rgbw": lambda: colors.rgb_to_rgbw(*rgb),
        "rgbww": lambda: (*rgb, 0, 0),
        "hs": lambda: hs,
        "xy": lambda: colors.rgb_to_xy(*rgb),
    }
    for mode, make in makers.items():
        if mode in modes:
            return _look(mode, make())
    if hs[1] == 0 and "white" in modes:
        return Look("white", (FULL,))
    return _warm(entity, modes, 5_000) if hs[1] == 0 and "color_temp" in modes else None


def _look(mode: str, parts: Parts) -> Look:
    if mode == "hs":
        # Without saturation the hue means nothing.
        wish = Near(parts, _HUE_DEGREES, circle=360) if parts[1] > 5 else None
    else:
        wish = Near(parts, _WIDE[mode])
    return Look(mode, parts, None if wish is None else (f"{mode}_color", wish))
