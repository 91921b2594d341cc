"""What is said after success or as an answer: the response templates of home-assistant-intents.

The templates are the package's; names and states are only data in them. They are rendered in a sandbox all
the same, and anything missing or undefined gives "", so that the caller can say something plain.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from appliance.home.entities import Entity

MAX_REPLY_CHARS = 600
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?")

STATE_LISTS = {"cover": "cover_states", "valve": "cover_states", "lock": "lock_states"}
OPENINGS = frozenset({"door", "garage_door", "opening", "window"})
PRESENCE = frozenset({"occupancy", "motion", "presence", "moving"})
SPOKEN_UNITS = {
    "en": {
        "°C": "degrees",
        "°F": "degrees",
        "%": "percent",
        "W": "watts",
        "kW": "kilowatts",
        "kWh": "kilowatt hours",
    },
    "de": {
        "°C": "Grad",
        "°F": "Grad Fahrenheit",
        "%": "Prozent",
        "W": "Watt",
        "kW": "Kilowatt",
        "kWh": "Kilowattstunden",
    },
}


class Date(msgspec.Struct, frozen=True):
    """A day, with the attributes that the templates use."""

    year: int
    month: int
    day: int

    def weekday(self) -> int:
        """Monday is 0."""
        return calendar.weekday(self.year, self.month, self.day)


class Time(msgspec.Struct, frozen=True):
    """A time of day."""

    hour: int
    minute: int


class StateView(msgspec.Struct, frozen=True):
    """An entity's state as the templates see it."""

    entity_id: str
    domain: str
    name: str
    state: str
    state_with_unit: str
    attributes: dict[str, Any]


def moment(now: str) -> tuple[Date, Time] | None:
    """Day and time of an ISO 8601 text; None when it is none, or has no time."""
    match = _MOMENT.match(now)
    if match is None or match.group(4) is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups())
    if not (
        1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] and hour < 24 and minute < 60
    ):
        return None
    return Date(year, month, day), Time(hour, minute)


class Replies:
    """The response templates of one language."""

    def __init__(self, language: str, responses: Mapping[str, Any], slot_lists: Mapping[str, Any]) -> None:
        self._language = language
        self._intents: Mapping[str, Mapping[str, str]] = responses.get("intents", {})
        self._errors: Mapping[str, str] = responses.get("errors", {})
        self._slot_lists = slot_lists
        self._compiled: dict[str, Any] = {}
        self._environment: Any = None

    def render(
        self,
        intent: str,
        key: str,
        slots: Mapping[str, Any],
        *,
        matched: Iterable[Entity] = (),
        unmatched: Iterable[Entity] = (),
    ) -> str:
        """The answer for an intent; "" when there is no such response or it comes out incomplete."""
        texts = self._intents.get(intent, {})
        source = texts.get(key) or texts.get("default", "")
        views = [self.view(entity) for entity in matched], [self.view(entity) for entity in unmatched]
        first = next((view for group in views for view in group), None)
        context = {
            "slots": dict(slots),
            "state": first,
            "query": {"matched": views[0], "unmatched": views[1]},
        }
        return self._render(source, context, first)

    def error(self, key: str, **slots: str) -> str:
        """The package's sentence for a failure; "" when it has none."""
        return self._render(self._errors.get(key, ""), dict(slots), None)

    def view(self, entity: Entity) -> StateView:
        """The entity's state in words of this language."""
        state = self._state_words(entity)
        unit = str(entity.attributes.get("unit_of_measurement") or "")
        unit = SPOKEN_UNITS.get(self._language, {}).get(unit, unit)
        with_unit = f"{state} {unit}".strip()
        return StateView(entity.id, entity.domain, entity.name, state, with_unit, entity.attributes)

    def _state_words(self, entity: Entity) -> str:
        """How the sentences themselves call this state: a door that is "on" is "open"."""
        state = entity.state or ""
        for name in _state_lists(entity):
            for value in getattr(self._slot_lists.get(name), "values", ()):
                if value.value_out == state:
                    return first_words(value.text_in).strip() or state
        return state

    def _render(self, source: str, context: dict[str, Any], view: StateView | None) -> str:
        if not source:
            return ""
        from jinja2 import TemplateError

        attributes = view.attributes if view is not None else {}
        context["state_attr"] = lambda _entity_id, key: attributes.get(key)
        try:
            text: str = self._template(source).render(context)
        except (TemplateError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError):
            # A response that stumbles over what this house has is no response.
            return ""
        return " ".join(text.split())[:MAX_REPLY_CHARS]

    def _template(self, source: str) -> Any:
        if source not in self._compiled:
            if self._environment is None:
                self._environment = _sandbox()
            self._compiled[source] = self._environment.from_string(source)
        return self._compiled[source]


def _sandbox() -> Any:
    """An environment without access to anything but its data, in which nothing undefined is printed."""
    from jinja2 import Undefined, UndefinedError
    from jinja2.sandbox import SandboxedEnvironment

    def finalize(value: object) -> object:
        if value is None or isinstance(value, Undefined):
            raise UndefinedError("a value that this answer needs is missing")
        return value

    return SandboxedEnvironment(finalize=finalize)


def _state_lists(entity: Entity) -> tuple[str, ...]:
    if entity.domain != "binary_sensor":
        return (STATE_LISTS.get(entity.domain, "on_off_states"),)
    kind = entity.attributes.get("device_class")
    if kind in OPENINGS:
        return ("bs_open_states",)
    return ("bs_occupancy_states",) if kind in PRESENCE else ("on_off_states",)


def first_words(expression: Any) -> str:
    """The first way to say a small expression of hassil's: of alternatives the first, options left out."""
    items = getattr(expression, "items", None)
    if items is None:
        return str(getattr(expression, "text", ""))
    if hasattr(expression, "is_optional"):
        items = () if expression.is_optional else items[:1]
    return "".join(first_words(item) for item in items)
