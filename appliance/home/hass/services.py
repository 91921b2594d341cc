"""What each service call must make an entity say: its state and attributes afterwards. Pure.

Services, states and attributes are Home Assistant's. A thing that takes its time (a cover, a lock) is on its
way as soon as it says so, and that counts. A service without a goal changes no state: it is done when Home
Assistant says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.home.hass.goal import Goal, Near, Same, number_of
from appliance.home.hass.states import State

BRIGHTNESS_STEPS = 3.0
FULL = 255
PERCENT_STEPS = 2.0
KELVIN_PART = 0.03
DEGREES = 0.3
VOLUME = 0.02
COLOURS = frozenset({"rgb_color", "hs_color", "xy_color", "rgbw_color", "rgbww_color", "color_name"})
COLOUR_MODES = frozenset({"hs", "xy", "rgb", "rgbw", "rgbww"})


Data = Mapping[str, Any]
Maker = Callable[[Data, State], Goal]


def goal(domain: str, service: str, data: Data, before: State) -> Goal | None:
    """What an entity of this domain must say after the service; None when the service changes no state."""
    if service == "toggle":
        service = "turn_off" if before.state in _ON.get(domain, _JUST_ON) else "turn_on"
    maker = GOALS.get((domain, service))
    return maker(data, before) if maker else None


def _becomes(*states: str) -> Maker:
    fixed = Goal(frozenset(states))
    return lambda _data, _before: fixed


def _leaves(*states: str) -> Maker:
    fixed = Goal(not_states=frozenset(states))
    return lambda _data, _before: fixed


def _attribute(key: str, name: str = "", distance: float | None = None) -> Maker:
    """Data `key` must come back as attribute `name`, a number within `distance`."""

    def maker(data: Data, _before: State) -> Goal:
        value = data.get(key)
        number = number_of(value)
        if distance is None or number is None:
            return Goal(attributes=(Same(name or key, (value,)),) if key in data else ())
        return Goal(attributes=(Near(name or key, number, distance),))

    return maker


# --- lights and fans ----------------------------------------------------------------------------------------


def _light_on(data: Data, before: State) -> Goal:
    level = _level(data, before)
    if level == 0:
        return Goal(frozenset({"off"}))
    wanted: list[Near | Same] = []
    if level is not None:
        wanted.append(Near("brightness", level, BRIGHTNESS_STEPS))
    kelvin = number_of(data.get("color_temp_kelvin", data.get("kelvin")))
    if kelvin is not None:
        wanted.append(Near("color_temp_kelvin", kelvin, kelvin * KELVIN_PART))
    if COLOURS & data.keys():
        wanted.append(Same("color_mode", tuple(sorted(COLOUR_MODES))))
    if isinstance(data.get("effect"), str):
        wanted.append(Same("effect", (data["effect"],)))
    return Goal(frozenset({"on"}), tuple(wanted))


def _level(data: Data, before: State) -> float | None:
    """The brightness that comes of it, 0 to 255."""
    now = number_of(before.attributes.get("brightness")) or 0.0
    for name, scale, start in (
        ("brightness", 1.0, 0.0),
        ("brightness_pct", FULL / 100, 0.0),
        ("brightness_step", 1.0, now),
        ("brightness_step_pct", FULL / 100, now),
    ):
        value = number_of(data.get(name))
        if value is not None:
            return max(0.0, min(float(FULL), start + value * scale))
    return None


def _fan_on(data: Data, _before: State) -> Goal:
    percentage = number_of(data.get("percentage"))
    if percentage is None:
        return Goal(frozenset({"on"}))
    return _fan_percentage(data, _before)


def _fan_percentage(data: Data, before: State) -> Goal:
    """A fan with three speeds rounds what it is told to the next of them."""
    wanted = number_of(data.get("percentage"))
    if wanted is None:
        return Goal()
    if wanted <= 0:
        return Goal(frozenset({"off"}))
    step = number_of(before.attributes.get("percentage_step")) or 1.0
    return Goal(frozenset({"on"}), (Near("percentage", wanted, max(PERCENT_STEPS, step)),))


def _fan_step(sign: int) -> Maker:
    def maker(data: Data, before: State) -> Goal:
        del data
        now = number_of(before.attributes.get("percentage"))
        if now is None or (now >= 100 if sign > 0 else now <= 0):
            return Goal()
        end = 100.0 if sign > 0 else 0.0
        nearer = abs(end - now) - 0.5
        return Goal(attributes=(Near("percentage", end, nearer),))

    return maker


# --- things that move ---------------------------------------------------------------------------------------


def _position(key: str, name: str) -> Maker:
    def maker(data: Data, before: State) -> Goal:
        wanted, now = number_of(data.get(key)), number_of(before.attributes.get(name))
        if wanted is None:
            return Goal()
        moving = frozenset({"opening"} if now is not None and wanted > now else {"closing"})
        there = (Near(name, wanted, PERCENT_STEPS),)
        return Goal(attributes=there, otherwise=moving if now != wanted else frozenset())

    return maker


def _tilted(wanted: float) -> Maker:
    fixed = Goal(attributes=(Near("current_tilt_position", wanted, PERCENT_STEPS),))
    return lambda _data, _before: fixed


# --- warmth and moisture ------------------------------------------------------------------------------------


def _temperature(data: Data, _before: State) -> Goal:
    names = ("temperature", "target_temp_low", "target_temp_high")
    near = [Near(name, value, DEGREES) for name in names if (value := number_of(data.get(name))) is not None]
    mode = data.get("hvac_mode")
    return Goal(frozenset({mode} if isinstance(mode, str) else ()), tuple(near))


def _state_from(key: str) -> Maker:
    """The state itself becomes what `key` says: a number, or a word."""

    def maker(data: Data, _before: State) -> Goal:
        value = data.get(key)
        number = number_of(value)
        if number is not None:
            return Goal(number=number)
        return Goal(frozenset({value})) if isinstance(value, str) else Goal()

    return maker


_JUST_ON = frozenset({"on"})
_ON = {
    "cover": frozenset({"open", "opening"}),
    "valve": frozenset({"open", "opening"}),
    "media_player": frozenset({"on", "playing", "paused", "idle", "buffering"}),
    "climate": frozenset({"heat", "cool", "heat_cool", "auto", "dry", "fan_only"}),
    "lock": frozenset({"unlocked", "unlocking", "open"}),
    "vacuum": frozenset({"cleaning"}),
}
"""What `toggle` takes for on."""

GOALS: dict[tuple[str, str], Maker] = {
    **{
        (domain, service): _becomes(state)
        for domain in (
            *("switch", "light", "fan", "input_boolean", "siren", "humidifier", "remote", "automation"),
            *("group", "schedule", "update", "calendar"),
        )
        for service, state in (("turn_on", "on"), ("turn_off", "off"))
    },
    ("light", "turn_on"): _light_on,
    ("fan", "turn_on"): _fan_on,
    ("fan", "set_percentage"): _fan_percentage,
    ("fan", "increase_speed"): _fan_step(1),
    ("fan", "decrease_speed"): _fan_step(-1),
    ("fan", "set_preset_mode"): _attribute("preset_mode"),
    ("fan", "oscillate"): _attribute("oscillating"),
    ("fan", "set_direction"): _attribute("direction"),
    **{
        (domain, f"{service}_{domain}"): _becomes(*states)
        for domain in ("cover", "valve")
        for service, states in (("open", ("open", "opening")), ("close", ("closed", "closing")))
    },
    **{(domain, "turn_on"): _becomes("open", "opening") for domain in ("cover", "valve")},
    **{(domain, "turn_off"): _becomes("closed", "closing") for domain in ("cover", "valve")},
    **{(domain, f"stop_{domain}"): _leaves("opening", "closing") for domain in ("cover", "valve")},
    ("cover", "set_cover_position"): _position("position", "current_position"),
    ("valve", "set_valve_position"): _position("position", "current_position"),
    ("cover", "set_cover_tilt_position"): _attribute("tilt_position", "current_tilt_position", PERCENT_STEPS),
    ("cover", "open_cover_tilt"): _tilted(100.0),
    ("cover", "close_cover_tilt"): _tilted(0.0),
    ("lock", "lock"): _becomes("locked", "locking"),
    ("lock", "unlock"): _becomes("unlocked", "unlocking", "open", "opening"),
    ("lock", "open"): _becomes("unlocked", "unlocking", "open", "opening"),
    ("climate", "set_temperature"): _temperature,
    ("climate", "set_hvac_mode"): _state_from("hvac_mode"),
    ("climate", "set_preset_mode"): _attribute("preset_mode"),
    ("climate", "set_fan_mode"): _attribute("fan_mode"),
    ("climate", "set_swing_mode"): _attribute("swing_mode"),
    ("climate", "set_humidity"): _attribute("humidity", distance=1.0),
    ("climate", "turn_on"): _leaves("off"),
    ("climate", "turn_off"): _becomes("off"),
    ("water_heater", "set_temperature"): _temperature,
    ("water_heater", "set_operation_mode"): _state_from("operation_mode"),
    ("water_heater", "turn_on"): _leaves("off"),
    ("water_heater", "turn_off"): _becomes("off"),
    ("humidifier", "set_humidity"): _attribute("humidity", distance=1.0),
    ("humidifier", "set_mode"): _attribute("mode"),
    **{
        (domain, "set_value"): _state_from("value")
        for domain in ("number", "input_number", "text", "input_text")
    },
    **{(domain, "select_option"): _state_from("option") for domain in ("select", "input_select")},
    ("media_player", "turn_on"): _leaves("off", "standby"),
    ("media_player", "turn_off"): _becomes("off", "standby"),
    ("media_player", "media_play"): _becomes("playing", "buffering"),
    ("media_player", "media_pause"): _becomes("paused", "idle", "off", "standby"),
    ("media_player", "media_stop"): _becomes("idle", "off", "standby", "paused", "on"),
    ("media_player", "volume_set"): _attribute("volume_level", distance=VOLUME),
    ("media_player", "volume_mute"): _attribute("is_volume_muted"),
    ("media_player", "select_source"): _attribute("source"),
    ("vacuum", "start"): _becomes("cleaning"),
    ("vacuum", "stop"): _leaves("cleaning"),
    ("vacuum", "pause"): _leaves("cleaning"),
    ("vacuum", "return_to_base"): _becomes("returning", "docked"),
    ("lawn_mower", "start_mowing"): _becomes("mowing"),
    ("lawn_mower", "pause"): _leaves("mowing"),
    ("lawn_mower", "dock"): _becomes("returning", "docked"),
    ("alarm_control_panel", "alarm_disarm"): _becomes("disarmed"),
    **{
        ("alarm_control_panel", f"alarm_arm_{mode}"): _becomes(f"armed_{mode}", "arming", "pending")
        for mode in ("home", "away", "night", "vacation", "custom_bypass")
    },
    ("timer", "start"): _becomes("active"),
    ("timer", "pause"): _becomes("paused"),
    ("timer", "cancel"): _becomes("idle"),
}
"""(domain, service) → the goal. A service that is not here (press, play, activate) has none."""
