"""The kinds of entities as typed data, and the shape of their topics. Pure."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Component = Literal[
    "sensor", "binary_sensor", "switch", "number", "select", "button", "text", "notify", "event", "update"
]
Group = Literal["state", "control", "health", "event"]
MAX_NODE_CHARS = 64
DEFAULT_PREFIX = "appliance"
MAX_TEXT_CHARS = 255
"""Longest state that Home Assistant takes."""


class Sending(msgspec.Struct, frozen=True):
    """How a state is sent."""

    qos: int
    retain: bool


STATE = Sending(1, retain=True)
"""What is so until it changes."""
MEASURED = Sending(0, retain=True)
"""What is measured again anyway."""
HAPPENED = Sending(1, retain=False)
"""What happened once: an event, and words."""


class Entity(msgspec.Struct, frozen=True):
    """One entity; `about` is its line in the documentation."""

    component: Component
    object_id: str
    name: str
    group: Group
    icon: str
    about: str
    category: Literal["", "config", "diagnostic"] = ""
    device_class: str = ""
    unit: str = ""
    state_class: str = ""
    precision: int | None = None
    options: tuple[str, ...] = ()
    """Of an enum sensor and a select; the types of an event."""
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    attributes: bool = False
    commanded: bool = False
    stated: bool = True
    sending: Sending = STATE


class Topics(msgspec.Struct, frozen=True):
    """Where one device's states and commands are: disjoint by their third level."""

    prefix: str
    node: str
    satellite: str = ""

    def state(self, object_id: str) -> str:
        """Its state, said by us."""
        return self._topic("state", object_id)

    def attributes(self, object_id: str) -> str:
        """More about its state, in JSON."""
        return self._topic("attributes", object_id)

    def command(self, object_id: str) -> str:
        """What others ask of it."""
        return self._topic("set", object_id)

    @property
    def commands(self) -> str:
        """Filter of all commands, of satellites too."""
        return f"{self.prefix}/{self.node}/set/#"

    @property
    def availability(self) -> str:
        """Whether a satellite is there."""
        return self.state("availability")

    def _topic(self, kind: str, object_id: str) -> str:
        return "/".join(filter(None, (self.prefix, self.node, kind, self.satellite, object_id)))

    def asked(self, topic: str) -> tuple[str, str] | None:
        """(satellite or "", object id) of a command topic; None when it is none of ours."""
        above = f"{self.prefix}/{self.node}/set/"
        parts = topic.removeprefix(above).split("/") if topic.startswith(above) else []
        if len(parts) == 1:
            return "", parts[0]
        return (parts[0], parts[1]) if len(parts) == 2 else None


def node_id(client_id: str) -> str:
    """The client id as a part of discovery topics and entity ids."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", client_id)[:MAX_NODE_CHARS] or "appliance"


def satellite_node(node: str, satellite: str) -> str:
    """The node id of a satellite's device."""
    return f"{node}-{satellite}"


def device_name(node: str) -> str:
    """A name for people, for a device that was given none."""
    words = re.sub(r"[-_]+", " ", node).strip() or "appliance"
    return words[0].upper() + words[1:]
