"""Thermostats and humidifiers. Pure."""

from __future__ import annotations

from appliance.home.entities import Entity
from appliance.understanding.deeds import Call
from appliance.understanding.resolution.acts import DEGREES, Act, chosen, features, number_of, whole
from appliance.understanding.resolution.acts_openings import on_off_call


def climate_call(entity: Entity, act: Act) -> Call | None:
    """What a thermostat or water heater does."""
    if act.about not in {"", "temperature", "humidity", "mode", "speed"} or act.color:
        return None
    if act.about == "humidity":
        return _humidity(act)
    if act.about == "speed" or act.option:
        mode = chosen(
            entity, "fan_modes" if act.about == "speed" else "preset_modes", act.option or act.level
        )
        key = "fan_mode" if act.about == "speed" else "preset_mode"
        return (f"set_{key}", {key: mode}) if mode else None
    if act.number is not None and act.unit not in {"percent", "kelvin"} and not act.by and not act.sign:
        return _temperature(entity, act)
    if act.mode:
        return _climate_mode(entity, act)
    if act.valued and act.number is None:
        return None
    sign = {"heat": 1, "cool": -1}.get(act.kind, act.sign)
    if act.kind in {"change", "heat", "cool"} and sign and act.unit != "percent":
        return _changed_temperature(entity, act, sign)
    if entity.domain == "climate" or act.kind in {"on", "off"}:
        return on_off_call(entity, act) if act.kind != "toggle" else None
    return None


def _temperature(entity: Entity, act: Act) -> Call | None:
    if act.kind not in {"set", "heat", "cool", "on", "up", "down"}:
        return None
    value = _in_unit(entity, act)
    if not _in_range(entity, value):
        return None
    return "set_temperature", {"temperature": whole(value)}


def _in_unit(entity: Entity, act: Act) -> float:
    """The number in the unit of the thermostat."""
    value = act.number or 0.0
    if act.unit == "celsius" and _unit(entity) == "°F":
        return value * 9 / 5 + 32
    if act.unit == "fahrenheit" and _unit(entity) == "°C":
        return (value - 32) * 5 / 9
    return value


def _unit(entity: Entity) -> str:
    """As it says itself; else what its temperatures look like; "" when it shows none."""
    for name in ("temperature_unit", "unit_of_measurement"):
        if entity.attributes.get(name):
            return str(entity.attributes[name])
    shown = [number_of(entity, name) for name in ("temperature", "current_temperature", "max_temp")]
    known = [each for each in shown if each is not None]
    return ("°C" if max(known) <= 45 else "°F") if known else ""


def _in_range(entity: Entity, value: float) -> bool:
    """Within its own limits; without any, within what a room or a boiler is ever set to."""
    low, high = number_of(entity, "min_temp"), number_of(entity, "max_temp")
    usual = 90 if entity.domain == "water_heater" or _unit(entity) != "°C" else 40
    return (low if low is not None else 3) <= value <= (high if high is not None else usual)


def _changed_temperature(entity: Entity, act: Act, sign: int) -> Call | None:
    now = number_of(entity, "temperature")
    if now is None or not features(entity, "target_temperature", "target_temperature_range"):
        return None
    size = act.number if act.number is not None else DEGREES[act.amount]
    value = now + sign * size
    return ("set_temperature", {"temperature": whole(value)}) if _in_range(entity, value) else None


def _climate_mode(entity: Entity, act: Act) -> Call | None:
    if act.kind not in {"set", "on", "select", "activate", "start"}:
        return None
    for attribute, service, key in (
        ("hvac_modes", "set_hvac_mode", "hvac_mode"), ("preset_modes", "set_preset_mode", "preset_mode"),
    ):  # fmt: skip
        found = chosen(entity, attribute, act.mode)
        if found:
            return service, {key: found}
    if act.mode == "auto" and (found := chosen(entity, "hvac_modes", "heat_cool")):
        return "set_hvac_mode", {"hvac_mode": found}
    return None


def _humidity(act: Act) -> Call | None:
    if act.kind == "set" and act.number is not None and act.percent is not None:
        return "set_humidity", {"humidity": whole(act.percent)}
    return None


def humidifier_call(entity: Entity, act: Act) -> Call | None:
    """What a humidifier does."""
    if act.about in {"", "humidity"} and act.number is not None and act.kind in {"set", "on"} and not act.by:
        return ("set_humidity", {"humidity": whole(act.number)}) if act.percent is not None else None
    if act.kind == "change" and (now := number_of(entity, "humidity")) is not None:
        size = act.number if act.number is not None else 5
        return "set_humidity", {"humidity": whole(min(100, max(0, now + act.sign * size)))}
    if act.mode or act.option:
        mode = chosen(entity, "available_modes", act.mode or act.option)
        return ("set_mode", {"mode": mode}) if mode else None
    return on_off_call(entity, act)
