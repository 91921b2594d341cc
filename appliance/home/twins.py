"""A simulated device: what it announces, how it obeys, what it reports. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.home.entities import Device, Entity, House
from appliance.home.twins_parts import FIXED, FULL, NAMED_ALIKE, PARTS, RENAMED, STYLES, Part, Value

SLOW_SECONDS = 5.0
KINDS = frozenset(PARTS)
_PLAIN_MODES: tuple[list[str], ...] = (["onoff"], [])


class Twin:
    """One simulated entity: its state, and the topics under `base`."""

    def __init__(self, entity: Entity, base: str) -> None:
        self.entity = entity
        self.base = base
        self._given = entity.attributes
        self.values: dict[str, Value] = {}
        for part in self.parts:
            start = self._start(part)
            if start is not None and part.attribute not in self.values:
                self.values[part.attribute] = start
        self.fault = str(entity.attributes.get("fault", ""))
        slow = entity.attributes.get("fault_seconds", SLOW_SECONDS)
        self.slow_seconds = float(slow) if isinstance(slow, int | float) else SLOW_SECONDS

    def _start(self, part: Part) -> Value | None:
        """As the house file says, when that is a value such a device can have."""
        if part.attribute == "state":
            return self.entity.state or part.start
        given = self._given.get(part.attribute)
        if part.read is None:
            return given if isinstance(given, str | int | float) else part.start
        if part.attribute == "brightness":
            return given if type(given) is int and 0 <= given <= FULL else part.start
        if given is None:
            return part.start
        text = ",".join(map(str, given)) if isinstance(given, list) else str(given)
        said = {"True": "oscillate_on", "False": "oscillate_off"}.get(text, text)
        read = part.read(said, self._given)
        return part.start if read is None else read

    @property
    def state(self) -> str:
        """Its main state."""
        return str(self.values.get("state", "unknown"))

    @state.setter
    def state(self, state: str) -> None:
        self.values["state"] = state

    @property
    def brightness(self) -> int:
        """Of a light; full when it has none."""
        value = self.values.get("brightness", FULL)
        return value if isinstance(value, int) else FULL

    @property
    def dimmable(self) -> bool:
        """Is it a light with brightness?"""
        modes = self._given.get("supported_color_modes")
        return self.entity.domain == "light" and isinstance(modes, list) and modes not in _PLAIN_MODES

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it is made of."""
        return tuple(part for part in PARTS[self.entity.domain] if self._has(part))

    def _has(self, part: Part) -> bool:
        if part.mode == "brightness":
            return self.dimmable
        if part.mode:
            modes = self._given.get("supported_color_modes")
            return isinstance(modes, list) and part.mode in modes
        return not part.needs or part.needs in self._given

    def obey(self, what: str, payload: str) -> bool:
        """Take a command; False when it means nothing to this device."""
        part = next((part for part in self.parts if part.command and what == _set(part)), None)
        if part is None or part.read is None:
            return False
        value = part.read(payload, self._given)
        if value is None:
            return False
        if value != "":
            self.put(part.attribute, value)
        return True

    def put(self, attribute: str, value: Value) -> None:
        """Become so, with what follows from it."""
        self.values[attribute] = value
        if attribute == "brightness" or (attribute == "percentage" and value == 0):
            self.state = "on" if value else "off"
        if attribute == "current_position":
            self.state = "open" if value else "closed"
        if attribute == "state" and "current_position" in self.values:
            self.values["current_position"] = 100 if value == "open" else 0
        if self.entity.domain == "light" and attribute.endswith(("_color", "_kelvin")):
            self.values["mode"] = attribute

    def reports(self) -> dict[str, str]:
        """Its own state, by topic."""
        said = {
            f"{self.base}/{part.name or 'state'}": self._written(part)
            for part in self.parts
            if part.state and part.attribute in self.values
        }
        last = self.values.get("mode")
        said = dict(sorted(said.items(), key=lambda item: self._is_last(item[0], last)))
        said[f"{self.base}/availability"] = "offline" if self.fault == "offline" else "online"
        return said

    def _is_last(self, topic: str, last: Value | None) -> bool:
        """The colour that it shows is told after the others."""
        return last is not None and any(
            part.attribute == last and topic == f"{self.base}/{part.name}" for part in self.parts
        )

    def _written(self, part: Part) -> str:
        value = self.values[part.attribute]
        if isinstance(value, tuple):
            return ",".join(f"{number:g}" for number in value)
        if part.attribute == "oscillating":
            return f"oscillate_{value}"
        if part.attribute != "state":
            return str(value)
        style = STYLES.get(self.entity.domain, "plain")
        if style == "json":
            return msgspec.json.encode({"state": value}).decode()
        return str(value).upper() if style == "upper" else str(value)


def _set(part: Part) -> str:
    return f"{part.name}/set" if part.name else "set"


def announcement(house: House, entity: Entity, base: str, status_topic: str) -> dict[str, Any]:
    """The discovery payload of one entity. Pure."""
    twin = Twin(entity, base)
    payload: dict[str, Any] = {
        "unique_id": base.replace("/", "_"),
        "default_entity_id": entity.id,
        "availability": [{"topic": status_topic}, {"topic": f"{base}/availability"}],
        "availability_mode": "all",
        "device": _device(house, entity),
        "name": _own_name(house, entity),
        "origin": {"name": "appliance demonstration home"},
        **_options(twin),
    }
    if entity.aliases:
        payload["aliases"] = list(entity.aliases)
    return payload


def _options(twin: Twin) -> dict[str, Any]:
    given = twin.entity.attributes
    options: dict[str, Any] = dict(FIXED.get(twin.entity.domain, {}))
    options |= {key: given[key] for key in NAMED_ALIKE if key in given}
    options |= {new: given[key] for key, new in RENAMED.items() if key in given}
    if twin.entity.domain == "climate" and "preset_modes" in given:
        options["preset_modes"] = [mode for mode in given["preset_modes"] if mode != "none"]
    for part in twin.parts:
        if part.command:
            options[part.command] = f"{twin.base}/{_set(part)}"
        if part.state:
            options[part.state] = f"{twin.base}/{part.name or 'state'}"
    return options


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
