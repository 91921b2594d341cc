"""Every service call that may be asked for at all, by kind of entity. What is not here is denied. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_SWITCHED = frozenset({"turn_on", "turn_off", "toggle"})

KNOWN: Mapping[str, frozenset[str]] = {
    "alarm_control_panel": _SWITCHED
    | {
        *("alarm_arm_away", "alarm_arm_custom_bypass", "alarm_arm_home", "alarm_arm_night"),
        *("alarm_arm_vacation", "alarm_disarm", "alarm_trigger"),
    },
    "automation": _SWITCHED | {"trigger"},
    "button": frozenset({"press", "turn_on"}),
    "calendar": frozenset({"create_event", "get_events"}),
    "camera": _SWITCHED,
    "climate": _SWITCHED
    | {
        *("set_fan_mode", "set_humidity", "set_hvac_mode", "set_preset_mode", "set_swing_mode"),
        *("set_swing_horizontal_mode", "set_temperature"),
    },
    "counter": frozenset({"increment", "decrement", "reset", "set_value"}),
    "cover": _SWITCHED
    | {
        *("open_cover", "close_cover", "stop_cover", "set_cover_position", "set_cover_tilt_position"),
        *("open_cover_tilt", "close_cover_tilt", "stop_cover_tilt", "toggle_cover_tilt"),
    },
    "fan": _SWITCHED
    | {
        *("decrease_speed", "increase_speed", "oscillate", "set_direction", "set_percentage"),
        *("set_preset_mode", "set_speed"),
    },
    "group": _SWITCHED,
    "humidifier": _SWITCHED | {"set_humidity", "set_mode"},
    "input_boolean": _SWITCHED,
    "input_button": frozenset({"press", "turn_on"}),
    "input_datetime": frozenset({"set_datetime"}),
    "input_number": frozenset({"set_value", "increment", "decrement"}),
    "input_select": frozenset(
        {"select_option", "select_first", "select_last", "select_next", "select_previous"}
    ),
    "input_text": frozenset({"set_value"}),
    "lawn_mower": _SWITCHED | {"dock", "pause", "start_mowing"},
    "light": _SWITCHED,
    "lock": _SWITCHED | {"lock", "open", "unlock"},
    "media_player": _SWITCHED
    | {
        *("media_next_track", "media_pause", "media_play", "media_play_pause", "media_previous_track"),
        *("media_seek", "media_stop", "play_media", "repeat_set", "select_sound_mode", "select_source"),
        *("shuffle_set", "volume_down", "volume_mute", "volume_set", "volume_up", "search_media"),
    },
    "notify": frozenset({"send_message"}),
    "number": frozenset({"set_value"}),
    "remote": _SWITCHED,
    "scene": frozenset({"turn_on"}),
    "schedule": frozenset({"turn_on", "turn_off"}),
    "script": _SWITCHED,
    "select": frozenset({"select_option", "select_first", "select_last", "select_next", "select_previous"}),
    "siren": _SWITCHED,
    "switch": _SWITCHED,
    "text": frozenset({"set_value"}),
    "timer": frozenset({"start", "cancel", "pause", "finish", "change"}),
    "todo": frozenset({"add_item", "get_items", "remove_item", "update_item", "remove_completed_items"}),
    "vacuum": _SWITCHED
    | {
        *("clean_spot", "locate", "pause", "return_to_base", "set_fan_speed", "start"),
        *("start_pause", "stop"),
    },
    "valve": _SWITCHED | {"open_valve", "close_valve", "set_valve_position", "stop_valve"},
    "water_heater": _SWITCHED | {"set_away_mode", "set_operation_mode", "set_temperature"},
}
GENERIC_DOMAIN = "homeassistant"
"""`homeassistant.turn_on` and its like go to the entity's own kind."""

_CALMING = {
    *("alarm_arm_away", "alarm_arm_custom_bypass", "alarm_arm_home", "alarm_arm_night"),
    *("alarm_arm_vacation", "lock", "close_cover", "stop_cover", "close_cover_tilt", "stop_cover_tilt"),
    *("close_valve", "stop_valve", "dock", "return_to_base", "pause", "stop", "media_pause", "media_stop"),
    *("get_events", "get_items", "locate", "volume_down"),
}
_OFF_IS_NOT_CALM = frozenset({"alarm_control_panel", "automation", "lock", "schedule", "siren"})
"""Where "off" takes a protection away, or nobody knows what it does."""


def known(called: str, domain: str, service: str) -> bool:
    """Is this a service of that kind of entity, called by its own domain or as `homeassistant.…`?"""
    if called == GENERIC_DOMAIN:
        return service in _SWITCHED and service in KNOWN.get(domain, frozenset())
    return called == domain and service in KNOWN.get(domain, frozenset())


def calming(domain: str, service: str) -> bool:
    """Does it only end, close, lock or arm something? Then nothing needs to be asked before."""
    return service in _CALMING or (service == "turn_off" and domain not in _OFF_IS_NOT_CALM)
