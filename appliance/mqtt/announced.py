"""What an announcement on a discovery topic comes to. Pure data."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.mqtt.kinds.rows import Decoder, OptionValue

ProblemKind = Literal[
    "topic", "too big", "json", "type", "missing", "unsupported", "value", "too many", "hidden", "duplicate"
]


class Problem(msgspec.Struct, frozen=True):
    """Why an announcement, or one component of it, was left out."""

    kind: ProblemKind
    topic: str
    reason: str


class DeviceInfo(msgspec.Struct, frozen=True):
    """The device that an entity belongs to; `key` is the same for all its entities."""

    key: str
    name: str = ""
    suggested_area: str = ""


class Source(msgspec.Struct, frozen=True):
    """A topic that carries some of the entity's state."""

    topic: str
    template: str
    decoder: Decoder
    attribute: str = "state"
    choices: str = ""


class Command(msgspec.Struct, frozen=True):
    """Where commands of one name go, and how they are written (an empty template: as they are)."""

    topic: str
    template: str = ""


class Availability(msgspec.Struct, frozen=True):
    """A topic that says whether the entity can be reached."""

    topic: str
    template: str = ""
    payload_available: str = "online"
    payload_not_available: str = "offline"


class Announced(msgspec.Struct, frozen=True):
    """One entity, as announced."""

    key: str
    """Names it for ever: discovery topic, and component within it."""
    component: str
    schema: str
    name: str
    """Composed: the device's name and the entity's own."""
    unique_id: str = ""
    entity_id: str = ""
    """The wish for an entity id without its domain; empty when there is none."""
    device: DeviceInfo | None = None
    aliases: tuple[str, ...] = ()
    """Other names (an addition of ours; other programs ignore it)."""
    sources: tuple[Source, ...] = ()
    commands: dict[str, Command] = {}
    options: dict[str, OptionValue] = {}
    attributes: dict[str, OptionValue] = {}
    availability: tuple[Availability, ...] = ()
    availability_mode: Literal["all", "any", "latest"] = "latest"
    reports: tuple[str, ...] = ()
    """What it says of itself on topics that are not also its command topics: `state` and attributes."""
    qos: int = 0
    retain: bool = False
    encoding: str = "utf-8"

    @property
    def confirms(self) -> bool:
        """Does it report its own state?"""
        return "state" in self.reports

    def topics(self) -> tuple[str, ...]:
        """Every topic that must be listened to."""
        listened = (*(entry.topic for entry in self.availability), *(source.topic for source in self.sources))
        return tuple(dict.fromkeys(listened))


class Announcement(msgspec.Struct, frozen=True):
    """What one message on a discovery topic says: all entities that this topic stands for from now on."""

    topic: str
    entities: tuple[Announced, ...] = ()
    problems: tuple[Problem, ...] = ()
