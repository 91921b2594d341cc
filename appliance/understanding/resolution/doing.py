"""Which service does a wish, by domain. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from appliance.home.entities import Entity
from appliance.understanding.deeds import Call
from appliance.understanding.resolution.acts import Act, chosen, number_of, whole
from appliance.understanding.resolution.acts_air import climate_call, humidifier_call
from appliance.understanding.resolution.acts_lights import light_call
from appliance.understanding.resolution.acts_media import media_call
from appliance.understanding.resolution.acts_openings import fan_call, lock_call, on_off_call, opening_call


def _by_table(services: dict[str, str]) -> Callable[[Entity, Act], Call | None]:
    def call(entity: Entity, act: Act) -> Call | None:
        del entity
        service = services.get(act.kind)
        return (service, {}) if service and not act.valued and not act.about else None

    return call


_VACUUM = _by_table({
    "on": "start", "start": "start", "clean": "start", "play": "start", "off": "return_to_base",
    "dock": "return_to_base", "pause": "pause", "stop": "stop", "locate": "locate",
})  # fmt: skip

_MOWER = _by_table(
    {
        "on": "start_mowing",
        "start": "start_mowing",
        "mow": "start_mowing",
        "play": "start_mowing",
        "off": "dock",
        "dock": "dock",
        "pause": "pause",
        "stop": "pause",
    }
)

_SCENE = _by_table(dict.fromkeys(("on", "activate", "start", "set", "select"), "turn_on"))

_SCRIPT = _by_table(
    {
        **dict.fromkeys(("on", "activate", "start", "play"), "turn_on"),
        **dict.fromkeys(("off", "stop"), "turn_off"),
    }
)

_BUTTON = _by_table(dict.fromkeys(("press", "on", "activate", "start"), "press"))

_AUTOMATION = _by_table({
    **dict.fromkeys(("activate", "start"), "trigger"), "on": "turn_on", "off": "turn_off", "toggle": "toggle",
})  # fmt: skip

_ARMED = {"away": "alarm_arm_away", "home": "alarm_arm_home", "night": "alarm_arm_night",
          "vacation": "alarm_arm_vacation", "": "alarm_arm_away"}  # fmt: skip


def _alarm(entity: Entity, act: Act) -> Call | None:
    del entity
    if act.kind == "disarm" and not act.mode:
        return "alarm_disarm", {}
    if (
        act.kind in {"arm", "on", "activate", "set"}
        and act.mode in _ARMED
        and (act.mode or act.kind != "set")
    ):
        return (_ARMED[act.mode], {}) if not (act.number or act.level) else None
    return None


def _number(entity: Entity, act: Act) -> Call | None:
    now = (
        float(entity.state)
        if entity.state and entity.state.replace(".", "", 1).lstrip("-").isdecimal()
        else None
    )
    value = act.number
    if act.kind == "change" and now is not None:
        value = now + act.sign * (act.number or number_of(entity, "step") or 1)
    elif act.kind != "set" or value is None:
        return None
    low, high = number_of(entity, "min"), number_of(entity, "max")
    fits = (low is None or value >= low) and (high is None or value <= high)
    return ("set_value", {"value": whole(value)}) if fits else None


def _select(entity: Entity, act: Act) -> Call | None:
    option = chosen(entity, "options", act.option or act.mode or act.level or act.color)
    return ("select_option", {"option": option}) if option and act.kind in {"set", "select", "on"} else None


_DOMAINS: dict[str, Callable[[Entity, Act], Call | None]] = {
    "light": light_call,
    "switch": on_off_call,
    "input_boolean": on_off_call,
    "siren": on_off_call,
    "remote": on_off_call,
    "camera": on_off_call,
    "group": on_off_call,
    "fan": fan_call,
    "cover": opening_call,
    "valve": opening_call,
    "lock": lock_call,
    "climate": climate_call,
    "water_heater": climate_call,
    "humidifier": humidifier_call,
    "media_player": media_call,
    "vacuum": _VACUUM,
    "lawn_mower": _MOWER,
    "scene": _SCENE,
    "script": _SCRIPT,
    "button": _BUTTON,
    "input_button": _BUTTON,
    "automation": _AUTOMATION,
    "alarm_control_panel": _alarm,
    "number": _number,
    "input_number": _number,
    "select": _select,
    "input_select": _select,
}

_UP = {"up": 1, "raise": 1, "more": 1, "down": -1, "lower": -1, "less": -1}


def acts_at_all(entity: Entity) -> bool:
    """Is there anything that it can be told to do?"""
    return entity.domain in _DOMAINS


def call_for(entity: Entity, act: Act) -> Call | None:
    """The service and its data; None when the entity cannot do it."""
    judge = _DOMAINS.get(entity.domain)
    if judge is None:
        return None
    if act.kind in _UP:
        opens = entity.domain in {"cover", "valve"} and act.kind not in {"more", "less"}
        if opens and (act.about or not act.by):
            return judge(entity, act)
        absolute = act.number is not None and not act.by
        kind = "set" if absolute or (act.level and not act.sign) else "change"
        sign = 0 if kind == "set" else _UP[act.kind]
        act = msgspec.structs.replace(act, kind=kind, sign=sign)
    return judge(entity, act)


def guarded(act: Act) -> bool:
    """Is it something that must not be guessed: opening a lock, disarming?"""
    return act.kind in {"unlock", "disarm"}
