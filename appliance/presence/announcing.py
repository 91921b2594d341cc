"""From entities to discovery messages in both forms, and to what takes former ones back. Pure.

Device-based (Home Assistant 2024.11 and later): `<prefix>/device/<node>/config` announces all entities of a
device. Single components: one message an entity on `<prefix>/<component>/<node>/<object>/config`. The ids
agree, so that a change of form keeps every entity with its settings: first `{"migrate_discovery": true}` on
the old topics, then the new messages, then empty ones on the old topics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from appliance.presence.entities import Entity, Topics

Form = Literal["device", "single"]
Table = dict[str, object]
Components = dict[str, str]
"""Object id → component of what a topic announces."""

ORIGIN = "Voice appliance"
MIGRATE = b'{"migrate_discovery": true}'
ON, OFF, PRESS, INSTALL = "ON", "OFF", "PRESS", "INSTALL"
READ_TEXT = "{{ value_json.text }}"
STATELESS = frozenset({"button", "notify"})


class Device(msgspec.Struct, frozen=True):
    """One device in Home Assistant."""

    node: str
    name: str
    topics: Topics
    availability: tuple[str, ...]
    """Topics that say `online`; all must."""
    entities: tuple[Entity, ...]
    model: str = ""
    software: str = ""
    hardware: str = ""
    area: str = ""
    via: str = ""

    def entity(self, object_id: str) -> Entity | None:
        """The entity of this id."""
        return next((each for each in self.entities if each.object_id == object_id), None)


class Post(msgspec.Struct, frozen=True):
    """One message to send."""

    topic: str
    payload: bytes
    retain: bool = True


def messages(prefix: str, form: Form, device: Device, version: str) -> dict[str, bytes]:
    """Topic → payload of everything that announces this device."""
    if form == "device":
        table = {
            **_head(device, version),
            "components": {each.object_id: component(device, each) for each in device.entities},
        }
        return {_device_topic(prefix, device.node): msgspec.json.encode(table)}
    found = {}
    for each in device.entities:
        table = {**component(device, each), **_head(device, version), "object_id": _object_id(device, each)}
        del table["platform"]
        topic = f"{prefix}/{each.component}/{device.node}/{each.object_id}/config"
        found[topic] = msgspec.json.encode(table)
    return found


def announced(prefix: str, form: Form, device: Device) -> dict[str, Components]:
    """Topic → what it announces: what must be remembered to take it back."""
    if form == "device":
        return {
            _device_topic(prefix, device.node): {each.object_id: each.component for each in device.entities}
        }
    return {
        f"{prefix}/{each.component}/{device.node}/{each.object_id}/config": {each.object_id: each.component}
        for each in device.entities
    }


def _device_topic(prefix: str, node: str) -> str:
    return f"{prefix}/device/{node}/config"


def _head(device: Device, version: str) -> Table:
    about = {
        "identifiers": [device.node],
        "name": device.name,
        "manufacturer": ORIGIN,
        "model": device.model,
        "sw_version": device.software,
        "hw_version": device.hardware,
        "suggested_area": device.area,
        "via_device": device.via,
    }
    origin = {"name": ORIGIN, "sw_version": version}
    return {
        "device": {name: value for name, value in about.items() if value},
        "origin": {name: value for name, value in origin.items() if value},
        "availability": [{"topic": topic} for topic in device.availability],
        "availability_mode": "all",
    }


def _object_id(device: Device, entity: Entity) -> str:
    """Wished entity id without its component: only lower case, digits and _ survive there."""
    return f"{device.node}_{entity.object_id}".lower().replace("-", "_")


def unique_id(device: Device, entity: Entity) -> str:
    """Never changes, never twice."""
    return f"{device.node}.{entity.object_id}"


def component(device: Device, entity: Entity) -> Table:
    """One entity's table."""
    table: Table = {
        "platform": entity.component,
        "name": entity.name,
        "unique_id": unique_id(device, entity),
        "default_entity_id": f"{entity.component}.{_object_id(device, entity)}",
        "icon": entity.icon,
    }
    optional: Table = {
        "entity_category": entity.category,
        "device_class": entity.device_class,
        "unit_of_measurement": entity.unit,
        "state_class": entity.state_class,
    }
    table |= {name: value for name, value in optional.items() if value}
    if entity.precision is not None:
        table["suggested_display_precision"] = entity.precision
    if entity.component not in STATELESS and entity.stated:
        table["state_topic"] = device.topics.state(entity.object_id)
    if entity.commanded:
        table["command_topic"] = device.topics.command(entity.object_id)
        table["qos"] = 1
    if entity.attributes:
        table["json_attributes_topic"] = device.topics.attributes(entity.object_id)
    return table | _special(entity)


def _special(entity: Entity) -> Table:
    match entity.component:
        case "sensor" if entity.options:
            return {"options": list(entity.options)}
        case "select":
            return {"options": list(entity.options)}
        case "event":
            return {"event_types": list(entity.options)}
        case "number":
            return {"min": entity.low, "max": entity.high, "step": entity.step, "mode": "slider"}
        case "text":
            return {"min": 0, "max": int(entity.high), "value_template": READ_TEXT}
        case "button":
            return {"payload_press": PRESS}
        case "update" if entity.commanded:
            return {"payload_install": INSTALL}
        case _:
            return {}


# --- taking back ------------------------------------------------------------------------------------------


def posts(
    wanted: Mapping[str, bytes], announced_now: Mapping[str, Components], former: Mapping[str, Components]
) -> list[Post]:
    """Everything to send so that exactly `wanted` is announced, given what was before, in order."""
    old = [topic for topic in former if topic not in wanted]
    moved = identities(announced_now)
    migrating = [
        topic for topic in old if identities({topic: former[topic]}) & moved and _is_moved(topic, wanted)
    ]
    found = [Post(topic, MIGRATE, retain=False) for topic in migrating]
    for topic, payload in wanted.items():
        gone = former.get(topic, {}).items() - announced_now[topic].items()
        if gone:
            found.append(Post(topic, _without(payload, gone), retain=False))
        found.append(Post(topic, payload))
    return found + [Post(topic, b"") for topic in old]


def _is_moved(topic: str, wanted: Iterable[str]) -> bool:
    """Is the same announced in the other form now?"""
    device_form = "/device/" in topic
    return any(("/device/" in other) != device_form for other in wanted)


def identities(topics: Mapping[str, Components]) -> set[tuple[str, str, str]]:
    """(node, object id, component) of everything that is announced."""
    found = set()
    for topic, components in topics.items():
        parts = topic.split("/")
        node = parts[-2] if parts[-3] == "device" else parts[-3]
        found |= {(node, object_id, name) for object_id, name in components.items()}
    return found


def _without(payload: bytes, gone: Iterable[tuple[str, str]]) -> bytes:
    """A device's announcement that takes these components back: a table with nothing but `platform`."""
    table = msgspec.json.decode(payload, type=Table)
    components = table.get("components")
    if not isinstance(components, dict):
        return payload
    removed = {object_id: {"platform": name} for object_id, name in gone if object_id not in components}
    return msgspec.json.encode({**table, "components": {**components, **removed}})


def is_ours(prefix: str, node: str, topic: str, payload: bytes) -> bool:
    """Was this retained announcement made by an appliance with this node id? Any bytes will do."""
    parts = topic.removeprefix(f"{prefix}/").split("/")
    if not payload or parts[-1] != "config":
        return False
    if len(parts) == 4:
        return parts[1] == node
    if len(parts) != 3 or parts[0] != "device":
        return False
    if parts[1] == node:
        return True
    try:
        table = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    device = table.get("device") if isinstance(table, dict) else None
    return parts[1].startswith(f"{node}-") and isinstance(device, dict) and device.get("via_device") == node


def found_components(topic: str, payload: bytes) -> Components:
    """What a retained announcement of ours announces."""
    parts = topic.split("/")
    if parts[-3] != "device":
        return {parts[-2]: parts[-4]} if len(parts) > 3 else {}
    try:
        table = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    components = table.get("components") if isinstance(table, dict) else None
    if not isinstance(components, dict):
        return {}
    return {
        str(name): str(each["platform"])
        for name, each in components.items()
        if isinstance(each, dict) and "platform" in each
    }
