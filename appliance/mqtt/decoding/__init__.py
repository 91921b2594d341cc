"""From a state payload to values of the entity. Pure.

Values are what the house shows: `state` and attributes in Home Assistant's names and units (brightness 0 to
255, positions and speeds in percent, temperatures of light in kelvin). A payload that means nothing gives
a reason instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.mqtt.decoding import lights, openings, plain, tables
from appliance.mqtt.decoding.base import (
    FULL,
    NONE,
    UNKNOWN,
    Known,
    Options,
    Reader,
    Saying,
    Value,
    Values,
)
from appliance.mqtt.decoding.lights import scaled, tolerance
from appliance.mqtt.kinds.rows import Decoder

__all__ = [
    "DECODERS", "FULL", "NONE", "REPORTS", "UNKNOWN", "Known", "Options", "Value", "Values", "decode",
    "scaled", "tolerance",
]  # fmt: skip

NOTHING: Known = {}

DECODERS: Mapping[Decoder, Reader] = {
    "on_off": plain.on_off,
    "text": plain.text,
    "word": plain.word,
    "number": plain.number,
    "whole": plain.whole,
    "listed": plain.listed,
    "speed": plain.speed,
    "oscillation": plain.oscillation,
    "alarm": plain.alarm,
    "mower": plain.mower,
    "number_state": plain.number_state,
    "select": plain.select,
    "event": plain.event,
    "update": plain.update,
    "version": plain.version,
    "tracker": plain.tracker,
    "light_word": plain.light_word,
    "brightness": lights.brightness,
    "color_temp": lights.color_temp,
    "color_mode": lights.color_mode,
    "hs": lights.pair("hs", 360),
    "xy": lights.pair("xy", 1),
    "rgb": lights.channels("rgb"),
    "rgbw": lights.channels("rgbw"),
    "rgbww": lights.channels("rgbww"),
    "rgb_scaled": lights.channels("rgb", scaled=True),
    "rgbw_scaled": lights.channels("rgbw", scaled=True),
    "rgbww_scaled": lights.channels("rgbww", scaled=True),
    "channel": lights.channel,
    "json_light": lights.json_light,
    "cover_state": openings.cover_state,
    "cover_position": openings.cover_position,
    "cover_position_state": openings.cover_position_state,
    "cover_tilt": openings.cover_tilt,
    "valve": openings.valve,
    "lock": openings.lock,
    "vacuum": tables.vacuum,
    "siren": tables.siren,
    "attributes": tables.attributes,
}

_LIGHT = ("state", "brightness", "color_mode", "color_temp_kelvin", "effect")
_COLORS = ("hs_color", "xy_color", "rgb_color", "rgbw_color", "rgbww_color")
REPORTS: Mapping[Decoder, tuple[str, ...]] = {
    "json_light": (*_LIGHT, *_COLORS),
    "rgb_scaled": ("rgb_color", "brightness"),
    "rgbw_scaled": ("rgbw_color", "brightness"),
    "rgbww_scaled": ("rgbww_color", "brightness"),
    "channel": ("hs_color",),
    "cover_position_state": ("state", "current_position"),
    "valve": ("state", "current_position"),
    "vacuum": ("state", "fan_speed"),
    "siren": ("state",),
    "update": ("state",),
    "attributes": (),
}
"""What decoders report that report anything but their own attribute."""


def decode(
    decoder: Decoder,
    options: Options,
    text: str,
    known: Known = NOTHING,
    *,
    attribute: str = "state",
    choices: str = "",
) -> Values | str:
    """New values, or the reason why this payload says nothing. An empty table changes nothing.

    `known` is what the entity's other messages said before.
    """
    return DECODERS[decoder](Saying(text, options, known, attribute, choices))
