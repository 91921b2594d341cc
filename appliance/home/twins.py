"""A simulated device: what it announces, how it obeys, what it reports. Pure."""

from __future__ import annotations

from typing import Any

from appliance.home.entities import Device, Entity, House

SLOW_SECONDS = 5.0
FULL = 255


class Twin:
    """One simulated entity: its state, and the topics under `base`."""

    def __init__(self, entity: Entity, base: str) -> None:
        self.entity = entity
        self.base = base
        self.state = entity.state or "off"
        brightness = entity.attributes.get("brightness")
        self.brightness = brightness if type(brightness) is int and 0 <= brightness <= FULL else FULL
        self.fault = str(entity.attributes.get("fault", ""))
        slow = entity.attributes.get("fault_seconds", SLOW_SECONDS)
        self.slow_seconds = float(slow) if isinstance(slow, int | float) else SLOW_SECONDS

    @property
    def dimmable(self) -> bool:
        """Is it a light with brightness?"""
        modes = self.entity.attributes.get("supported_color_modes")
        return self.entity.domain == "light" and isinstance(modes, list) and modes not in (["onoff"], [])

    def obey(self, what: str, payload: str) -> bool:
        """Take a command; False when it means nothing to this device."""
        if what == "set" and payload in {"ON", "OFF"}:
            self.state = payload.lower()
            return True
        if what == "brightness/set" and self.dimmable and payload.isdecimal() and len(payload) < 4:
            self.brightness = min(FULL, int(payload))
            self.state = "on" if self.brightness else "off"
            return True
        return False

    def reports(self) -> dict[str, str]:
        """Its own state, by topic."""
        switched = self.entity.domain != "sensor"
        said = {f"{self.base}/state": self.state.upper() if switched else self.state}
        if self.dimmable:
            said[f"{self.base}/brightness"] = str(self.brightness)
        said[f"{self.base}/availability"] = "offline" if self.fault == "offline" else "online"
        return said


KINDS = frozenset({"light", "switch", "sensor", "binary_sensor"})
_SHOWN = ("device_class", "unit_of_measurement", "state_class")


def announcement(house: House, entity: Entity, base: str, status_topic: str) -> dict[str, Any]:
    """The discovery payload of one entity. Pure."""
    twin = Twin(entity, base)
    payload: dict[str, Any] = {
        "unique_id": base.replace("/", "_"),
        "default_entity_id": entity.id,
        "state_topic": f"{base}/state",
        "availability": [{"topic": status_topic}, {"topic": f"{base}/availability"}],
        "availability_mode": "all",
        "device": _device(house, entity),
        "name": _own_name(house, entity),
        "origin": {"name": "appliance demonstration home"},
    }
    payload |= {key: entity.attributes[key] for key in _SHOWN if key in entity.attributes}
    if entity.domain in {"light", "switch"}:
        payload["command_topic"] = f"{base}/set"
    if twin.dimmable:
        payload["brightness_command_topic"] = f"{base}/brightness/set"
        payload["brightness_state_topic"] = f"{base}/brightness"
        payload["on_command_type"] = "first"
    if entity.aliases:
        payload["aliases"] = list(entity.aliases)
    return payload


def _own_name(house: House, entity: Entity) -> str | None:
    """What is left of its name after the device's; None when that says everything."""
    device = _shared_device(house, entity)
    if device is None or entity.name == device.name:
        return None
    return entity.name[len(device.name) + 1 :]


def _shared_device(house: House, entity: Entity) -> Device | None:
    """The house's device, when the entity's name and area follow from it."""
    for device in house.devices:
        if device.id == entity.device and device.area == entity.area and _follows(entity.name, device.name):
            return device
    return None


def _follows(name: str, device_name: str) -> bool:
    """Does a device of this name give its entity this one? An own name equal to the device's says nothing."""
    own = name.removeprefix(f"{device_name} ")
    return name == device_name or own not in {name, device_name}


def _device(house: House, entity: Entity) -> dict[str, Any]:
    device = _shared_device(house, entity)
    key, name = (f"{device.id}@{device.area}", device.name) if device else (entity.id, entity.name)
    block: dict[str, Any] = {"identifiers": [f"{house.name}/{key}"], "name": name}
    area = next((area.name for area in house.areas if area.id == entity.area), None)
    return {**block, "suggested_area": area} if area else block
