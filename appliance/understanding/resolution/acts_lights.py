"""Lights: brightness, colour, whiteness. Pure."""

from __future__ import annotations

from typing import Any

from appliance.home.entities import Entity
from appliance.understanding.deeds import COLOR, DIM, WARMTH, Call
from appliance.understanding.resolution.acts import STEPS, WHITES, Act, chosen, number_of, whole


def _can(entity: Entity, modes: frozenset[str]) -> bool:
    listed = entity.attributes.get("supported_color_modes")
    return not isinstance(listed, list) or not modes.isdisjoint(str(each) for each in listed)


def light_call(entity: Entity, act: Act) -> Call | None:
    """What a light does."""
    if act.about not in {"", "brightness", "color", "color_temp"}:
        return None
    if act.kind in {"off", "stop"} and not act.valued:
        return "turn_off", {}
    if act.kind == "toggle":
        return "toggle", {}
    if act.kind in {"on", "start", "activate"} and not act.valued:
        return "turn_on", {}
    if act.kind in {"on", "set", "dim", "brighten", "select"} and act.valued and not act.by:
        return _light_value(entity, act)
    sign = {"dim": -1, "brighten": 1}.get(act.kind, act.sign)
    if (
        act.kind in {"change", "dim", "brighten"}
        and sign
        and _can(entity, DIM)
        and not act.level
        and not act.mode
    ):
        if act.unit not in {"", "percent", "steps"} or act.color:
            return None
        step = act.number if act.number is not None else STEPS[act.amount]
        return "turn_on", {"brightness_step_pct": whole(sign * step)}
    return None


def _light_value(entity: Entity, act: Act) -> Call | None:
    data: dict[str, Any] = {}
    if act.mode or act.option:
        effect = chosen(entity, "effect_list", act.option or act.mode)
        return ("turn_on", {"effect": effect}) if effect else None
    if act.color:
        if not _can(entity, COLOR):
            return _white(entity, act)
        data["color_name"] = act.color
    kelvin = WHITES.get(act.level)
    if act.unit == "kelvin" or (act.about == "color_temp" and act.number is not None and act.number >= 1000):
        kelvin = int(act.number or 0)
    if kelvin:
        return _kelvin(entity, kelvin)
    if act.about != "color_temp" and (act.number is not None or act.level):
        if act.percent is None or not _can(entity, DIM):
            return None
        data["brightness_pct"] = whole(act.percent)
    return ("turn_on", data) if data else None


def _white(entity: Entity, act: Act) -> Call | None:
    return _kelvin(entity, 4000) if act.color == "white" and act.number is None else None


def _kelvin(entity: Entity, kelvin: int) -> Call | None:
    low = number_of(entity, "min_color_temp_kelvin") or 1000
    high = number_of(entity, "max_color_temp_kelvin") or 10_000
    if not _can(entity, WARMTH):
        return None
    return "turn_on", {"color_temp_kelvin": int(min(max(kelvin, low), high))}
