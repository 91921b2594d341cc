"""Covers, valves, locks and alarm control panels."""

from __future__ import annotations

from typing import Any

from appliance.home.actions.fields import number, text
from appliance.home.actions.plans import OneOf, Plan, Publish, Refusal, Toward, Wishes, publish
from appliance.home.actions.table import Planner, Service, Services
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import Known
from appliance.mqtt.decoding.base import compact, ends, from_percent, option_number, tilts, to_percent

_POSITION = (number("position", 0, 100, required=True),)
_TILT = (number("tilt_position", 0, 100, "tilt", required=True),)
_NEAR = 3.0
"""Percent that a motor may miss its position by."""
MOVING = {"open": "opening", "close": "closing"}


# --- covers and valves ------------------------------------------------------------------------------------


def _toward(entity: Announced, position: float, known: Known) -> Wishes:
    """A position where there is one, else the state at its ends."""
    if "current_position" in entity.reports and (entity.component == "cover" or _positioned(entity)):
        start = known.get("current_position")
        begun = float(start) if isinstance(start, int | float) else None
        return {"current_position": Toward(position, _NEAR, begun)}
    if position in {0, 100}:
        return {"state": "open" if position else "closed"}
    return {"current_position": position}


def _move(verb: str) -> Planner:
    """Open or close, by the command for it, else by a position."""
    position = 100 if verb == "open" else 0

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data
        told = entity.options[f"payload_{verb}"]
        wishes = _toward(entity, position, known)
        if _positioned(entity):
            return _positions(entity, position, known)
        if "move" in entity.commands and told:
            return Plan((publish(entity.commands["move"], str(told)),), wishes, moving=(MOVING[verb],))
        if "position" in entity.commands:
            return _positions(entity, position, known)
        if "tilt" in entity.commands:
            return _tilts(entity, position, str(verb))
        return Refusal(f"cannot {verb}")

    return planner


def _positioned(entity: Announced) -> bool:
    """A valve that reports a position takes nothing but positions."""
    return entity.component == "valve" and bool(entity.options["reports_position"])


def _stop(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del data, known
    told = entity.options["payload_stop"]
    if "move" not in entity.commands or not told:
        return Refusal("cannot be stopped")
    standing = OneOf(("open", "closed"))
    return Plan((publish(entity.commands["move"], str(told)),), {"state": standing})


def _set_position(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    position = data["position"]
    if "position" in entity.commands or _positioned(entity):
        return _positions(entity, position, known)
    if position in {0, 100}:
        return _move("open" if position else "close")(entity, {}, known)
    return Refusal("can only be opened and closed")


def _positions(entity: Announced, position: float, known: Known) -> Plan | Refusal:
    command = entity.commands.get("move" if entity.component == "valve" else "position")
    if command is None:
        return Refusal("has no position")
    told = round(from_percent(position, *ends(entity.options)))
    variables = {"position": compact(position), **_borders(entity)}
    start = known.get("current_position")
    up = isinstance(start, int | float) and position > start
    moving = MOVING["open" if up or position == 100 else "close"]
    step = publish(command, told, variables)
    return Plan((step,), _toward(entity, position, known), moving=(moving,))


def _borders(entity: Announced) -> dict[str, object]:
    names = ("position_open", "position_closed", "tilt_min", "tilt_max")
    return {name: entity.options[name] for name in names if name in entity.options}


def _toggle(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    verb = "open" if known.get("state") in {"closed", "closing"} else "close"
    return _move(verb)(entity, data, known)


def _tilt(verb: str) -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        if "tilt" not in entity.commands:
            return Refusal("has no slats to tilt")
        end = option_number(entity.options, f"tilt_{verb}_value", 0)
        return _tilts(entity, to_percent(end, *tilts(entity.options)), verb)

    return planner


def _set_tilt(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    if "tilt" not in entity.commands:
        return Refusal("has no slats to tilt")
    return _tilts(entity, data["tilt_position"], "")


def _tilts(entity: Announced, percent: float, verb: str) -> Plan:
    """Its own values for the ends, a place between them for all else; templates get percents."""
    names = {"open": "tilt_opened_value", "close": "tilt_closed_value"}
    names |= {"opened": names["open"], "closed": names["close"]}
    place = from_percent(percent, *tilts(entity.options))
    told = option_number(entity.options, names[verb], place) if verb else place
    variables = {"tilt_position": compact(told) if verb else compact(percent), **_borders(entity)}
    step = publish(entity.commands["tilt"], round(told), variables)
    return Plan((step,), {"current_tilt_position": Toward(percent, _NEAR)})


def _stop_tilt(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del data, known
    command, told = entity.commands.get("tilt"), entity.options["payload_stop_tilt"]
    if command is None or not told:
        return Refusal("has no slats to stop")
    return Plan((Publish(command.topic, str(told)),))


# --- locks ------------------------------------------------------------------------------------------------

_LOCKS = {
    "lock": ("payload_lock", OneOf(("locked",))),
    "unlock": ("payload_unlock", OneOf(("unlocked", "open"))),
    "open": ("payload_open", OneOf(("open", "opening"))),
}


def _lock(service: str) -> Planner:
    """Only the state itself confirms: a bolt on its way is not yet home."""
    payload, wish = _LOCKS[service]

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del known
        told = entity.options[payload]
        if not told:
            return Refusal(f"cannot {service}")
        if entity.options["code_format"] and "code" not in data:
            return Refusal("needs a code, which is not said aloud")
        step = publish(entity.commands["lock"], str(told), {"code": data.get("code")})
        return Plan((step,), {"state": wish}, failing=("jammed",))

    return planner


def _guessed(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del entity, data, known
    return Refusal("is a lock, which can be locked and unlocked, not switched on and off")


# --- alarms -----------------------------------------------------------------------------------------------

_ARMED = ("arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass")


def _alarm(action: str) -> Planner:
    code_option = f"code_{action if action in {'disarm', 'trigger'} else 'arm'}_required"

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del known
        features = entity.options["supported_features"]
        if action != "disarm" and isinstance(features, tuple) and action not in features:
            return Refusal(f"cannot {action.replace('_', ' ')}")
        code = data.get("code")
        if entity.options["code"] and entity.options[code_option] and not _right(entity, code):
            return Refusal("needs the right code")
        told = str(entity.options[f"payload_{action}"])
        step = publish(entity.commands["arm"], told, {"action": told, "code": code})
        state = {"disarm": "disarmed", "trigger": "triggered"}.get(action, action.replace("arm", "armed", 1))
        moving = ("disarming",) if action == "disarm" else ("arming", "pending")
        return Plan((step,), {"state": state}, moving=moving)

    return planner


def _right(entity: Announced, code: object) -> bool:
    wanted = entity.options["code"]
    return bool(code) and (wanted in {"REMOTE_CODE", "REMOTE_CODE_TEXT"} or code == wanted)


def _no_alarm(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del entity, data, known
    return Refusal("is an alarm, which is armed and disarmed, not switched on and off")


_CODE = (text("code"),)

SERVICES: Services = {
    ("cover", "open_cover"): Service(_move("open")),
    ("cover", "close_cover"): Service(_move("close")),
    ("cover", "stop_cover"): Service(_stop),
    ("cover", "toggle"): Service(_toggle),
    ("cover", "set_cover_position"): Service(_set_position, _POSITION),
    ("cover", "open_cover_tilt"): Service(_tilt("opened")),
    ("cover", "close_cover_tilt"): Service(_tilt("closed")),
    ("cover", "stop_cover_tilt"): Service(_stop_tilt),
    ("cover", "set_cover_tilt_position"): Service(_set_tilt, _TILT),
    ("valve", "open_valve"): Service(_move("open")),
    ("valve", "close_valve"): Service(_move("close")),
    ("valve", "stop_valve"): Service(_stop),
    ("valve", "toggle"): Service(_toggle),
    ("valve", "set_valve_position"): Service(_set_position, _POSITION),
    **{("lock", service): Service(_lock(service), _CODE) for service in _LOCKS},
    **{("lock", service): Service(_guessed) for service in ("turn_on", "turn_off", "toggle")},
    **{("alarm_control_panel", f"alarm_{action}"): Service(_alarm(action), _CODE) for action in _ARMED},
    ("alarm_control_panel", "alarm_disarm"): Service(_alarm("disarm"), _CODE),
    ("alarm_control_panel", "alarm_trigger"): Service(_alarm("trigger"), _CODE),
    **{("alarm_control_panel", service): Service(_no_alarm) for service in ("turn_on", "turn_off", "toggle")},
}
