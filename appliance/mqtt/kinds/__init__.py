"""What each kind of announced entity has: its topics, options, and how its payloads read. Data, no code.

A kind is a row of `KINDS`; a new one is a new row (and, when it can be told to do something, rows of
`home.actions.SERVICES`). Option names, defaults and meanings are those of Home Assistant's MQTT platforms.
"""

from __future__ import annotations

from appliance.mqtt.kinds import air, lights, openings, others
from appliance.mqtt.kinds.rows import Command, Decoder, Kind, Option, OptionValue, Source

__all__ = ["COMMON", "KINDS", "LATER", "Command", "Decoder", "Kind", "Option", "OptionValue", "Source"]

COMMON = (Source("json_attributes_topic", ("json_attributes_template",), "attributes", ""),)
"""What every kind may have."""

KINDS: dict[tuple[str, str], Kind] = {
    ("light", "default"): lights.DEFAULT,
    ("light", "json"): lights.JSON,
    ("light", "template"): lights.TEMPLATE,
    ("switch", "default"): others.SWITCH,
    ("sensor", "default"): others.SENSOR,
    ("binary_sensor", "default"): others.BINARY_SENSOR,
    ("cover", "default"): openings.COVER,
    ("valve", "default"): openings.VALVE,
    ("lock", "default"): openings.LOCK,
    ("alarm_control_panel", "default"): openings.ALARM,
    ("fan", "default"): air.FAN,
    ("climate", "default"): air.CLIMATE,
    ("water_heater", "default"): air.WATER_HEATER,
    ("humidifier", "default"): air.HUMIDIFIER,
    ("vacuum", "default"): others.VACUUM,
    ("lawn_mower", "default"): others.LAWN_MOWER,
    ("siren", "default"): others.SIREN,
    ("scene", "default"): others.SCENE,
    ("button", "default"): others.BUTTON,
    ("number", "default"): others.NUMBER,
    ("select", "default"): others.SELECT,
    ("text", "default"): others.TEXT,
    ("notify", "default"): others.NOTIFY,
    ("update", "default"): others.UPDATE,
    ("event", "default"): others.EVENT,
    ("device_tracker", "default"): others.DEVICE_TRACKER,
}
"""By component and schema; only lights have schemas."""

LATER = frozenset(
    {"camera", "date", "datetime", "device_automation", "image", "infrared", "remote", "tag", "time"}
)
"""Components that exist but mean nothing to a voice appliance: noted, not a fault of the device."""
