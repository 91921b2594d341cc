"""Rows of the table of services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from appliance.home.actions.fields import Field
from appliance.home.actions.plans import Plan, Refusal
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import Known

Planner = Callable[[Announced, dict[str, Any], Known], Plan | Refusal]


class Service(msgspec.Struct, frozen=True):
    """A service of one kind: what makes its plan, from data that was checked against its fields."""

    plan: Planner
    fields: tuple[Field, ...] = ()


Services = dict[tuple[str, str], Service]


def number_attribute(entity: Announced, name: str, default: float) -> float:
    """A number among what the house shows of this entity for ever."""
    value = entity.attributes.get(name, default)
    return float(value) if isinstance(value, int | float) else default


def choices(entity: Announced, attribute: str) -> tuple[str, ...]:
    """A list among what the house shows."""
    value = entity.attributes.get(attribute, ())
    return value if isinstance(value, tuple) else ()


def chosen(entity: Announced, attribute: str, wish: str) -> str | None:
    """The announced choice that was meant; capitals and `_` for a blank do not matter."""
    listed = choices(entity, attribute)
    if wish in listed:
        return wish
    plain = {_plain(choice): choice for choice in reversed(listed)}
    return plain.get(_plain(wish))


def _plain(text: str) -> str:
    return text.casefold().replace("_", " ").strip()


def no_choice(what: str, wish: object, listed: tuple[str, ...]) -> Refusal:
    """It knows others."""
    if not listed:
        return Refusal(f"has no {what}s")
    known = ", ".join(listed[:8])
    return Refusal(f"does not know a {what} of {str(wish)[:40]!r}, but {known}")
