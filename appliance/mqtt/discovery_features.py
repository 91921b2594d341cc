"""What an announced entity can do, as attributes in Home Assistant's names. Pure.

Also refuses options that contradict each other, as Home Assistant does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.mqtt.announced import Command
from appliance.mqtt.decoding import colors
from appliance.mqtt.decoding.base import compact, option_number
from appliance.mqtt.kinds.rows import OptionValue
from appliance.mqtt.reading import Refused

Options = Mapping[str, OptionValue]
Commands = Mapping[str, Command]
Attributes = dict[str, OptionValue]
Features = Callable[[Mapping[str, Any], Options, Commands], Attributes]

WARMEST, COLDEST = 2_000, 6_535
"""Kelvin, of a light that does not say."""
_MODES = ("color_temp", "hs", "rgb", "rgbw", "rgbww", "white", "xy")
TRANSITION, FLASH, EFFECT = 32, 8, 4


def features(
    component: str, schema: str, table: Mapping[str, Any], options: Options, commands: Commands
) -> Attributes:
    """Attributes that follow from the options. Raises Refused when the options make no sense."""
    make = _FEATURES.get((component, schema))
    return make(table, options, commands) if make else {}


def _ordered(options: Options, low: str, high: str, *, equal: bool = False) -> None:
    below, above = option_number(options, low, 0), option_number(options, high, 0)
    if below > above or (below == above and not equal):
        raise Refused("value", f"`{high}` is {above:g}, not above `{low}`, which is {below:g}")


def _bits(present: Mapping[int, bool]) -> dict[str, OptionValue]:
    return {"supported_features": sum(bit for bit, there in present.items() if there)}


# --- lights -----------------------------------------------------------------------------------------------


def _warmth(options: Options) -> tuple[int, int]:
    """The warmest and the coldest white in kelvin."""
    low, high = option_number(options, "max_mireds", 0), option_number(options, "min_mireds", 0)
    warmest = colors.kelvin(low) if low >= 1 else option_number(options, "min_kelvin", 0) or WARMEST
    coldest = colors.kelvin(high) if high >= 1 else option_number(options, "max_kelvin", 0) or COLDEST
    return int(warmest), int(coldest)


def _light(modes: Sequence[str], options: Options, bits: int) -> Attributes:
    shown: Attributes = {"supported_color_modes": tuple(modes), "supported_features": bits}
    if "color_temp" in modes or "rgbww" in modes:
        warmest, coldest = _warmth(options)
        if not 1 <= warmest < coldest:
            raise Refused("value", f"white from {warmest} to {coldest} kelvin is no range")
        shown |= {"min_color_temp_kelvin": warmest, "max_color_temp_kelvin": coldest}
    return shown


def _default_light(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table
    if options["on_command_type"] not in {"last", "first", "brightness"}:
        raise Refused("value", "`on_command_type` is not last, first or brightness")
    modes = [mode for mode in _MODES if mode in commands]
    plain = "brightness" if "brightness" in commands else "onoff"
    if modes == ["white"]:
        modes = []
    return _light(modes or [plain], options, EFFECT if "effect" in commands else 0)


def _json_light(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    given = options["supported_color_modes"]
    modes = given if isinstance(given, tuple) else ()
    known = [mode for mode in modes if mode in {*_MODES, "brightness", "onoff"}]
    better = [mode for mode in known if mode not in {"onoff", "brightness"}]
    plain = "brightness" if options["brightness"] or "brightness" in known else "onoff"
    bits = TRANSITION | FLASH | (EFFECT if options["effect"] else 0)
    return _light(better or [plain], options, bits)


def _template_light(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del commands
    modes = [mode for mode in ("color_temp",) if f"{mode}_template" in table]
    if all(f"{name}_template" in table for name in ("red", "green", "blue")):
        modes.append("hs")
    plain = "brightness" if "brightness_template" in table else "onoff"
    bits = TRANSITION | FLASH | (EFFECT if options["effect_list"] else 0)
    return _light(modes or [plain], options, bits)


# --- what opens -------------------------------------------------------------------------------------------


def _cover(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table
    if options["position_open"] == options["position_closed"]:
        raise Refused("value", "`position_open` is the same as `position_closed`")
    if options["tilt_min"] == options["tilt_max"]:
        raise Refused("value", "`tilt_min` is the same as `tilt_max`")
    move, tilt = "move" in commands, "tilt" in commands
    return _bits(
        {
            1: move and bool(options["payload_open"]),
            2: move and bool(options["payload_close"]),
            4: "position" in commands,
            8: move and bool(options["payload_stop"]),
            16 + 32 + 64 + 128: tilt,
        }
    )


def _valve(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    positioned = options["reports_position"] is True
    if positioned and any(table.get(f"payload_{end}") is not None for end in ("open", "close")):
        raise Refused("value", "a valve that reports its position has no payload to open or close")
    if options["position_open"] == options["position_closed"]:
        raise Refused("value", "`position_open` is the same as `position_closed`")
    move = "move" in commands
    return {
        **_bits(
            {
                1: move and bool(options["payload_open"]),
                2: move and bool(options["payload_close"]),
                4: move and positioned,
                8: move and bool(options["payload_stop"]),
            }
        ),
        "reports_position": positioned,
    }


def _lock(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    return _bits({1: bool(options["payload_open"])})


_ARM = {
    "arm_home": 1, "arm_away": 2, "arm_night": 4, "trigger": 8, "arm_custom_bypass": 16, "arm_vacation": 32,
}  # fmt: skip


def _alarm(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    code, wanted = str(options["code"]), options["supported_features"]
    names = wanted if isinstance(wanted, tuple) else ()
    shown = _bits({bit: name in names for name, bit in _ARM.items()})
    if code:
        shown["code_format"] = "number" if code == "REMOTE_CODE" or code.isdigit() else "text"
    return shown


# --- air and warmth ---------------------------------------------------------------------------------------


def _fan(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table
    _ordered(options, "speed_range_min", "speed_range_max")
    shown = _bits(
        {
            1: "percentage" in commands,
            2: "oscillation" in commands,
            4: "direction" in commands,
            8: "preset_mode" in commands,
            16 + 32: True,
        }
    )
    if "percentage" in commands:
        low, high = (option_number(options, f"speed_range_{end}", 1) for end in ("min", "max"))
        shown["percentage_step"] = 100 / min(high - low + 1, 100)
    return shown


def _heat(options: Options, low: float, high: float) -> Attributes:
    """Temperatures in the device's own unit; the defaults are in degrees Celsius."""
    fahrenheit = str(options["temperature_unit"]).upper().startswith("F")
    given = option_number(options, "min_temp", -1e6), option_number(options, "max_temp", 1e6)
    bounds = [
        bound if abs(bound) < 1e6 else (default * 9 / 5 + 32 if fahrenheit else default)
        for bound, default in zip(given, (low, high), strict=True)
    ]
    if bounds[0] >= bounds[1]:
        raise Refused("value", f"temperatures from {bounds[0]:g} to {bounds[1]:g} are no range")
    shown: Attributes = {"min_temp": compact(bounds[0]), "max_temp": compact(bounds[1])}
    if options["temperature_unit"]:
        shown["temperature_unit"] = "°F" if fahrenheit else "°C"
    return shown


def _either(name: str, table: Mapping[str, Any]) -> bool:
    return f"{name}_command_topic" in table or f"{name}_state_topic" in table


def _climate(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    _ordered(options, "min_humidity", "max_humidity")
    shown = _heat(options, 7, 35)
    shown["target_temp_step"] = compact(option_number(options, "temp_step", 1))
    ranged = _either("temperature_low", table) or _either("temperature_high", table)
    shown |= _bits(
        {
            1: _either("temperature", table),
            2: ranged,
            4: "target_humidity" in commands,
            8: _either("fan_mode", table),
            16: "preset_mode" in commands,
            32: _either("swing_mode", table),
            128 + 256: True,
            512: _either("swing_horizontal_mode", table),
        }
    )
    for name in ("fan_mode", "swing_mode", "swing_horizontal_mode"):
        if _either(name, table):
            shown[f"{name}s"] = options[f"{name}s"]
    presets = options["preset_modes"]
    if isinstance(presets, tuple) and presets and "preset_mode" in commands:
        shown["preset_modes"] = ("none", *presets)
    if "target_humidity" in commands:
        shown |= _humidities(options)
    return shown


def _humidities(options: Options) -> Attributes:
    return {name: compact(option_number(options, name, 0)) for name in ("min_humidity", "max_humidity")}


def _water_heater(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    bits = _bits({1: _either("temperature", table), 2: _either("mode", table), 8: "power" in commands})
    return {**_heat(options, 43.3, 60), **bits}


def _humidifier(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    _ordered(options, "min_humidity", "max_humidity")
    modes = "mode" in commands and bool(options["modes"])
    shown: Attributes = {**_humidities(options), **_bits({1: modes})}
    return shown if table.get("device_class") else {**shown, "device_class": "humidifier"}


# --- robots, sirens, numbers ------------------------------------------------------------------------------

_VACUUM = {
    "pause": 4, "stop": 8, "return_home": 16, "fan_speed": 32, "battery": 64, "send_command": 256,
    "locate": 512, "clean_spot": 1024, "start": 8192,
}  # fmt: skip
_VACUUM_STATE = 4096


def _vacuum(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    wanted = options["supported_features"]
    names = wanted if isinstance(wanted, tuple) else ()
    return _bits({_VACUUM_STATE: True, **{bit: name in names for name, bit in _VACUUM.items()}})


def _lawn_mower(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, options
    return _bits({1: "start_mowing" in commands, 2: "pause" in commands, 4: "dock" in commands})


def _siren(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    return _bits(
        {
            1 + 2: True,
            4: bool(options["available_tones"]),
            8: options["support_volume_set"] is True,
            16: options["support_duration"] is True,
        }
    )


def _number(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    _ordered(options, "min", "max", equal=True)
    return {name: compact(option_number(options, name, 0)) for name in ("min", "max", "step")}


def _text(table: Mapping[str, Any], options: Options, commands: Commands) -> Attributes:
    del table, commands
    _ordered(options, "min", "max", equal=True)
    return {name: compact(option_number(options, name, 0)) for name in ("min", "max")}


_FEATURES: Mapping[tuple[str, str], Features] = {
    ("light", "default"): _default_light,
    ("light", "json"): _json_light,
    ("light", "template"): _template_light,
    ("cover", "default"): _cover,
    ("valve", "default"): _valve,
    ("lock", "default"): _lock,
    ("alarm_control_panel", "default"): _alarm,
    ("fan", "default"): _fan,
    ("climate", "default"): _climate,
    ("water_heater", "default"): _water_heater,
    ("humidifier", "default"): _humidifier,
    ("vacuum", "default"): _vacuum,
    ("lawn_mower", "default"): _lawn_mower,
    ("siren", "default"): _siren,
    ("number", "default"): _number,
    ("text", "default"): _text,
}
