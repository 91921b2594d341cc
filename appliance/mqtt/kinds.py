"""What each kind of announced entity has: its topics, options, and how its payloads read. Data, no code.

A kind is a row of `KINDS`; a new one is a new row (and, when it can be told to do something, a row of
`home.actions.SERVICES`). Option names, defaults and meanings are those of Home Assistant's MQTT platforms.
"""

from __future__ import annotations

from typing import Literal

import msgspec

OptionValue = bool | int | float | str
Decoder = Literal["on_off", "brightness", "text", "json_light"]


class Source(msgspec.Struct, frozen=True):
    """A topic that says something about the entity."""

    topic: str
    """Option that names the topic."""
    templates: tuple[str, ...]
    """Options that may carry the template; the first one present counts."""
    decoder: Decoder


class Command(msgspec.Struct, frozen=True):
    """A topic that tells the entity something."""

    name: str
    topic: str
    template: str = ""


class Option(msgspec.Struct, frozen=True):
    """A setting that is neither topic nor template. `number` takes whole and broken numbers."""

    name: str
    type: Literal["text", "bool", "number"]
    default: OptionValue = ""
    attribute: str = ""
    """Attribute of the house's entity that shows it, when it is not empty."""


class Kind(msgspec.Struct, frozen=True):
    """Everything that discovery needs to know about one kind of entity."""

    sources: tuple[Source, ...]
    commands: tuple[Command, ...] = ()
    options: tuple[Option, ...] = ()
    required: tuple[str, ...] = ()
    """Topic options without which the announcement says nothing."""
    brightness: Literal["topic", "option", "no"] = "no"
    """What makes a light dimmable: a brightness command topic, or options that say so."""


_PAYLOADS = (Option("payload_on", "text", "ON"), Option("payload_off", "text", "OFF"))
_OPTIMISTIC = Option("optimistic", "bool", default=False)
_DEVICE_CLASS = Option("device_class", "text", "", "device_class")
_EXPIRES = Option("expire_after", "number", 0)
_SCALE = Option("brightness_scale", "number", 255)

LIGHT = Kind(
    sources=(
        Source("state_topic", ("state_value_template", "value_template"), "on_off"),
        Source("brightness_state_topic", ("brightness_value_template",), "brightness"),
    ),
    commands=(
        Command("state", "command_topic"),
        Command("brightness", "brightness_command_topic", "brightness_command_template"),
    ),
    options=(*_PAYLOADS, _OPTIMISTIC, _SCALE, Option("on_command_type", "text", "last")),
    required=("command_topic",),
    brightness="topic",
)
JSON_LIGHT = Kind(
    sources=(Source("state_topic", (), "json_light"),),
    commands=(Command("state", "command_topic"),),
    options=(_OPTIMISTIC, _SCALE, Option("brightness", "bool", default=False)),
    required=("command_topic",),
    brightness="option",
)
SWITCH = Kind(
    sources=(Source("state_topic", ("value_template", "state_value_template"), "on_off"),),
    commands=(Command("state", "command_topic", "command_template"),),
    options=(
        *_PAYLOADS,
        _OPTIMISTIC,
        _DEVICE_CLASS,
        Option("state_on", "text"),
        Option("state_off", "text"),
    ),
    required=("command_topic",),
)
SENSOR = Kind(
    sources=(Source("state_topic", ("value_template", "state_value_template"), "text"),),
    options=(
        _DEVICE_CLASS,
        _EXPIRES,
        Option("unit_of_measurement", "text", "", "unit_of_measurement"),
        Option("state_class", "text", "", "state_class"),
    ),
    required=("state_topic",),
)
BINARY_SENSOR = Kind(
    sources=(Source("state_topic", ("value_template", "state_value_template"), "on_off"),),
    options=(*_PAYLOADS, _DEVICE_CLASS, _EXPIRES, Option("off_delay", "number", 0)),
    required=("state_topic",),
)

KINDS: dict[tuple[str, str], Kind] = {
    ("light", "default"): LIGHT,
    ("light", "json"): JSON_LIGHT,
    ("switch", "default"): SWITCH,
    ("sensor", "default"): SENSOR,
    ("binary_sensor", "default"): BINARY_SENSOR,
}
"""By component and schema; only lights have schemas."""

LATER = frozenset(
    {
        "alarm_control_panel", "button", "camera", "climate", "cover", "device_automation", "device_tracker",
        "event", "fan", "humidifier", "image", "lawn_mower", "lock", "notify", "number", "scene", "select",
        "siren", "tag", "text", "update", "vacuum", "valve", "water_heater",
    }
)  # fmt: skip
"""Components that exist but are not understood yet: noted, not a fault of the device."""
