"""From a state payload to values of the entity. Pure.

Values are what the house shows: `state` ("on", "off", text of a sensor, or "unknown") and attributes such
as `brightness` (0 to 255). A payload that means nothing gives a reason instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from appliance.mqtt.kinds import Decoder, OptionValue

UNKNOWN = "unknown"
NONE = "None"
"""What devices send to say that they do not know their state."""
MAX_STATE_CHARS = 255
FULL = 255

Value = str | int | float | None
Values = dict[str, Value]


def decode(decoder: Decoder, options: Mapping[str, OptionValue], text: str) -> Values | str:
    """New values, or the reason why this payload says nothing. An empty table changes nothing."""
    return _DECODERS[decoder](options, text)


def _on_off(options: Mapping[str, OptionValue], text: str) -> Values | str:
    if text == (options.get("state_on") or options["payload_on"]):
        return {"state": "on"}
    if text == (options.get("state_off") or options["payload_off"]):
        return {"state": "off"}
    if text == NONE:
        return {"state": UNKNOWN}
    return f"{text[:40]!r} is neither on nor off" if text else {}


def _text(options: Mapping[str, OptionValue], text: str) -> Values | str:
    del options
    if len(text) > MAX_STATE_CHARS:
        return f"a state of {len(text)} characters"
    if text == NONE:
        return {"state": UNKNOWN}
    return {"state": text} if text else {}


def _brightness(options: Mapping[str, OptionValue], text: str) -> Values | str:
    if not text or text == NONE:
        return {}
    level = _level(options, text)
    return f"{text[:40]!r} is no brightness" if level is None else {"brightness": level}


def _level(options: Mapping[str, OptionValue], value: object) -> int | None:
    """A brightness in the device's scale as 0 to 255."""
    scale = float(options.get("brightness_scale", FULL)) or FULL
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return max(0, min(FULL, round(number / scale * FULL)))


def _json_light(options: Mapping[str, OptionValue], text: str) -> Values | str:
    try:
        table = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return "is no JSON"
    if not isinstance(table, dict):
        return "is no table"
    values: Values = {}
    if "state" in table:
        state = {"ON": "on", "OFF": "off", None: UNKNOWN}.get(_plain(table["state"]))
        if state is None:
            return f"{str(table['state'])[:40]!r} is neither on nor off"
        values["state"] = state
    level = _level(options, table.get("brightness"))
    return {**values, "brightness": level} if level is not None else values


def _plain(value: object) -> str | None:
    return value if isinstance(value, str) or value is None else ""


_DECODERS = {"on_off": _on_off, "text": _text, "brightness": _brightness, "json_light": _json_light}


def scaled(level: int, options: Mapping[str, OptionValue]) -> int:
    """A brightness of 0 to 255 in the device's scale; what is not off stays above 0."""
    scale = float(options.get("brightness_scale", FULL)) or FULL
    return max(1, round(level / FULL * scale)) if level > 0 else 0


def tolerance(options: Mapping[str, OptionValue]) -> float:
    """How far, in steps of 255, a reported brightness may lie from the wish: both ends round."""
    scale = float(options.get("brightness_scale", FULL)) or FULL
    return max(2.0, FULL / scale)
