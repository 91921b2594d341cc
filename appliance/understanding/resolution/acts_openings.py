"""Covers, valves, locks, fans and what is only on or off. Pure."""

from __future__ import annotations

from appliance.home.entities import Entity
from appliance.understanding.deeds import Call
from appliance.understanding.resolution.acts import STEPS, Act, chosen, features, number_of, whole

_OPENS = frozenset({"open", "on", "up", "raise"})
_CLOSES = frozenset({"close", "off", "down", "lower"})


def on_off_call(entity: Entity, act: Act) -> Call | None:
    """On, off, and nothing else."""
    del entity
    if act.valued or act.about or act.sign:
        return None
    service = {
        "on": "turn_on", "off": "turn_off", "toggle": "toggle", "start": "turn_on", "stop": "turn_off",
        "activate": "turn_on",
    }.get(act.kind)  # fmt: skip
    return (service, {}) if service else None


def fan_call(entity: Entity, act: Act) -> Call | None:
    """What a fan does."""
    if act.kind == "oscillate" or act.about == "swing":
        return "oscillate", {"oscillating": act.kind not in {"off", "stop"}}
    if act.about not in {"", "speed"}:
        return None
    if act.mode or act.option:
        mode = chosen(entity, "preset_modes", act.option or act.mode)
        return ("set_preset_mode", {"preset_mode": mode}) if mode else None
    if act.kind in {"on", "set"} and act.valued and act.percent is not None and not act.color:
        return "set_percentage", {"percentage": whole(act.percent)}
    if act.kind == "change" and not act.level and act.unit in {"", "percent", "steps"}:
        now = number_of(entity, "percentage") or 0
        size = (
            abs(act.step) if act.number is not None else number_of(entity, "percentage_step") or abs(act.step)
        )
        size = size if size >= 10 else 20.0
        return "set_percentage", {"percentage": whole(min(100, max(0, now + act.sign * size)))}
    return on_off_call(entity, act)


def opening_call(entity: Entity, act: Act) -> Call | None:
    """Covers and valves."""
    kind = entity.domain
    if act.about == "tilt" or act.kind == "tilt":
        return _tilt(entity, act)
    if act.about not in {"", "position"} or act.color or act.mode or act.option:
        return None
    if act.unit not in {"", "percent"}:
        return None
    if act.valued:
        return _position(entity, act)
    if act.kind == "change" or (act.amount and act.kind in _OPENS | _CLOSES):
        return _moved(entity, act)
    if act.kind in _OPENS:
        return f"open_{kind}", {}
    if act.kind in _CLOSES:
        return f"close_{kind}", {}
    if act.kind in {"stop", "pause"}:
        return f"stop_{kind}", {}
    return ("toggle", {}) if act.kind == "toggle" else None


def _position(entity: Entity, act: Act) -> Call | None:
    percent = act.percent
    if percent is None or act.kind not in _OPENS | _CLOSES | {"set"}:
        return None
    if act.level in {"low", "medium", "high"}:
        return None
    if act.level == "max":
        percent = 100
    if act.kind in {"close", "down", "lower"} and (act.level or not act.by):
        percent = 100 - percent if act.level or act.kind == "close" else percent
    if percent in {0, 1, 100} and (act.level or "current_position" not in entity.attributes):
        return (f"open_{entity.domain}" if percent == 100 else f"close_{entity.domain}"), {}
    if not features(entity, "set_position") or "current_position" not in entity.attributes:
        return None
    return f"set_{entity.domain}_position", {"position": whole(percent)}


def _moved(entity: Entity, act: Act) -> Call | None:
    now = number_of(entity, "current_position")
    if now is None or not features(entity, "set_position"):
        return None
    sign = act.sign or (1 if act.kind in _OPENS else -1)
    size = act.number if act.number is not None else STEPS[act.amount]
    return f"set_{entity.domain}_position", {"position": whole(min(100, max(0, now + sign * size)))}


def _tilt(entity: Entity, act: Act) -> Call | None:
    if entity.domain != "cover" or not features(entity, "set_tilt_position", "open_tilt"):
        return None
    if act.percent is not None:
        return "set_cover_tilt_position", {"tilt_position": whole(act.percent)}
    service = "open_cover_tilt" if act.kind in _OPENS else "close_cover_tilt" if act.kind in _CLOSES else ""
    return (service, {}) if service else None


def lock_call(entity: Entity, act: Act) -> Call | None:
    """What a lock does."""
    del entity
    return (act.kind, {}) if act.kind in {"lock", "unlock"} and not (act.valued or act.about) else None
