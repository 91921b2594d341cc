"""What simulated devices of each kind are made of: topics, and what may be said on them. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

Attributes = Mapping[str, Any]
Value = str | int | float | bool | tuple[float, ...]
Read = Callable[[str, Attributes], Value | None]
"""From a command to the new value; None when it means nothing to this device."""

FULL = 255


class Part(msgspec.Struct, frozen=True):
    """One thing that a device can be told or tells: under its base `<name>/set` and `<name>`."""

    name: str
    attribute: str
    read: Read | None = None
    command: str = ""
    """Option that names the command topic."""
    state: str = ""
    """Option that names the state topic."""
    needs: str = ""
    """Attribute of the house's entity without which the device does not have this part."""
    mode: str = ""
    """Colour mode of a light that it is for."""
    start: Value | None = None


# --- readers ------------------------------------------------------------------------------------------------


def words(**known: str) -> Read:
    """One of these payloads."""
    return lambda payload, attributes: known.get(payload)  # noqa: ARG005


def _number(payload: str) -> float | None:
    try:
        number = float(payload)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def whole(low: int, high: int, digits: int = 3) -> Read:
    """A whole number; more than the highest is the highest."""

    def read(payload: str, attributes: Attributes) -> Value | None:
        del attributes
        fine = payload.isascii() and payload.isdecimal() and len(payload) <= digits
        return min(high, int(payload)) if fine and int(payload) >= low else None

    return read


def ranged(low: str, high: str, lowest: float, highest: float) -> Read:
    """A number in the range that the house's entity tells."""

    def read(payload: str, attributes: Attributes) -> Value | None:
        number = _number(payload)
        bounds = [float(attributes.get(name, usual)) for name, usual in ((low, lowest), (high, highest))]
        if number is None or not bounds[0] <= number <= bounds[1]:
            return None
        return int(number) if number.is_integer() else number

    return read


def one_of(listed: str) -> Read:
    """One of a list that the house's entity tells."""

    def read(payload: str, attributes: Attributes) -> Value | None:
        choices = attributes.get(listed)
        return payload if isinstance(choices, list | tuple) and payload in choices else None

    return read


def numbers(count: int, top: float) -> Read:
    """Parts of a colour."""

    def read(payload: str, attributes: Attributes) -> Value | None:
        del attributes
        parts = tuple(number for part in payload.split(",", 8) if (number := _number(part)) is not None)
        fine = len(parts) == count == payload.count(",") + 1
        return parts if fine and all(0 <= part <= top for part in parts) else None

    return read


def written(payload: str, attributes: Attributes) -> Value | None:
    """Any short text."""
    del attributes
    return payload if 0 < len(payload) <= FULL else None


# --- kinds --------------------------------------------------------------------------------------------------

_ON_OFF = words(ON="on", OFF="off")


def _main(read: Read | None, start: str = "off", *, reports: bool = True) -> Part:
    command = "command_topic" if read else ""
    return Part("", "state", read, command, "state_topic" if reports else "", start=start)


def _pair(name: str, read: Read | None, attribute: str = "", needs: str = "") -> Part:
    """Parts whose options are named alike."""
    command = f"{name}_command_topic" if read else ""
    state = f"{name}_state_topic"
    return Part(name, attribute or name, read, command, state, needs or attribute or name)


def _color(mode: str, count: int, top: float, start: Value) -> Part:
    return Part(
        mode, f"{mode}_color", numbers(count, top), f"{mode}_command_topic", f"{mode}_state_topic",
        mode=mode, start=start,
    )  # fmt: skip


_POSITION = whole(0, 100)
_TEMPERATURE = ranged("min_temp", "max_temp", 5, 95)
_HUMIDITY = ranged("min_humidity", "max_humidity", 0, 100)

PARTS: Mapping[str, tuple[Part, ...]] = {
    "light": (
        _main(_ON_OFF),
        Part(
            "brightness", "brightness", whole(0, FULL), "brightness_command_topic", "brightness_state_topic",
            mode="brightness", start=FULL,
        ),
        Part(
            "color_temp", "color_temp_kelvin", whole(1_000, 40_000, 5), "color_temp_command_topic",
            "color_temp_state_topic", mode="color_temp", start=2_700,
        ),
        _color("hs", 2, 360, (0.0, 0.0)), _color("xy", 2, 1, (0.32, 0.33)),
        _color("rgb", 3, FULL, (255, 255, 255)), _color("rgbw", 4, FULL, (255, 255, 255, 0)),
        _color("rgbww", 5, FULL, (255, 255, 255, 0, 0)),
        Part(
            "effect", "effect", one_of("effect_list"), "effect_command_topic", "effect_state_topic",
            "effect_list",
        ),
    ),
    "switch": (_main(_ON_OFF),),
    "sensor": (_main(None, "unknown"),),
    "binary_sensor": (_main(None),),
    "cover": (
        _main(words(OPEN="open", CLOSE="closed", STOP=""), "closed"),
        Part("position", "current_position", _POSITION, "set_position_topic", "position_topic",
             "current_position"),
        Part("tilt", "current_tilt_position", _POSITION, "tilt_command_topic", "tilt_status_topic",
             "current_tilt_position"),
    ),
    "valve": (_main(words(OPEN="open", CLOSE="closed", STOP=""), "closed"),),
    "lock": (_main(words(LOCK="locked", UNLOCK="unlocked", OPEN="open"), "locked"),),
    "alarm_control_panel": (
        _main(
            words(DISARM="disarmed", ARM_HOME="armed_home", ARM_AWAY="armed_away", ARM_NIGHT="armed_night"),
            "disarmed",
        ),
    ),
    "fan": (
        _main(_ON_OFF),
        _pair("percentage", _POSITION),
        _pair("preset_mode", one_of("preset_modes"), needs="preset_modes"),
        _pair("oscillation", words(oscillate_on="on", oscillate_off="off"), "oscillating"),
        _pair("direction", words(forward="forward", reverse="reverse")),
    ),
    "climate": (
        Part("mode", "state", one_of("hvac_modes"), "mode_command_topic", "mode_state_topic", start="off"),
        _pair("temperature", _TEMPERATURE),
        _pair("temperature_high", _TEMPERATURE, "target_temp_high"),
        _pair("temperature_low", _TEMPERATURE, "target_temp_low"),
        _pair("fan_mode", one_of("fan_modes"), needs="fan_modes"),
        _pair("preset_mode", one_of("preset_modes"), needs="preset_modes"),
        _pair("swing_mode", one_of("swing_modes"), needs="swing_modes"),
        _pair("target_humidity", _HUMIDITY, "humidity"),
        Part("current_temperature", "current_temperature", state="current_temperature_topic",
             needs="current_temperature"),
        Part("action", "hvac_action", state="action_topic", needs="hvac_action"),
    ),
    "water_heater": (
        Part("mode", "state", one_of("operation_list"), "mode_command_topic", "mode_state_topic",
             start="off"),
        _pair("temperature", _TEMPERATURE),
        Part("current_temperature", "current_temperature", state="current_temperature_topic",
             needs="current_temperature"),
    ),
    "humidifier": (
        _main(_ON_OFF),
        Part("humidity", "humidity", _HUMIDITY, "target_humidity_command_topic",
             "target_humidity_state_topic", start=50),
        _pair("mode", one_of("available_modes"), needs="available_modes"),
    ),
    "vacuum": (
        _main(
            words(
                start="cleaning", stop="idle", pause="paused", return_to_base="returning",
                clean_spot="cleaning", locate="",
            ),
            "docked",
        ),
    ),
    "lawn_mower": (
        Part("start", "state", words(start_mowing="mowing"), "start_mowing_command_topic", ""),
        Part("pause", "state", words(pause="paused"), "pause_command_topic", ""),
        Part("dock", "state", words(dock="docked"), "dock_command_topic", ""),
        Part("activity", "state", state="activity_state_topic", start="docked"),
    ),
    "siren": (_main(words(**{'{"state":"ON"}': "on", '{"state":"OFF"}': "off", "ON": "on", "OFF": "off"})),),
    "scene": (_main(words(ON=""), "unknown", reports=False),),
    "button": (_main(words(PRESS=""), "unknown", reports=False),),
    "notify": (_main(written, "unknown", reports=False),),
    "number": (_main(ranged("min", "max", 1, 100), "1"),),
    "select": (_main(one_of("options"), ""),),
    "text": (_main(written, ""),),
    "device_tracker": (_main(None, "home"),),
}  # fmt: skip
"""By domain."""

NAMED_ALIKE = (
    "device_class", "unit_of_measurement", "state_class", "options", "min", "max", "step", "preset_modes",
    "effect_list", "fan_modes", "swing_modes", "min_temp", "max_temp", "min_humidity", "max_humidity",
    "temperature_unit", "fan_speed_list", "available_tones", "code_format",
)  # fmt: skip
"""Attributes that are announced under their own names."""
RENAMED = {
    "hvac_modes": "modes",
    "operation_list": "modes",
    "available_modes": "modes",
    "target_temp_step": "temp_step",
    "min_color_temp_kelvin": "min_kelvin",
    "max_color_temp_kelvin": "max_kelvin",
}
"""Attributes that are announced under another name."""
FIXED: Mapping[str, Mapping[str, object]] = {
    "light": {"on_command_type": "first", "color_temp_kelvin": True},
    "lock": {
        "state_locked": "locked", "state_unlocked": "unlocked", "state_open": "open", "payload_open": "OPEN",
    },
    "valve": {"payload_stop": "STOP"},
    "alarm_control_panel": {"supported_features": ["arm_home", "arm_away", "arm_night"]},
    "fan": {"payload_oscillation_on": "oscillate_on"},
    "vacuum": {
        "supported_features": ["start", "stop", "pause", "return_home", "clean_spot", "locate", "battery"],
    },
    "scene": {"payload_on": "ON"},
}  # fmt: skip
"""What every simulated device of a kind announces."""

StateStyle = Literal["upper", "plain", "json"]
STYLES: Mapping[str, StateStyle] = {
    **dict.fromkeys(("light", "switch", "binary_sensor", "fan", "humidifier", "siren"), "upper"),
    "vacuum": "json",
}  # fmt: skip
"""How the main state is written; the others as it is."""
