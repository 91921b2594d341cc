"""What one entity is known to be right now: its own reports, and whether it can be reached. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.home import templates
from appliance.home.registry import Shown
from appliance.mqtt import decoding
from appliance.mqtt.announced import Announced, Availability, Source

UNAVAILABLE = "unavailable"


class Heard(msgspec.Struct, frozen=True):
    """What a message on one of an entity's topics meant to it."""

    changed: bool = False
    """Something is shown differently now."""
    said_state: bool = False
    """It carried a state, the same or another one."""
    fault: str = ""
    """Why it (or a part of it) says nothing."""


class Live:
    """The state of one announced entity; times are seconds of one monotonic clock."""

    def __init__(self, announced: Announced) -> None:
        """Raises TemplateFault when one of its templates is refused."""
        self.announced = announced
        self.values: decoding.Values = {}
        self._reported_at = 0.0
        self._reachable: dict[str, bool] = {}
        self._latest = False
        self._renders = {text: templates.compiled(text) for text in _templates(announced)}

    def inherit(self, older: Live) -> None:
        """Keep what is known when the same entity is announced again with other options."""
        self.values = dict(older.values)
        self._reported_at = older._reported_at
        self._latest = older._latest
        self._reachable = dict(older._reachable)

    def take(self, topic: str, payload: bytes, now: float) -> Heard:
        """A message on one of its topics."""
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return Heard(fault="the payload is no UTF-8")
        changed = said = False
        faults: list[str] = []
        for entry in self.announced.availability:
            if entry.topic == topic:
                changed |= self._take_availability(entry, text, faults)
        for source in self.announced.sources:
            if source.topic == topic:
                values = self._read_state(source, text, faults)
                said |= bool(values)
                changed |= self._take_values(values, now)
        return Heard(changed, said, "; ".join(faults))

    def _take_availability(self, entry: Availability, text: str, faults: list[str]) -> bool:
        try:
            said = self._renders[entry.template](text)
        except templates.TemplateFault as fault:
            faults.append(str(fault))
            return False
        if said not in {entry.payload_available, entry.payload_not_available}:
            return False
        before = self.available
        self._latest = self._reachable[entry.topic] = said == entry.payload_available
        return before != self.available

    def _read_state(self, source: Source, text: str, faults: list[str]) -> decoding.Values:
        try:
            said = self._renders[source.template](text)
        except templates.TemplateFault as fault:
            faults.append(str(fault))
            return {}
        values = decoding.decode(source.decoder, self.announced.options, said)
        if isinstance(values, str):
            faults.append(values)
            return {}
        return values

    def _take_values(self, values: decoding.Values, now: float) -> bool:
        changed = any(self.values.get(name) != value for name, value in values.items())
        self.values.update(values)
        if values:
            self._reported_at = now
        return changed

    @property
    def available(self) -> bool:
        """Can it be reached, as far as its availability topics say?"""
        entries = self.announced.availability
        if not entries:
            return True
        if self.announced.availability_mode == "latest":
            return self._latest
        said = (self._reachable.get(entry.topic, False) for entry in entries)
        return all(said) if self.announced.availability_mode == "all" else any(said)

    def state(self, now: float) -> str:
        """Its state, with what time does to it: an old measurement is no measurement."""
        if not self.available:
            return UNAVAILABLE
        state = self.values.get("state")
        if state is None:
            return decoding.UNKNOWN
        age = now - self._reported_at
        if 0 < _number(self.announced.options, "expire_after") < age:
            return UNAVAILABLE
        if state == "on" and 0 < _number(self.announced.options, "off_delay") < age:
            return "off"
        return str(state)

    def shown(self, now: float) -> Shown:
        """State and attributes as the house shows them."""
        state = self.state(now)
        attributes: dict[str, object] = dict(self.announced.attributes)
        if self.announced.component == "light":
            mode = "brightness" if self.announced.dimmable else "onoff"
            attributes["supported_color_modes"] = [mode]
            if state == "on":
                attributes["color_mode"] = mode
                if self.announced.dimmable and "brightness" in self.values:
                    attributes["brightness"] = self.values["brightness"]
        return Shown(state, attributes)


def _templates(announced: Announced) -> set[str]:
    return {
        *(entry.template for entry in announced.availability),
        *(source.template for source in announced.sources),
        *(command.template for command in announced.commands.values()),
    }


def _number(options: Mapping[str, object], name: str) -> float:
    value = options.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0
