"""What moves, heats, cools, dries and wets: fans, climate devices, water heaters, humidifiers."""

from __future__ import annotations

from appliance.mqtt.kinds.rows import (
    DEVICE_CLASS,
    OPTIMISTIC,
    PAYLOADS,
    STATE_VALUE,
    Command,
    Decoder,
    Kind,
    Option,
    Source,
)

RESET = "None"


def _told(name: str) -> Command:
    return Command(name, f"{name}_command_topic", f"{name}_command_template")


def _heard(topic: str, decoder: Decoder, attribute: str, *, choices: str = "", template: str = "") -> Source:
    """Climate devices fall back to `value_template`."""
    own = template or f"{topic}_template"
    return Source(f"{topic}_topic", (own, "value_template"), decoder, attribute, choices)


FAN = Kind(
    sources=(
        Source("state_topic", STATE_VALUE, "on_off"),
        Source("percentage_state_topic", ("percentage_value_template",), "speed", "percentage"),
        Source(
            "preset_mode_state_topic", ("preset_mode_value_template",), "listed", "preset_mode",
            "preset_modes",
        ),
        Source("oscillation_state_topic", ("oscillation_value_template",), "oscillation", "oscillating"),
        Source("direction_state_topic", ("direction_value_template",), "word", "direction"),
    ),
    commands=(
        Command("state", "command_topic", "command_template"),
        _told("percentage"), _told("preset_mode"), _told("oscillation"), _told("direction"),
    ),
    options=(
        *PAYLOADS, OPTIMISTIC,
        Option("preset_modes", "list", (), "preset_modes"),
        Option("speed_range_min", "number", 1, low=1), Option("speed_range_max", "number", 100, low=2),
        Option("payload_oscillation_on", "text", "oscillate_on"),
        Option("payload_oscillation_off", "text", "oscillate_off"),
        Option("payload_reset_percentage", "text", RESET),
        Option("payload_reset_preset_mode", "text", RESET),
    ),
    required=("command_topic",),
)  # fmt: skip

_TEMPERATURES = (
    Option("min_temp", "number", -1e6, low=-1e6, high=1e6),
    Option("max_temp", "number", 1e6, low=-1e6, high=1e6),
    Option("temp_step", "number", 1.0),
    Option("temperature_unit", "text", ""),
    Option("precision", "number", 0),
)
_HUMIDITIES = (
    Option("min_humidity", "number", 0, high=100),
    Option("max_humidity", "number", 100, high=100),
)
CLIMATE = Kind(
    sources=(
        _heard("mode_state", "listed", "state", choices="modes"),
        _heard("current_temperature", "number", "current_temperature"),
        _heard("current_humidity", "number", "current_humidity"),
        _heard("temperature_state", "number", "temperature"),
        _heard("temperature_high_state", "number", "target_temp_high"),
        _heard("temperature_low_state", "number", "target_temp_low"),
        _heard("target_humidity_state", "number", "humidity"),
        _heard("action", "word", "hvac_action"),
        _heard("fan_mode_state", "listed", "fan_mode", choices="fan_modes"),
        _heard("swing_mode_state", "listed", "swing_mode", choices="swing_modes"),
        _heard(
            "swing_horizontal_mode_state", "listed", "swing_horizontal_mode",
            choices="swing_horizontal_modes",
        ),
        _heard(
            "preset_mode_state", "listed", "preset_mode", choices="preset_modes",
            template="preset_mode_value_template",
        ),
    ),
    commands=(
        _told("mode"), _told("power"), _told("temperature"), _told("temperature_high"),
        _told("temperature_low"), _told("target_humidity"), _told("fan_mode"), _told("swing_mode"),
        _told("swing_horizontal_mode"), _told("preset_mode"),
    ),
    options=(
        *PAYLOADS, OPTIMISTIC,
        Option("modes", "list", ("auto", "off", "cool", "heat", "dry", "fan_only"), "hvac_modes"),
        Option("fan_modes", "list", ("auto", "low", "medium", "high")),
        Option("swing_modes", "list", ("on", "off")),
        Option("swing_horizontal_modes", "list", ("on", "off")),
        Option("preset_modes", "list", ()),
        *_TEMPERATURES, *_HUMIDITIES,
    ),
)  # fmt: skip
WATER_HEATER = Kind(
    sources=(
        _heard("mode_state", "listed", "state", choices="modes"),
        _heard("current_temperature", "number", "current_temperature"),
        _heard("temperature_state", "number", "temperature"),
    ),
    commands=(_told("mode"), _told("power"), _told("temperature")),
    options=(
        *PAYLOADS, OPTIMISTIC,
        Option(
            "modes", "list",
            ("eco", "electric", "gas", "heat_pump", "high_demand", "performance", "off"), "operation_list",
        ),
        *_TEMPERATURES,
    ),
)  # fmt: skip
HUMIDIFIER = Kind(
    sources=(
        Source("state_topic", STATE_VALUE, "on_off"),
        Source("target_humidity_state_topic", ("target_humidity_state_template",), "whole", "humidity"),
        Source("current_humidity_topic", ("current_humidity_template",), "whole", "current_humidity"),
        Source("mode_state_topic", ("mode_state_template",), "listed", "mode", "modes"),
        Source("action_topic", ("action_template",), "word", "action"),
    ),
    commands=(
        Command("state", "command_topic", "command_template"), _told("target_humidity"), _told("mode"),
    ),
    options=(
        *PAYLOADS, OPTIMISTIC, DEVICE_CLASS, Option("modes", "list", (), "available_modes"), *_HUMIDITIES,
    ),
    required=("command_topic", "target_humidity_command_topic"),
)  # fmt: skip
