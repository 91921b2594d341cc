"""Brightness and colours of lights, also all at once in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.mqtt.decoding import colors
from appliance.mqtt.decoding.base import (
    FULL,
    MAX_STATE_CHARS,
    NONE,
    UNKNOWN,
    Options,
    Saying,
    Value,
    Values,
    json_table,
    number_of,
    option_number,
    quoted,
)

COLOR_MODES = ("onoff", "brightness", "color_temp", "hs", "rgb", "rgbw", "rgbww", "white", "xy")
_PARTS = {"hs": "hs", "xy": "xy", "rgb": "rgb", "rgbw": "rgbw", "rgbww": "rgbcw"}
"""Names of a colour's parts in JSON, by colour mode."""


def brightness(said: Saying) -> Values | str:
    """In the device's scale."""
    if not said.text or said.text == NONE:
        return {}
    level = level_of(said.options, said.text)
    return f"{quoted(said.text)} is no brightness" if level is None else {"brightness": level}


def level_of(options: Options, value: object) -> int | None:
    """A brightness in the device's scale as 0 to 255."""
    number = number_of(value)
    scale = option_number(options, "brightness_scale", FULL) or FULL
    return None if number is None else max(0, min(FULL, round(number / scale * FULL)))


def color_temp(said: Saying) -> Values | str:
    """In mireds, or in kelvin when it says so."""
    if not said.text or said.text == NONE:
        return {}
    found = _kelvin(said.options, said.text)
    if found is None:
        return f"{quoted(said.text)} is no colour temperature"
    return {"color_temp_kelvin": found, **_mode(said, "color_temp")}


def _kelvin(options: Options, value: object) -> int | None:
    number = number_of(value)
    if number is None or not 1 <= number <= 1_000_000:
        return None
    return int(number) if options.get("color_temp_kelvin") else colors.kelvin(number)


def _mode(said: Saying, mode: str) -> Values:
    """Without a topic of its own, the colour that is told last is the mode."""
    return {} if said.options.get("says_color_mode") else {"color_mode": mode}


def color_mode(said: Saying) -> Values | str:
    """One of the names of colour modes."""
    if not said.text or said.text == NONE:
        return {}
    if said.text not in COLOR_MODES:
        return f"{quoted(said.text)} is no colour mode"
    return {"color_mode": said.text}


def _numbers(text: str, count: int, top: float) -> tuple[float, ...] | None:
    parts = text.split(",", 8)
    found = tuple(number for part in parts if (number := number_of(part.strip(" ()[]"))) is not None)
    if len(parts) != count or len(found) != count or not all(0 <= number <= top for number in found):
        return None
    return found


def pair(mode: str, top: float) -> Callable[[Saying], Values | str]:
    """Hue and saturation, or x and y."""

    def read(said: Saying) -> Values | str:
        if not said.text or said.text == NONE:
            return {}
        found = _numbers(said.text, 2, top)
        if found is None:
            return f"{quoted(said.text)} is no colour"
        return {f"{mode}_color": found, **_mode(said, mode)}

    return read


def channels(mode: str, *, scaled: bool = False) -> Callable[[Saying], Values | str]:
    """Red, green, blue and whites; `scaled`: the brightness is in them."""

    def read(said: Saying) -> Values | str:
        if not said.text or said.text == NONE:
            return {}
        found = _numbers(said.text, len(mode), FULL)
        if found is None:
            return f"{quoted(said.text)} is no colour"
        return _channels(said, mode, found, scaled=scaled)

    return read


def _channels(said: Saying, mode: str, found: tuple[float, ...], *, scaled: bool) -> Values:
    level = max(found)
    if not scaled:
        return {f"{mode}_color": tuple(round(part) for part in found), **_mode(said, mode)}
    if level == 0:
        return {}
    full = tuple(min(FULL, round(part / level * FULL)) for part in found)
    return {f"{mode}_color": full, "brightness": round(level), **_mode(said, mode)}


def channel(said: Saying) -> Values | str:
    """Of a template light: red, green and blue come one by one."""
    if not said.text:
        return {}
    if said.text == NONE:
        return {said.attribute: None, "hs_color": None}
    number = number_of(said.text)
    if number is None or not 0 <= number <= FULL:
        return f"{quoted(said.text)} is no part of a colour"
    both = {**said.known, said.attribute: number}
    parts = [both.get(name) for name in ("red", "green", "blue")]
    values: Values = {said.attribute: number}
    red, green, blue = parts
    if isinstance(red, float) and isinstance(green, float) and isinstance(blue, float):
        values |= {"hs_color": colors.rgb_to_hs(red, green, blue), "color_mode": "hs"}
    return values


def json_light(said: Saying) -> Values | str:
    """Everything at once."""
    table = json_table(said.text)
    if table is None:
        return "is no JSON table"
    values: Values = {}
    if "state" in table:
        state = {"ON": "on", "OFF": "off", None: UNKNOWN}.get(_plain(table["state"]))
        if state is None:
            return f"{quoted(table['state'])} is neither on nor off"
        values["state"] = state
    level = level_of(said.options, table.get("brightness"))
    if level is not None:
        values["brightness"] = level
    effect = table.get("effect")
    if isinstance(effect, str):
        values["effect"] = effect[:MAX_STATE_CHARS]
    return {**values, **_json_color(said.options, table)}


def _plain(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else ""


def _json_color(options: Options, table: dict[str, Any]) -> Values:
    """The colour in the mode that the light says; a mode that it did not announce says nothing."""
    mode = table.get("color_mode") or _only_mode(options)
    supported = options.get("supported_color_modes", ())
    if not isinstance(mode, str) or not isinstance(supported, tuple) or mode not in supported:
        return {}
    if mode == "color_temp":
        found = _kelvin(options, table.get("color_temp"))
        return {} if found is None else {"color_mode": mode, "color_temp_kelvin": found}
    if mode not in _PARTS:
        return {"color_mode": mode}
    color = _json_parts(table.get("color"), _PARTS[mode])
    return {} if color is None else {"color_mode": mode, f"{mode}_color": color}


def _only_mode(options: Options) -> Value:
    modes = options.get("supported_color_modes", ())
    return modes[0] if isinstance(modes, tuple) and len(modes) == 1 else None


def _json_parts(color: object, names: str) -> tuple[float, ...] | None:
    if not isinstance(color, dict):
        return None
    parts = [number_of(color.get(name)) for name in names]
    found = tuple(part for part in parts if part is not None)
    return found if len(found) == len(parts) else None


def scaled(level: int, options: Options) -> int:
    """A brightness of 0 to 255 in the device's scale; what is not off stays above 0."""
    scale = option_number(options, "brightness_scale", FULL) or FULL
    return max(1, round(level / FULL * scale)) if level > 0 else 0


def tolerance(options: Options) -> float:
    """How far, in steps of 255, a reported brightness may lie from the wish: both ends round."""
    scale = option_number(options, "brightness_scale", FULL) or FULL
    return max(2.0, FULL / scale)
