"""Lights in their three schemas."""

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

_SCALE = Option("brightness_scale", "number", 255, low=1)
_WHITE_SCALE = Option("white_scale", "number", 255, low=1)
_WARMTH = (
    Option("color_temp_kelvin", "bool", default=False),
    Option("min_mireds", "number", 0),
    Option("max_mireds", "number", 0),
    Option("min_kelvin", "number", 0),
    Option("max_kelvin", "number", 0),
)
_EFFECTS = Option("effect_list", "list", (), "effect_list")
_FLASH = (Option("flash_time_short", "number", 2), Option("flash_time_long", "number", 10))


def _color(name: str, decoder: Decoder) -> Source:
    return Source(f"{name}_state_topic", (f"{name}_value_template",), decoder, f"{name}_color")


def _scaled(name: str, plain: Decoder, scaled: Decoder) -> tuple[Source, Source]:
    """Without a brightness of its own, the brightest channel is the brightness."""
    topic, templates, attribute = f"{name}_state_topic", (f"{name}_value_template",), f"{name}_color"
    return (
        Source(topic, templates, plain, attribute, given="brightness_state_topic"),
        Source(topic, templates, scaled, attribute, missing="brightness_state_topic"),
    )


def _told(name: str) -> Command:
    return Command(name, f"{name}_command_topic", f"{name}_command_template")


DEFAULT = Kind(
    sources=(
        Source("state_topic", STATE_VALUE, "on_off"),
        Source("brightness_state_topic", ("brightness_value_template",), "brightness", "brightness"),
        Source("color_mode_state_topic", ("color_mode_value_template",), "color_mode", "color_mode"),
        Source("color_temp_state_topic", ("color_temp_value_template",), "color_temp", "color_temp_kelvin"),
        Source("effect_state_topic", ("effect_value_template",), "word", "effect"),
        *_scaled("rgb", "rgb", "rgb_scaled"),
        *_scaled("rgbw", "rgbw", "rgbw_scaled"),
        *_scaled("rgbww", "rgbww", "rgbww_scaled"),
        _color("hs", "hs"),
        _color("xy", "xy"),
    ),
    commands=(
        Command("state", "command_topic"),
        _told("brightness"),
        _told("color_temp"),
        _told("effect"),
        _told("rgb"),
        _told("rgbw"),
        _told("rgbww"),
        _told("hs"),
        _told("xy"),
        Command("white", "white_command_topic"),
    ),
    options=(
        *PAYLOADS,
        OPTIMISTIC,
        _SCALE,
        _WHITE_SCALE,
        *_WARMTH,
        _EFFECTS,
        Option("on_command_type", "text", "last"),
        DEVICE_CLASS,
    ),
    required=("command_topic",),
)
JSON = Kind(
    sources=(Source("state_topic", (), "json_light"),),
    commands=(Command("state", "command_topic"),),
    options=(
        OPTIMISTIC,
        _SCALE,
        _WHITE_SCALE,
        *_WARMTH,
        _EFFECTS,
        *_FLASH,
        Option("brightness", "bool", default=False),
        Option("effect", "bool", default=False),
        Option("supported_color_modes", "list", ()),
    ),
    required=("command_topic",),
)
TEMPLATE = Kind(
    sources=(
        Source("state_topic", ("state_template",), "light_word", given="state_template"),
        Source(
            "state_topic", ("brightness_template",), "brightness", "brightness", given="brightness_template"
        ),
        Source(
            "state_topic",
            ("color_temp_template",),
            "color_temp",
            "color_temp_kelvin",
            given="color_temp_template",
        ),
        Source("state_topic", ("red_template",), "channel", "red", given="red_template"),
        Source("state_topic", ("green_template",), "channel", "green", given="green_template"),
        Source("state_topic", ("blue_template",), "channel", "blue", given="blue_template"),
        Source("state_topic", ("effect_template",), "word", "effect", given="effect_template"),
    ),
    commands=(
        Command("on", "command_topic", "command_on_template"),
        Command("off", "command_topic", "command_off_template"),
    ),
    options=(OPTIMISTIC, *_WARMTH, _EFFECTS),
    required=("command_topic", "command_on_template", "command_off_template"),
)
