"""Lights: on, off, brightness, colours, temperatures and effects, in all three schemas."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.home.actions.fields import Field, number, text
from appliance.home.actions.light_colors import COLOR_NAMES, Look, fitting
from appliance.home.actions.plans import Near, Plan, Publish, Refusal, Wishes, publish
from appliance.home.actions.table import Service, Services, choices, chosen, no_choice
from appliance.mqtt import decoding
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import FULL, Known, colors

_LEVELS = {
    "brightness": (FULL, False),
    "brightness_pct": (100, False),
    "brightness_step": (FULL, True),
    "brightness_step_pct": (100, True),
}
"""Data of `light.turn_on`: the value of full brightness, and whether it is a change."""
_COLORS = (
    "color_name", "rgb_color", "rgbw_color", "rgbww_color", "hs_color", "xy_color", "color_temp_kelvin",
    "kelvin", "color_temp", "white",
)  # fmt: skip
_HOW = ("transition", "flash")
_FIELDS = (
    number("brightness", 0, FULL), number("brightness_pct", 0, 100, "brightness"),
    number("brightness_step", -FULL, FULL, "brightness"),
    number("brightness_step_pct", -100, 100, "brightness"),
    text("color_name", "colour"),
    Field("rgb_color", "numbers", 0, FULL, 3, words="colour"),
    Field("rgbw_color", "numbers", 0, FULL, 4, words="colour"),
    Field("rgbww_color", "numbers", 0, FULL, 5, words="colour"),
    Field("hs_color", "numbers", 0, 360, 2, words="colour"),
    Field("xy_color", "numbers", 0, 1, 2, words="colour"),
    number("color_temp_kelvin", 1_000, 40_000, "colour temperature"),
    number("kelvin", 1_000, 40_000, "colour temperature"),
    number("color_temp", 25, 1_000, "colour temperature"),
    number("white", 0, FULL),
    text("effect"), number("transition", 0, 6_553), text("flash"),
)  # fmt: skip
_OFF = (number("transition", 0, 6_553), text("flash"))


class _Wanted(msgspec.Struct, frozen=True):
    """What `light.turn_on` was asked for, in what this light understands."""

    level: int | None
    look: Look | None
    effect: str | None
    how: dict[str, Any]


# --- what is asked for ------------------------------------------------------------------------------------


def _on(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    level = _level(entity, data, known)
    if isinstance(level, Refusal):
        return level
    look = _look(entity, data)
    if isinstance(look, Refusal):
        return look
    effect = _effect(entity, data)
    if isinstance(effect, Refusal):
        return effect
    if level == 0:
        return _off(entity, {}, known)
    wanted = _Wanted(level, look, effect, {name: data[name] for name in _HOW if name in data})
    if look is not None and look.mode == "white":
        wanted = msgspec.structs.replace(wanted, level=int(look.parts[0]))
    send = {"json": _json_on, "template": _template_on}.get(entity.schema, _default_on)
    return Plan(send(entity, wanted, known), _wishes(entity, wanted))


def dimmable(entity: Announced) -> bool:
    """Does it know any brightness but off and on?"""
    return choices(entity, "supported_color_modes") != ("onoff",)


def _level(entity: Announced, data: dict[str, Any], known: Known) -> int | Refusal | None:
    """The brightness asked for, 0 to 255."""
    given = [name for name in _LEVELS if name in data]
    if not given:
        return None
    if len(given) > 1:
        return Refusal(f"cannot change its {given[1].replace('_', ' ')} as well")
    if not dimmable(entity):
        return Refusal("cannot be dimmed")
    top, relative = _LEVELS[given[0]]
    start = known.get("brightness") if relative else 0
    if relative and known.get("state") == "off":
        start = 0
    if not isinstance(start, int | float):
        return Refusal("has not said how bright it is")
    return int(max(0, min(FULL, round(start + data[given[0]] * FULL / top))))


def _look(entity: Announced, data: dict[str, Any]) -> Look | Refusal | None:
    given = [name for name in _COLORS if name in data]
    if not given:
        return None
    if len(given) > 1:
        return Refusal("cannot have two colours at once")
    name, value = given[0], data[given[0]]
    if name == "color_name" and value.casefold().replace(" ", "") not in COLOR_NAMES:
        return Refusal(f"does not know a colour of {value[:40]!r}")
    if name == "hs_color" and value[1] > 100:
        return Refusal("does not know a saturation above 100")
    look = fitting(entity, name, value)
    if look is None:
        wish = "colour temperature" if name in {"color_temp_kelvin", "kelvin", "color_temp"} else "colour"
        return Refusal(f"cannot change its {wish}")
    return look


def _effect(entity: Announced, data: dict[str, Any]) -> str | Refusal | None:
    if "effect" not in data:
        return None
    found = chosen(entity, "effect_list", data["effect"])
    listed = choices(entity, "effect_list")
    if found is None or (entity.schema == "default" and "effect" not in entity.commands):
        return no_choice("effect", data["effect"], listed)
    return found


def _wishes(entity: Announced, wanted: _Wanted) -> Wishes:
    wishes: Wishes = {"state": "on"}
    if wanted.level is not None:
        wishes["brightness"] = Near(wanted.level, decoding.tolerance(entity.options))
    if wanted.look is not None and wanted.look.wish is not None:
        name, wish = wanted.look.wish
        wishes[name] = wish
    if wanted.effect is not None:
        wishes["effect"] = wanted.effect
    return wishes


# --- how it is said ---------------------------------------------------------------------------------------


def _off(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    wanted: Wishes = {"state": "off"}
    if entity.schema == "json":
        told = _json({"state": "OFF", **_json_how(entity, data)})
        return Plan((publish(entity.commands["state"], told),), wanted)
    if entity.schema == "template":
        variables = {"state": False, **data}
        return Plan((publish(entity.commands["off"], "None", variables),), wanted)
    return Plan((publish(entity.commands["state"], str(entity.options["payload_off"])),), wanted)


def _default_on(entity: Announced, wanted: _Wanted, known: Known) -> tuple[Publish, ...]:
    """Order and number of messages as `on_command_type` says."""
    on = publish(entity.commands["state"], str(entity.options["payload_on"]))
    kind = entity.options["on_command_type"]
    white = wanted.look is not None and wanted.look.mode == "white"
    if kind == "brightness" and wanted.level is None and not white and dimmable(entity):
        last = known.get("brightness")
        level = int(last) if isinstance(last, int | float) and last else FULL
        wanted = msgspec.structs.replace(wanted, level=level)
    details = _default_details(entity, wanted, known)
    if kind == "brightness" and details:
        return details
    return (on, *details) if kind == "first" else (*details, on)


def _default_details(entity: Announced, wanted: _Wanted, known: Known) -> tuple[Publish, ...]:
    steps: list[Publish] = []
    look, level = wanted.look, wanted.level
    if look is not None and look.mode not in {"color_temp", "white"}:
        steps.append(_default_color(entity, look.mode, look.parts, level, known))
    if level is not None and not (look is not None and look.mode == "white"):
        steps.extend(_default_level(entity, level, look, known))
    if look is not None and look.mode == "color_temp":
        steps.append(publish(entity.commands["color_temp"], _warmth(entity, look)))
    if wanted.effect is not None:
        steps.append(publish(entity.commands["effect"], wanted.effect))
    if look is not None and look.mode == "white":
        steps.append(publish(entity.commands["white"], _scaled_white(entity, look)))
    return tuple(steps)


def _default_level(entity: Announced, level: int, look: Look | None, known: Known) -> list[Publish]:
    """By its own topic, or else by the channels of its colour."""
    if "brightness" in entity.commands:
        return [publish(entity.commands["brightness"], decoding.scaled(level, entity.options))]
    if look is not None and look.mode in {"rgb", "rgbw", "rgbww"}:
        return []
    for mode in ("rgb", "rgbw", "rgbww"):
        if mode in entity.commands:
            last = known.get(f"{mode}_color")
            parts = last if isinstance(last, tuple) else (FULL,) * len(mode)
            return [_default_color(entity, mode, parts, level, known)]
    return []


_VARIABLES = {
    "hs": ("hue", "sat"), "xy": ("x", "y"), "rgb": ("red", "green", "blue"),
    "rgbw": ("red", "green", "blue", "white"),
    "rgbww": ("red", "green", "blue", "cold_white", "warm_white"),
}  # fmt: skip


def _default_color(
    entity: Announced, mode: str, parts: tuple[float, ...], level: int | None, known: Known
) -> Publish:
    if mode in {"rgb", "rgbw", "rgbww"}:
        bright = FULL if "brightness" in entity.commands else level or known.get("brightness") or FULL
        factor = float(bright) / FULL if isinstance(bright, int | float) else 1.0
        parts = tuple(int(part * factor) for part in parts)
    value = ",".join(f"{part:g}" if mode == "hs" else str(part) for part in parts)
    return publish(entity.commands[mode], value, dict(zip(_VARIABLES[mode], parts, strict=True)))


def _warmth(entity: Announced, look: Look) -> int:
    """In what this light counts: kelvin or mireds."""
    return int(look.parts[0]) if entity.options["color_temp_kelvin"] else colors.mireds(look.parts[0])


def _scaled_white(entity: Announced, look: Look) -> int:
    scale = entity.options["white_scale"]
    top = float(scale) if isinstance(scale, int | float) else FULL
    return max(1, min(round(look.parts[0] / FULL * top), int(top)))


_PARTS = {"hs": "hs", "xy": "xy", "rgb": "rgb", "rgbw": "rgbw", "rgbww": "rgbcw"}


def _json_on(entity: Announced, wanted: _Wanted, known: Known) -> tuple[Publish, ...]:
    del known
    table: dict[str, object] = {"state": "ON", **_json_how(entity, wanted.how)}
    look, level = wanted.look, wanted.level
    if look is not None and look.mode == "color_temp":
        table["color_temp"] = _warmth(entity, look)
    elif look is not None and look.mode == "white":
        table["white"] = _scaled_white(entity, look)
        level = None
    elif look is not None:
        parts, level = _json_parts(entity, look, level)
        table["color"] = dict(zip(_PARTS[look.mode], parts, strict=True))
    if level is not None:
        table["brightness"] = decoding.scaled(level, entity.options)
    if wanted.effect is not None:
        table["effect"] = wanted.effect
    return (publish(entity.commands["state"], _json(table)),)


def _json_parts(entity: Announced, look: Look, level: int | None) -> tuple[tuple[float, ...], int | None]:
    """Without a brightness of its own, the channels carry it."""
    if look.mode not in {"rgb", "rgbw", "rgbww"} or entity.options["brightness"] or level is None:
        return look.parts, level
    return tuple(round(part / FULL * level) for part in look.parts), None


def _json_how(entity: Announced, how: dict[str, Any]) -> dict[str, object]:
    table: dict[str, object] = {}
    if "transition" in how:
        table["transition"] = how["transition"]
    if how.get("flash") in {"short", "long"}:
        table["flash"] = entity.options[f"flash_time_{how['flash']}"]
    return table


def _template_on(entity: Announced, wanted: _Wanted, known: Known) -> tuple[Publish, ...]:
    variables: dict[str, object] = {"state": True, **wanted.how}
    look = wanted.look
    if wanted.level is not None:
        variables["brightness"] = wanted.level
    if look is not None and look.mode == "color_temp":
        variables["color_temp"] = _warmth(entity, look)
    elif look is not None:
        hue, saturation = look.parts[0], look.parts[1]
        factor = _template_factor(entity, wanted.level, known)
        rgb = (round(part * factor) for part in colors.hs_to_rgb(hue, saturation))
        variables |= dict(zip(("red", "green", "blue"), rgb, strict=True))
        variables |= {"hue": hue, "sat": saturation}
    if wanted.effect is not None:
        variables["effect"] = wanted.effect
    return (publish(entity.commands["on"], "None", variables),)


def _template_factor(entity: Announced, level: int | None, known: Known) -> float:
    """Without a brightness of its own, the channels carry it."""
    if any(source.decoder == "brightness" for source in entity.sources):
        return 1.0
    bright = level if level is not None else known.get("brightness")
    return float(bright) / FULL if isinstance(bright, int | float) else 1.0


def _json(table: dict[str, object]) -> str:
    return msgspec.json.encode(table).decode()


SERVICES: Services = {
    ("light", "turn_on"): Service(_on, _FIELDS),
    ("light", "turn_off"): Service(_off, _OFF),
}
