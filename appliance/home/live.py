"""What one entity is known to be right now: its own reports, and whether it can be reached. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from appliance.home import live_attributes, templates
from appliance.home.registry import Shown
from appliance.mqtt import decoding
from appliance.mqtt.announced import Announced, Availability, Source

UNAVAILABLE = "unavailable"
_NAMED = re.compile(r"\b(?:this|entity_id|name|position_\w+|tilt_m\w+)\b")
_SHOWN_TO_TEMPLATES = ("position_open", "position_closed", "tilt_min", "tilt_max")
MAX_VALUES = 64
Extra = dict[str, decoding.Value]


class Heard(msgspec.Struct, frozen=True):
    """What a message on one of an entity's topics meant to it."""

    changed: bool = False
    """Something is shown differently now."""
    said_state: bool = False
    """It carried a state, the same or another one."""
    fault: str = ""
    """Why it (or a part of it) says nothing."""


NOTHING_SAID = Heard()
SAID_AGAIN = Heard(said_state=True)


class Live:
    """The state of one announced entity; times are seconds of one monotonic clock."""

    __slots__ = (
        "_extra", "_latest", "_reachable", "_renders", "_reported_at", "announced", "timed", "values",
    )  # fmt: skip

    def __init__(self, announced: Announced) -> None:
        """Raises TemplateFault when one of its templates is refused."""
        self.announced = announced
        self.values: decoding.Values = {}
        self._extra: Extra | None = None
        self._reported_at = 0.0
        self._reachable: dict[str, bool] | None = None
        self._latest = False
        for command in announced.commands.values():
            templates.compiled(command.template)
        texts = [entry.template for entry in announced.availability]
        texts += [source.template for source in announced.sources]
        self._renders = tuple(templates.compiled(text) for text in texts)
        self.timed = any(_number(announced.options, name) for name in ("expire_after", "off_delay"))
        """Does time alone change what it shows?"""

    def inherit(self, older: Live) -> None:
        """Keep what is known when the same entity is announced again with other options."""
        self.values = dict(older.values)
        self._extra = older._extra
        self._reported_at = older._reported_at
        self._latest = older._latest
        self._reachable = None if older._reachable is None else dict(older._reachable)

    def take(self, topic: str, payload: bytes, now: float, retained: bool = False) -> Heard:
        """A message on one of its topics; `retained` was kept by the broker, not said just now."""
        try:
            text = payload.decode(self.announced.encoding)
        except UnicodeDecodeError:
            return Heard(fault=f"the payload is no {self.announced.encoding.upper()}")
        changed = said = False
        faults: list[str] = []
        for entry, render in self._listeners(topic):
            if isinstance(entry, Availability):
                changed |= self._take_availability(entry, render, text, faults)
            elif not (retained and entry.decoder == "event"):
                values = self._read_state(entry, render, text, faults)
                if entry.decoder == "attributes":
                    changed |= self._take_extra(values)
                else:
                    said |= bool(values)
                    changed |= self._take_values(values, now)
        if not faults and not changed:
            return SAID_AGAIN if said else NOTHING_SAID
        return Heard(changed, said, "; ".join(faults))

    def _listeners(self, topic: str) -> Iterator[tuple[Availability | Source, templates.Render]]:
        entries: tuple[Availability | Source, ...]
        entries = (*self.announced.availability, *self.announced.sources)
        for entry, render in zip(entries, self._renders, strict=True):
            if entry.topic == topic:
                yield entry, render

    def _take_availability(
        self, entry: Availability, render: templates.Render, text: str, faults: list[str]
    ) -> bool:
        try:
            said = render(text, self.variables(entry.template))
        except templates.TemplateFault as fault:
            faults.append(str(fault))
            return False
        if said not in {entry.payload_available, entry.payload_not_available}:
            return False
        before = self.available
        self._latest = said == entry.payload_available
        if len(self.announced.availability) > 1:
            self._reachable = {**(self._reachable or {}), entry.topic: self._latest}
        return before != self.available

    def _read_state(
        self, source: Source, render: templates.Render, text: str, faults: list[str]
    ) -> decoding.Values:
        try:
            said = render(text, self.variables(source.template))
        except templates.TemplateFault as fault:
            faults.append(str(fault))
            return {}
        values = decoding.decode(
            source.decoder,
            self.announced.options,
            said,
            self.values,
            attribute=source.attribute,
            choices=source.choices,
        )
        if isinstance(values, str):
            faults.append(values)
            return {}
        return values

    def _take_values(self, values: decoding.Values, now: float) -> bool:
        changed = any(name not in self.values or self.values[name] != value for name, value in values.items())
        if values:
            self._reported_at = now
        if changed:
            self.values.update(values)
        return changed

    def _take_extra(self, values: Extra) -> bool:
        changed = values != (self._extra or {})
        self._extra = values or None
        return changed

    def assume(self, values: Mapping[str, decoding.Value]) -> bool:
        """What was told and will never be reported; True when it is shown differently now."""
        changed = any(self.values.get(name) != value for name, value in values.items())
        self.values.update(values)
        return changed

    @property
    def available(self) -> bool:
        """Can it be reached, as far as its availability topics say?"""
        entries = self.announced.availability
        if not entries:
            return True
        if self.announced.availability_mode == "latest" or len(entries) == 1:
            return self._latest
        reachable = self._reachable or {}
        said = (reachable.get(entry.topic, False) for entry in entries)
        return all(said) if self.announced.availability_mode == "all" else any(said)

    def variables(self, template: str) -> Mapping[str, object]:
        """What a template may name beside the payload; nothing when it does not."""
        if not template or not _NAMED.search(template):
            return templates.NO_VARIABLES
        announced = self.announced
        entity_id = f"{announced.component}.{announced.entity_id or 'unnamed'}"
        this = {"entity_id": entity_id, "state": self.values.get("state"), "attributes": dict(self.values)}
        options = {name: announced.options[name] for name in _SHOWN_TO_TEMPLATES if name in announced.options}
        return {**options, "entity_id": entity_id, "name": announced.name, "this": this}

    def state(self, now: float) -> str:
        """Its state, with what time does to it: an old measurement is no measurement."""
        if not self.available:
            return UNAVAILABLE
        state = self.values.get("state")
        if state is None:
            return decoding.UNKNOWN
        if self.timed:
            age = now - self._reported_at
            if 0 < _number(self.announced.options, "expire_after") < age:
                return UNAVAILABLE
            if state == "on" and 0 < _number(self.announced.options, "off_delay") < age:
                return "off"
        return str(state)

    def shown(self, now: float) -> Shown:
        """State and attributes as the house shows them."""
        state = self.state(now)
        return Shown(state, live_attributes.shown(self.announced, state, self.values, self._extra or {}))


def _number(options: Mapping[str, object], name: str) -> float:
    value = options.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0
