"""Answers from the state of a house. Pure; every answer has a plain form of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.home.entities import Entity
from appliance.understanding import phrases
from appliance.understanding.replies import Replies, moment
from appliance.understanding.targets import silent

ONE = frozenset({"one", "one_yesno", "default"})
TEMPERATURE_DOMAINS = frozenset({"climate", "sensor"})


def about_states(
    replies: Replies, language: str, key: str, slots: Mapping[str, Any], entities: tuple[Entity, ...]
) -> str:
    """`HassGetState`: `key` is what was asked (one, one_yesno, any, all, which, how_many…)."""
    if len(entities) == 1 and key in ONE and silent(entities[0]):
        return phrases.failure_answer(language, "unavailable", entities[0].name)
    known = tuple(entity for entity in entities if not silent(entity))
    matched = tuple(entity for entity in known if _has_state(entity, slots.get("state")))
    unmatched = tuple(entity for entity in known if entity not in matched)
    said = {**slots, **({"name": entities[0].name} if len(entities) == 1 else {})}
    text = replies.render("HassGetState", key, said, matched=matched, unmatched=unmatched)
    return text or _plain(replies, key, matched, unmatched)


def _has_state(entity: Entity, wanted: Any) -> bool:
    if wanted is None:
        return True
    states = wanted if isinstance(wanted, list) else [wanted]
    return (entity.state or "").casefold() in {str(state).strip().casefold() for state in states}


def _plain(replies: Replies, key: str, matched: tuple[Entity, ...], unmatched: tuple[Entity, ...]) -> str:
    """Bare facts, for a language whose responses lack this one."""
    if key == "how_many":
        return str(len(matched))
    shown = matched if key in {"any", "which"} else (matched + unmatched)
    facts = [f"{view.name}: {view.state_with_unit}" for view in map(replies.view, shown[:4])]
    return ", ".join(facts) or "0"


def temperature_sources(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """What can tell a temperature: thermostats that measure it, or else sensors of temperature."""
    thermostats = tuple(
        each
        for each in entities
        if each.domain == "climate" and isinstance(each.attributes.get("current_temperature"), int | float)
    )
    sensors = tuple(
        each
        for each in entities
        if each.domain == "sensor"
        and each.attributes.get("device_class") == "temperature"
        and not silent(each)
    )
    return thermostats or sensors


def about_temperature(replies: Replies, slots: Mapping[str, Any], entity: Entity) -> str:
    """`HassClimateGetTemperature`."""
    text = replies.render("HassClimateGetTemperature", "default", slots, matched=(entity,))
    measured = entity.attributes.get("current_temperature", entity.state)
    return text or f"{entity.name}: {measured}"


def about_time(replies: Replies, intent: str, now: str) -> str:
    """`HassGetCurrentTime` and `HassGetCurrentDate`; "" when nobody said what time it is."""
    read = moment(now)
    if read is None:
        return ""
    date, time = read
    if intent == "HassGetCurrentTime":
        return replies.render(intent, "default", {"time": time}) or f"{time.hour}:{time.minute:02d}"
    return replies.render(intent, "default", {"date": date}) or f"{date.year}-{date.month:02d}-{date.day:02d}"
