"""The attributes of an entity, in the names and units in which Home Assistant shows them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import Value, colors
from appliance.mqtt.kinds import KINDS

_INTERNAL = frozenset({"state", "red", "green", "blue"})
_COLORS = ("hs_color", "xy_color", "rgb_color", "rgbw_color", "rgbww_color")
Attributes = dict[str, object]
Values = Mapping[str, Value]

_ALWAYS = ("friendly_name", "supported_features", "icon", "entity_picture", "device_class")


def _own(component: str) -> frozenset[str]:
    kinds = [kind for (name, _), kind in KINDS.items() if name == component]
    said = (source.attribute for kind in kinds for source in kind.sources)
    given = (option.attribute for kind in kinds for option in kind.options)
    return frozenset({*said, *given, *_ALWAYS})


_OWN: Mapping[str, frozenset[str]] = {component: _own(component) for component, _ in KINDS}
"""Names that free attributes of a device may not take."""


def shown(announced: Announced, state: str, values: Values, extra: Values) -> Attributes:
    """What was announced, what was reported, and (below these) what the device adds freely."""
    own = _OWN[announced.component]
    attributes: Attributes = {name: value for name, value in extra.items() if name not in own}
    for name, fixed in announced.attributes.items():
        attributes[name] = list(fixed) if isinstance(fixed, tuple) else fixed
    if announced.component == "light":
        return attributes | _light(announced, state, values)
    for name, value in values.items():
        if name not in _INTERNAL and value is not None:
            attributes[name] = list(value) if isinstance(value, tuple) else value
    return _SPECIAL[announced.component](attributes, state) if announced.component in _SPECIAL else attributes


# --- lights -------------------------------------------------------------------------------------------------


def _light(announced: Announced, state: str, values: Values) -> Attributes:
    """Brightness and colour only while it is on, and of colours only the one that it shows."""
    if state != "on":
        return {}
    modes = announced.attributes["supported_color_modes"]
    listed = modes if isinstance(modes, tuple) else ()
    mode = _mode(listed, values)
    attributes: Attributes = {} if mode is None else {"color_mode": mode}
    if listed != ("onoff",) and values.get("brightness") is not None:
        attributes["brightness"] = values["brightness"]
    if values.get("effect") is not None:
        attributes["effect"] = values["effect"]
    return attributes | _color(mode, values)


def _mode(listed: tuple[str, ...], values: Values) -> str | None:
    """The one that it says; else the only one there is; else that of the colour it says."""
    said = values.get("color_mode")
    if isinstance(said, str) and said in listed:
        return said
    if len(listed) == 1:
        return listed[0]
    return next((name.removesuffix("_color") for name in _COLORS if values.get(name) is not None), None)


def _color(mode: str | None, values: Values) -> Attributes:
    """The colour as it was said, and as hue and saturation, RGB and xy."""
    if mode == "color_temp":
        kelvin = values.get("color_temp_kelvin")
        if not isinstance(kelvin, int | float):
            return {}
        hs: colors.Pair | None = colors.rgb_to_hs(*colors.kelvin_to_rgb(kelvin))
        return {"color_temp_kelvin": kelvin, **_triple(hs)}
    said = values.get(f"{mode}_color")
    if mode is None or not isinstance(said, tuple):
        return {}
    return {**_triple(colors.hs_of(mode, said)), f"{mode}_color": list(said)}


def _triple(hs: colors.Pair | None) -> Attributes:
    if hs is None:
        return {}
    rgb = colors.hs_to_rgb(*hs)
    return {"hs_color": list(hs), "rgb_color": list(rgb), "xy_color": list(colors.rgb_to_xy(*rgb))}


# --- others -------------------------------------------------------------------------------------------------


def _fan(attributes: Attributes, state: str) -> Attributes:
    """A fan that stands has no speed, whatever it keeps for the next time."""
    if state == "off" and "percentage" in attributes:
        attributes["percentage"] = 0
    return attributes


def _water_heater(attributes: Attributes, state: str) -> Attributes:
    if state in {"unknown", "unavailable"}:
        return attributes
    return {**attributes, "operation_mode": state}


_SPECIAL: Mapping[str, Callable[[Attributes, str], Attributes]] = {
    "fan": _fan,
    "water_heater": _water_heater,
}
