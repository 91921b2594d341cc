"""Switches, sensors, robots, sirens, and everything that is pressed, chosen or written."""

from __future__ import annotations

from appliance.mqtt.kinds.rows import (
    DEVICE_CLASS,
    EXPIRES,
    OPTIMISTIC,
    PAYLOADS,
    STATE_VALUE,
    STATES,
    UNIT,
    VALUE,
    Command,
    Kind,
    Option,
    Source,
)

_TOLD = (Command("state", "command_topic", "command_template"),)

SWITCH = Kind(
    sources=(Source("state_topic", VALUE, "on_off"),),
    commands=_TOLD,
    options=(*PAYLOADS, *STATES, OPTIMISTIC, DEVICE_CLASS),
    required=("command_topic",),
)
SENSOR = Kind(
    sources=(Source("state_topic", VALUE, "text"),),
    options=(
        DEVICE_CLASS,
        EXPIRES,
        UNIT,
        Option("state_class", "text", "", "state_class"),
        Option("options", "list", (), "options"),
    ),
    required=("state_topic",),
)
BINARY_SENSOR = Kind(
    sources=(Source("state_topic", VALUE, "on_off"),),
    options=(*PAYLOADS, DEVICE_CLASS, EXPIRES, Option("off_delay", "number", 0)),
    required=("state_topic",),
)
VACUUM = Kind(
    sources=(Source("state_topic", (), "vacuum"),),
    commands=(
        Command("state", "command_topic"),
        Command("fan_speed", "set_fan_speed_topic"),
        Command("send_command", "send_command_topic"),
    ),
    options=(
        Option("fan_speed_list", "list", (), "fan_speed_list"),
        Option("supported_features", "list", ("start", "stop", "return_home", "battery", "clean_spot")),
        Option("payload_start", "text", "start"),
        Option("payload_stop", "text", "stop"),
        Option("payload_pause", "text", "pause"),
        Option("payload_return_to_base", "text", "return_to_base"),
        Option("payload_clean_spot", "text", "clean_spot"),
        Option("payload_locate", "text", "locate"),
    ),
)
LAWN_MOWER = Kind(
    sources=(Source("activity_state_topic", ("activity_value_template",), "mower"),),
    commands=(
        Command("start_mowing", "start_mowing_command_topic", "start_mowing_command_template"),
        Command("pause", "pause_command_topic", "pause_command_template"),
        Command("dock", "dock_command_topic", "dock_command_template"),
    ),
    options=(OPTIMISTIC,),
)
SIREN = Kind(
    sources=(Source("state_topic", STATE_VALUE, "siren"),),
    commands=(*_TOLD, Command("off", "command_topic", "command_off_template")),
    options=(
        *PAYLOADS,
        *STATES,
        OPTIMISTIC,
        Option("available_tones", "list", (), "available_tones"),
        Option("support_duration", "bool", default=True),
        Option("support_volume_set", "bool", default=True),
    ),
    required=("command_topic",),
)
SCENE = Kind(
    commands=(Command("state", "command_topic"),),
    options=(Option("payload_on", "text", "ON"),),
    required=("command_topic",),
)
BUTTON = Kind(
    commands=_TOLD,
    options=(Option("payload_press", "text", "PRESS"), DEVICE_CLASS),
    required=("command_topic",),
)
NUMBER = Kind(
    sources=(Source("state_topic", VALUE, "number_state"),),
    commands=_TOLD,
    options=(
        OPTIMISTIC,
        DEVICE_CLASS,
        UNIT,
        Option("min", "number", 1.0, low=-1e12, high=1e12),
        Option("max", "number", 100.0, low=-1e12, high=1e12),
        Option("step", "number", 1.0, low=1e-3, high=1e12),
        Option("mode", "text", "auto", "mode"),
        Option("payload_reset", "text", "None"),
    ),
    required=("command_topic",),
)
SELECT = Kind(
    sources=(Source("state_topic", VALUE, "select", choices="options"),),
    commands=_TOLD,
    options=(OPTIMISTIC, Option("options", "list", (), "options")),
    required=("command_topic", "options"),
)
TEXT = Kind(
    sources=(Source("state_topic", VALUE, "text"),),
    commands=_TOLD,
    options=(
        OPTIMISTIC,
        Option("min", "number", 0, high=255),
        Option("max", "number", 255, high=255),
        Option("mode", "text", "text", "mode"),
        Option("pattern", "text", "", "pattern"),
    ),
    required=("command_topic",),
)
NOTIFY = Kind(commands=_TOLD, required=("command_topic",))
UPDATE = Kind(
    sources=(
        Source("state_topic", VALUE, "update"),
        Source("latest_version_topic", ("latest_version_template",), "version", "latest_version"),
    ),
    options=(DEVICE_CLASS, Option("title", "text", "", "title")),
    some=("state_topic", "latest_version_topic"),
)
EVENT = Kind(
    sources=(Source("state_topic", VALUE, "event"),),
    options=(DEVICE_CLASS, Option("event_types", "list", (), "event_types")),
    required=("state_topic", "event_types"),
)
DEVICE_TRACKER = Kind(
    sources=(Source("state_topic", VALUE, "tracker"),),
    options=(
        Option("payload_home", "text", "home"),
        Option("payload_not_home", "text", "not_home"),
        Option("payload_reset", "text", "None"),
        Option("source_type", "text", "gps", "source_type"),
    ),
    some=("state_topic", "json_attributes_topic"),
)
