"""What a service call comes to: messages to send, and what the device must then say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.mqtt.announced import Announced, Command
from appliance.mqtt.decoding import Known, Value

Told = str | int | float | bool
Data = Mapping[str, Any]


class Publish(msgspec.Struct, frozen=True):
    """One command; `template` (if any) makes the payload from `value` and `variables`."""

    topic: str
    value: Told
    template: str = ""
    variables: Mapping[str, object] = {}


class Near(msgspec.Struct, frozen=True):
    """A number, or numbers, that both ends may round; `circle` is the size of a scale that is closed."""

    value: float | tuple[float, ...]
    by: float
    circle: float = 0


class Toward(msgspec.Struct, frozen=True):
    """A position from 0 to 100 that is reached in time: being nearer than at the start is a beginning."""

    value: float
    by: float
    start: float | None = None


class OneOf(msgspec.Struct, frozen=True):
    """Any of these."""

    values: tuple[Value, ...]


Wish = Value | Near | Toward | OneOf
Wishes = dict[str, Wish]


class Plan(msgspec.Struct, frozen=True):
    """What to send, in order, and what the device must report afterwards.

    `wanted` has only what the device does report; what it does not is `assumed`. `moving` are states that
    show, when they are told freshly, that the device obeys and has not arrived yet (an opening cover);
    `failing` are those that say that it cannot (a jammed lock).
    """

    publishes: tuple[Publish, ...]
    wanted: Wishes = {}
    moving: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    assumed: Wishes = {}
    changes: bool = True
    """False when it can be told without anything becoming different: a button, a message."""


class Refusal(msgspec.Struct, frozen=True):
    """Why it cannot be done; a part of a sentence that follows the entity's name."""

    reason: str


def publish(command: Command, value: Told, variables: Mapping[str, object] | None = None) -> Publish:
    """This value on that topic."""
    return Publish(command.topic, value, command.template, variables or {})


def reported(entity: Announced, plan: Plan) -> Plan:
    """The same plan with its wishes sorted by whether this entity would report them."""
    told = {name: wish for name, wish in plan.wanted.items() if name in entity.reports}
    rest = {name: wish for name, wish in plan.wanted.items() if name not in told}
    return msgspec.structs.replace(plan, wanted=told, assumed=rest)


def fulfilled(wanted: Mapping[str, Wish], known: Known) -> bool:
    """Does the device say what was wanted?"""
    return all(_met(wish, known.get(name)) for name, wish in wanted.items())


def obeyed(plan: Plan, known: Known) -> bool:
    """Does what the device says freshly show that it does it, though it may not have arrived yet?"""
    if plan.moving and known.get("state") in plan.moving:
        return True
    return all(_begun(wish, known.get(name)) for name, wish in plan.wanted.items())


def value_of(wish: Wish) -> Value:
    """The value itself, without how near is near enough."""
    if isinstance(wish, OneOf):
        return wish.values[0]
    return wish.value if isinstance(wish, Near | Toward) else wish


def _met(wish: Wish, known: Value) -> bool:
    if isinstance(wish, OneOf):
        return known in wish.values
    if isinstance(wish, Near):
        return _near(wish, known)
    if isinstance(wish, Toward):
        return _number(known) and abs(wish.value - _float(known)) <= wish.by
    return type(wish) is type(known) and wish == known


def _begun(wish: Wish, known: Value) -> bool:
    if _met(wish, known):
        return True
    if not isinstance(wish, Toward) or wish.start is None or not _number(known):
        return False
    return abs(wish.value - _float(known)) < abs(wish.value - wish.start)


def _near(wish: Near, known: Value) -> bool:
    if isinstance(wish.value, tuple):
        if not isinstance(known, tuple) or len(known) != len(wish.value):
            return False
        parts = zip(wish.value, known, strict=True)
        return all(_distance(part, other, wish.circle) <= wish.by for part, other in parts)
    return _number(known) and _distance(wish.value, _float(known), wish.circle) <= wish.by


def _distance(one: float, other: float, circle: float) -> float:
    apart = abs(one - other)
    return min(apart, circle - apart) if circle else apart


def _number(value: Value) -> bool:
    if isinstance(value, str):
        return _parsed(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: Value) -> float:
    if isinstance(value, str):
        return _parsed(value) or 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def _parsed(text: str) -> float | None:
    """The states of numbers are text."""
    try:
        return float(text)
    except ValueError:
        return None
