"""Entities to plan deeds on, and what becomes of the deeds."""

from __future__ import annotations

import json

from appliance.home import actions
from appliance.mqtt import discovery
from appliance.mqtt.announced import Announced


def entity(component: str = "light", **extra) -> Announced:
    """One that was announced with these options."""
    topics = (
        {"command_topic": "c"} if component == "lawn_mower" else {"command_topic": "c", "state_topic": "s"}
    )
    payload = {**topics, "name": "It", **extra}
    topic = f"ha/{component}/x/config"
    (found,) = discovery.parse("ha", topic, json.dumps(payload).encode()).entities
    return found


def sent(plan: actions.Plan) -> list[tuple[str, str]]:
    """Topics and payloads."""
    return [(step.topic, str(step.value)) for step in plan.publishes]


def wanted(plan: actions.Plan) -> dict[str, object]:
    """What has to be reported."""
    return {name: actions.value_of(wish) for name, wish in plan.wanted.items()}


def check(target: Announced, service: str, data, known, messages, wishes) -> None:
    """The plan is this one, also for the services that every kind has."""
    domains = [target.component]
    if service in {"turn_on", "turn_off", "toggle"}:
        domains.append("homeassistant")
    for domain in domains:
        plan = actions.plan(target, domain, service, data, known)
        assert isinstance(plan, actions.Plan), plan
        assert sent(plan) == messages
        assert wanted(plan) == wishes


def refused(target: Announced, domain: str, service: str, data, reason: str) -> None:
    """It is not done, and this is a part of what is said."""
    refusal = actions.plan(target, domain, service, data, {"state": "off"})
    assert isinstance(refusal, actions.Refusal), refusal
    assert reason in refusal.reason


COVER = {
    "position_topic": "p", "set_position_topic": "ps", "tilt_command_topic": "ts", "tilt_status_topic": "t",
}  # fmt: skip
INVERTED = {**COVER, "position_open": 0, "position_closed": 100}
FAN = {
    "percentage_command_topic": "ps", "percentage_state_topic": "p", "speed_range_max": 4,
    "preset_mode_command_topic": "ms", "preset_mode_state_topic": "m", "preset_modes": ["auto", "Deep sleep"],
    "oscillation_command_topic": "os", "oscillation_state_topic": "o",
    "direction_command_topic": "ds", "direction_state_topic": "d",
}  # fmt: skip
CLIMATE = {
    "mode_command_topic": "ms", "mode_state_topic": "m", "modes": ["off", "heat", "cool"],
    "temperature_command_topic": "ts", "temperature_state_topic": "t", "temp_step": 0.5,
    "temperature_high_command_topic": "hs", "temperature_high_state_topic": "h",
    "temperature_low_command_topic": "ls", "temperature_low_state_topic": "l",
    "fan_mode_command_topic": "fs", "fan_mode_state_topic": "f",
    "preset_mode_command_topic": "prs", "preset_mode_state_topic": "pr", "preset_modes": ["away"],
    "swing_mode_command_topic": "ss", "swing_mode_state_topic": "s",
    "target_humidity_command_topic": "hus", "target_humidity_state_topic": "hu",
}  # fmt: skip
POWERED = {**CLIMATE, "power_command_topic": "pw"}
HEATER = {
    "mode_command_topic": "ms", "mode_state_topic": "m", "modes": ["off", "eco"],
    "temperature_command_topic": "ts", "temperature_state_topic": "t", "power_command_topic": "pw",
}  # fmt: skip
HUMIDIFIER = {
    "target_humidity_command_topic": "hs", "target_humidity_state_topic": "h", "modes": ["home"],
    "mode_command_topic": "ms", "mode_state_topic": "m", "max_humidity": 80,
}  # fmt: skip
VACUUM = {
    "supported_features": ["start", "stop", "pause", "return_home", "locate", "fan_speed", "send_command"],
    "set_fan_speed_topic": "fs", "fan_speed_list": ["low", "max"], "send_command_topic": "sc",
}  # fmt: skip
MOWER = {
    "start_mowing_command_topic": "sm", "pause_command_topic": "pa", "dock_command_topic": "do",
    "activity_state_topic": "a",
}  # fmt: skip
COLORS = {
    "rgb_command_topic": "r", "rgb_state_topic": "rs", "color_temp_command_topic": "w",
    "color_temp_state_topic": "wt", "min_mireds": 153, "max_mireds": 370, "effect_command_topic": "e",
    "effect_state_topic": "es", "effect_list": ["Rainbow"], "brightness_command_topic": "b",
}  # fmt: skip
ZIGBEE = {
    "schema": "json", "brightness": True, "supported_color_modes": ["xy", "color_temp"], "effect": True,
    "effect_list": ["blink"], "max_mireds": 500, "min_mireds": 150,
}  # fmt: skip
TEMPLATE = {
    "schema": "template", "command_on_template": "x", "command_off_template": "y", "state_template": "s",
    "brightness_template": "b", "red_template": "r", "green_template": "g", "blue_template": "b",
    "color_temp_template": "ct",
}  # fmt: skip
