"""What the description of a kind consists of. Pure data."""

from __future__ import annotations

from typing import Literal

import msgspec

OptionValue = bool | int | float | str | tuple[str, ...]
Decoder = Literal[
    "on_off", "text", "word", "number", "whole", "listed", "speed", "oscillation",
    "brightness", "color_temp", "color_mode", "rgb", "rgb_scaled", "rgbw", "rgbw_scaled", "rgbww",
    "rgbww_scaled", "hs", "xy", "channel", "light_word", "json_light",
    "cover_state", "cover_position", "cover_position_state", "cover_tilt", "valve", "lock", "alarm",
    "vacuum", "mower", "siren", "number_state", "select", "event", "update", "version", "tracker",
    "attributes",
]  # fmt: skip
"""How a payload is read: a row of `decoding.DECODERS`."""


class Source(msgspec.Struct, frozen=True):
    """A topic that says something about the entity."""

    topic: str
    """Option that names the topic."""
    templates: tuple[str, ...]
    """Options that may carry the template; the first one present counts."""
    decoder: Decoder
    attribute: str = "state"
    """What it says: `state`, or the name of an attribute."""
    choices: str = ""
    """Option that lists what it may be."""
    given: str = ""
    """Only when this option is present."""
    missing: str = ""
    """Only when this option is not present."""


class Command(msgspec.Struct, frozen=True):
    """A topic that tells the entity something."""

    name: str
    topic: str
    template: str = ""


class Option(msgspec.Struct, frozen=True):
    """A setting that is neither topic nor template.

    `number` takes whole and broken numbers, `list` a list of texts (a single text is a list of one), and
    `payload` is text that may be null, which is empty: the device cannot be told that.
    """

    name: str
    type: Literal["text", "bool", "number", "list", "payload"]
    default: OptionValue = ""
    attribute: str = ""
    """Attribute of the house's entity that shows it, when it is not empty."""
    low: float = 0
    high: float = 1e9


class Kind(msgspec.Struct, frozen=True):
    """Everything that discovery needs to know about one kind of entity."""

    sources: tuple[Source, ...] = ()
    commands: tuple[Command, ...] = ()
    options: tuple[Option, ...] = ()
    required: tuple[str, ...] = ()
    """Options without which the announcement says nothing."""
    some: tuple[str, ...] = ()
    """At least one of these has to be there, when any is named."""
    together: tuple[tuple[str, str], ...] = ()
    """Where the first is given, the second must be given too."""


PAYLOADS = (Option("payload_on", "text", "ON"), Option("payload_off", "text", "OFF"))
STATES = (Option("state_on", "text"), Option("state_off", "text"))
OPTIMISTIC = Option("optimistic", "bool", default=False)
DEVICE_CLASS = Option("device_class", "text", "", "device_class")
EXPIRES = Option("expire_after", "number", 0)
UNIT = Option("unit_of_measurement", "text", "", "unit_of_measurement")
VALUE = ("value_template", "state_value_template")
"""Real devices write either name; the platform's own comes first."""
STATE_VALUE = ("state_value_template", "value_template")
