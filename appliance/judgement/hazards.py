"""Which deeds let somebody in, take a protection away, or can set a house on fire. Pure.

The ways in (locks, doors, valves, alarms) are those of `home.guard`, where their directions are worked out
too. Added here: sirens, ovens, what the owner marked, what a member of a group or scene is, and what says
by its name that it opens a door although it is only a button, a switch or a script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from appliance.home import guard
from appliance.home.entities import Entity
from appliance.judgement import services

Verb = Literal["unlock", "open", "disarm", "trigger", "silence", "start", "change"]
"""What the deed does to the thing, for the words of the question."""

MAX_MEMBERS = 200
_HIDING = frozenset({"automation", "button", "input_boolean", "input_button", "scene", "script", "switch"})
"""Kinds that may do anything at all; only their names tell."""
_WORST = {
    "lock": "unlock", "cover": "open_cover", "valve": "open_valve", "alarm_control_panel": "alarm_disarm",
}  # fmt: skip
_WAYS = (
    r"(?:doors?|gates?|garages?|(?:haus|keller|eingangs|garten|balkon|terrassen|wohnungs)?tur"
    r"|(?:garagen|hof)?tor)"
)
_WAY = re.compile(rf"\b{_WAYS}\b")
_OPENERS = re.compile(
    r"\b(?:unlock\w*|disarm\w*|entriegel\w*|entsperr\w*|aufsperr\w*|aufschliess\w*|unscharf\w*|entscharf\w*"
    r"|turoffner\w*|toroffner\w*|door ?(?:opener|release|strike|buzzer)|gate ?(?:opener|release)|garage door"
    r"|garagentor\w*|buzz in)\b"
    rf"|\b(?:open|offn\w*)\b.*\b{_WAYS}\b|\b{_WAYS}\b.*\b(?:opens?|opener|offn\w*|auf)\b"
)
_OVENS = re.compile(
    r"\b(oven|stove|cooktop|cooker|hob|hotplate|fryer|backofen|ofen|herd|kochfeld|herdplatte|fritteuse)s?\b"
)
_HEATS = frozenset(
    {"button", "climate", "fan", "input_boolean", "number", "select", "switch", "water_heater"}
)
_GUARD_VERBS: Mapping[str, Verb] = {
    "lock": "unlock", "cover": "open", "valve": "open", "alarm_control_panel": "disarm",
}  # fmt: skip


class Hazard(msgspec.Struct, frozen=True):
    """A guarded thing, and what would be done to it."""

    entity_id: str
    name: str
    verb: Verb


def plain(text: str) -> str:
    """Lower case words without accents; everything else is a space."""
    spread = unicodedata.normalize("NFKD", text[:200].casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in spread if not unicodedata.combining(c))))


def verb_of(
    entity: Entity, service: str, data: Mapping[str, Any], *, marked: Collection[str] = ()
) -> Verb | None:
    """What makes this service call on this very entity a hazard; None when nothing does."""
    domain = entity.domain
    if domain == "alarm_control_panel" and service == "alarm_trigger":
        return "trigger"
    if guard.refusal(_telling_id(entity), domain, entity.attributes, service, data):
        return _GUARD_VERBS[domain]
    if domain == "siren":
        return "silence" if service == "turn_off" else "trigger"
    if services.calming(domain, service):
        return None
    if entity.id in marked:
        return "start" if service in {"turn_on", "toggle", "start", "press"} else "change"
    return _by_name(entity, service)


def _telling_id(entity: Entity) -> str:
    """The id, by which `home.guard` knows doors; where only the name tells, one that tells."""
    unclassed = entity.domain == "cover" and not entity.attributes.get("device_class")
    return "cover.door" if unclassed and _WAY.search(plain(entity.name)) else entity.id


def _by_name(entity: Entity, service: str) -> Verb | None:
    name = f"{plain(entity.id.partition('.')[2])} | {plain(entity.name)}"
    if entity.domain in _HIDING and _OPENERS.search(name):
        return "start"
    if entity.domain in _HEATS and _OVENS.search(name):
        return "start" if service in {"turn_on", "toggle", "press"} else "change"
    return None


def touched(
    entity: Entity, service: str, entities: Mapping[str, Entity]
) -> tuple[tuple[Entity, str], ...] | None:
    """Every entity that this call reaches, with the service that reaches it: itself first, then the members
    of a group or scene, theirs too. None when they are more than anybody looks through.

    `entities` is the whole house by id.
    """
    found: dict[str, tuple[Entity, str]] = {}
    waiting = [(entity, service)]
    while waiting:
        each, reached_by = waiting.pop()
        if each.id in found:
            continue
        if len(found) >= MAX_MEMBERS:
            return None
        found[each.id] = (each, reached_by)
        inside = (entities[name] for name in members(each) if name in entities)
        waiting += [(member, _worst(member) if each.domain == "scene" else reached_by) for member in inside]
    return tuple(found.values())


def _worst(member: Entity) -> str:
    """A scene sets its members to states of which nobody knows: the worst is taken for granted."""
    return _WORST.get(member.domain, "turn_on")


def members(entity: Entity) -> Sequence[str]:
    """Ids of what a group or scene consists of, as Home Assistant tells it."""
    listed = entity.attributes.get("entity_id")
    if not isinstance(listed, list | tuple):
        return ()
    return [each for each in listed[:MAX_MEMBERS] if isinstance(each, str)]
