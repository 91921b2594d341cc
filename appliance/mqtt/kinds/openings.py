"""What opens, closes and locks: covers, valves, locks; and alarm control panels."""

from __future__ import annotations

from appliance.mqtt.kinds.rows import DEVICE_CLASS, OPTIMISTIC, VALUE, Command, Kind, Option, Source

_ENDS = (
    Option("position_open", "number", 100, low=-1e6, high=1e6),
    Option("position_closed", "number", 0, low=-1e6, high=1e6),
)
_MOVES = (Option("state_opening", "text", "opening"), Option("state_closing", "text", "closing"))
_STATES = (Option("state_open", "text", "open"), Option("state_closed", "text", "closed"))
_PAYLOADS = (Option("payload_open", "payload", "OPEN"), Option("payload_close", "payload", "CLOSE"))


def _tilt(name: str, default: int) -> Option:
    return Option(name, "number", default, low=-1e6, high=1e6)


COVER = Kind(
    sources=(
        Source("state_topic", VALUE, "cover_state"),
        Source(
            "position_topic", ("position_template",), "cover_position", "current_position",
            given="state_topic",
        ),
        Source(
            "position_topic", ("position_template",), "cover_position_state", "current_position",
            missing="state_topic",
        ),
        Source("tilt_status_topic", ("tilt_status_template",), "cover_tilt", "current_tilt_position"),
    ),
    commands=(
        Command("move", "command_topic"),
        Command("position", "set_position_topic", "set_position_template"),
        Command("tilt", "tilt_command_topic", "tilt_command_template"),
    ),
    options=(
        OPTIMISTIC, DEVICE_CLASS, *_PAYLOADS, Option("payload_stop", "payload", "STOP"),
        Option("payload_stop_tilt", "payload", "STOP"), *_STATES, *_MOVES,
        Option("state_stopped", "text", "stopped"), *_ENDS,
        _tilt("tilt_min", 0), _tilt("tilt_max", 100),
        _tilt("tilt_closed_value", 0), _tilt("tilt_opened_value", 100),
    ),
    some=("command_topic", "set_position_topic", "tilt_command_topic", "state_topic", "position_topic"),
    together=(("set_position_topic", "position_topic"),),
)  # fmt: skip
VALVE = Kind(
    sources=(Source("state_topic", VALUE, "valve"),),
    commands=(Command("move", "command_topic", "command_template"),),
    options=(
        OPTIMISTIC, DEVICE_CLASS, *_PAYLOADS, Option("payload_stop", "payload", ""), *_STATES, *_MOVES,
        *_ENDS, Option("reports_position", "bool", default=False),
    ),
    some=("command_topic", "state_topic"),
)  # fmt: skip
LOCK = Kind(
    sources=(Source("state_topic", VALUE, "lock"),),
    commands=(Command("lock", "command_topic", "command_template"),),
    options=(
        OPTIMISTIC,
        Option("code_format", "text", "", "code_format"),
        Option("payload_lock", "text", "LOCK"), Option("payload_unlock", "text", "UNLOCK"),
        Option("payload_open", "payload", ""), Option("payload_reset", "text", "None"),
        Option("state_locked", "text", "LOCKED"), Option("state_locking", "text", "LOCKING"),
        Option("state_unlocked", "text", "UNLOCKED"), Option("state_unlocking", "text", "UNLOCKING"),
        Option("state_open", "text", "OPEN"), Option("state_opening", "text", "OPENING"),
        Option("state_jammed", "text", "JAMMED"),
    ),
    required=("command_topic",),
)  # fmt: skip
ALARM = Kind(
    sources=(Source("state_topic", VALUE, "alarm"),),
    commands=(Command("arm", "command_topic", "command_template"),),
    options=(
        Option("code", "text", ""),
        Option("code_arm_required", "bool", default=True, attribute="code_arm_required"),
        Option("code_disarm_required", "bool", default=True),
        Option("code_trigger_required", "bool", default=True),
        Option("payload_arm_home", "text", "ARM_HOME"), Option("payload_arm_away", "text", "ARM_AWAY"),
        Option("payload_arm_night", "text", "ARM_NIGHT"),
        Option("payload_arm_vacation", "text", "ARM_VACATION"),
        Option("payload_arm_custom_bypass", "text", "ARM_CUSTOM_BYPASS"),
        Option("payload_disarm", "text", "DISARM"), Option("payload_trigger", "text", "TRIGGER"),
        Option(
            "supported_features", "list",
            ("arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "trigger"),
        ),
    ),
    required=("command_topic", "state_topic"),
)  # fmt: skip
