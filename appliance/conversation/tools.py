"""What a language model may be offered to do: typed tools over the entities of a home. Pure.

Left out altogether is whatever the judgement would ask about first: locks, alarms, valves, sirens, doors,
ovens, what the owner marked, groups and scenes that reach one of these or do not tell what they reach, and
everything that may do anything at all (scripts, automations, buttons). A model cannot name what it was not
offered, and `parse` refuses it when it does.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from appliance.home.entities import Entity
from appliance.judgement import hazards, services
from appliance.wire.messages import Deed

LOOK_UP = "look_up"
"""Reads states; makes no deed."""
GUARDED = frozenset({"alarm_control_panel", "lock", "siren", "valve"})
"""Never offered, not even in the harmless direction."""
REACHING = frozenset({"group", "scene"})
"""Offered only when they tell what they reach."""
MAX_VALUES = 101
"""Values of one argument that a grammar lists."""
COLORS = (
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "white", "turquoise", "violet",
)  # fmt: skip
HVAC_MODES = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")
_DIM = frozenset({"brightness", "color_temp", "hs", "rgb", "rgbw", "rgbww", "xy", "white"})
_COLOR = frozenset({"hs", "rgb", "rgbw", "rgbww", "xy"})
_WARMTH = frozenset({"color_temp", "rgbww"})
_SANE = {"degrees": (-30.0, 120.0), "kelvin": (1_500.0, 9_000.0)}
_WORST: Mapping[str, Any] = {"position": 100, "tilt_position": 100}


class Value(msgspec.Struct, frozen=True):
    """What an argument may be: one of `choices`, or a number in a range (both ends included)."""

    name: str
    """As the model writes it."""
    key: str
    """As the service calls it."""
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    scale: float = 1.0
    choices: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """Every value that a grammar lets through, as JSON; at most `MAX_VALUES`."""
        if self.choices:
            return tuple(f'"{choice}"' for choice in self.choices)
        step = self.step
        while (self.high - self.low) / step > MAX_VALUES - 1:
            step *= 2
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        return tuple(f"{self.low + step * index:g}" for index in range(count))

    def accept(self, given: float | str) -> int | float | str | None:
        """The service's value, or None when this is none of them."""
        if isinstance(given, str) or self.choices:
            return given if isinstance(given, str) and given in self.choices else None
        if not math.isfinite(given) or not self.low <= given <= self.high:
            return None
        value = round(given * self.scale, 4)
        return int(value) if value == int(value) and self.scale == 1.0 else value


class Offer(msgspec.Struct, frozen=True):
    """One thing that may be done with one entity."""

    tool: str
    entity_id: str
    domain: str
    service: str
    value: Value | None = None

    def deed(self, given: float | str | None) -> Deed | None:
        """The service call, or None when the value does not fit."""
        if self.value is None:
            return Deed(self.domain, self.service, (self.entity_id,)) if given is None else None
        accepted = None if given is None else self.value.accept(given)
        if accepted is None:
            return None
        return Deed(self.domain, self.service, (self.entity_id,), {self.value.key: accepted})


def offers(entity: Entity, entities: Mapping[str, Entity], marked: Collection[str] = ()) -> tuple[Offer, ...]:
    """What may be done with this entity; nothing for what is guarded. `entities` is the house by id."""
    row = _BY_DOMAIN.get(entity.domain)
    if row is None or entity.id.partition(".")[0] != entity.domain or is_guarded(entity, entities, marked):
        return ()
    return tuple(row(entity))


def is_guarded(entity: Entity, entities: Mapping[str, Entity], marked: Collection[str] = ()) -> bool:
    """Would any of its services, on it or on what it reaches, have to be asked about first?"""
    if entity.domain in REACHING and not hazards.members(entity):
        return True
    reached = hazards.touched(entity, "turn_on", entities)
    if reached is None:
        return True
    known = [each for each, _ in reached]
    if any(name not in entities for each in known for name in hazards.members(each)):
        return True
    return any(_is_hazard(each, marked) for each in known)


def _is_hazard(entity: Entity, marked: Collection[str]) -> bool:
    if entity.domain in GUARDED:
        return True
    called = services.KNOWN.get(entity.domain, frozenset())
    return any(hazards.verb_of(entity, service, _WORST, marked=marked) for service in called)


# --- what each kind can do -------------------------------------------------------------------------------


def _offer(entity: Entity, tool: str, service: str, value: Value | None = None) -> Offer:
    return Offer(tool, entity.id, entity.domain, service, value)


def _percent(key: str, low: int = 0, scale: float = 1.0) -> Value:
    return Value("percent", key, low, 100, scale=scale)


def _switched(entity: Entity) -> Iterator[Offer]:
    yield _offer(entity, "turn_on", "turn_on")
    yield _offer(entity, "turn_off", "turn_off")


def _light(entity: Entity) -> Iterator[Offer]:
    yield from _switched(entity)
    if _has_mode(entity, _DIM):
        yield _offer(entity, "set_brightness", "turn_on", _percent("brightness_pct", 1))
    if _has_mode(entity, _COLOR):
        yield _offer(entity, "set_color", "turn_on", Value("color", "color_name", choices=COLORS))
    if _has_mode(entity, _WARMTH):
        low, high = _limits(
            entity, "kelvin", ("min_color_temp_kelvin", "max_color_temp_kelvin"), 2_000, 6_500
        )
        value = Value("kelvin", "color_temp_kelvin", low, high, step=100)
        yield _offer(entity, "set_color_temperature", "turn_on", value)


def _has_mode(entity: Entity, needed: frozenset[str]) -> bool:
    modes = entity.attributes.get("supported_color_modes")
    return isinstance(modes, list) and not needed.isdisjoint(str(mode) for mode in modes[:20])


def _limits(entity: Entity, unit: str, keys: tuple[str, str], low: float, high: float) -> tuple[float, float]:
    """The entity's own range where it is a sane one, else this."""
    least, most = _SANE[unit]
    own = [entity.attributes.get(key) for key in keys]
    numbers = [float(each) for each in own if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) == 2 and all(map(math.isfinite, numbers)) and least <= numbers[0] < numbers[1] <= most:
        return numbers[0], numbers[1]
    return low, high


def _fan(entity: Entity) -> Iterator[Offer]:
    yield from _switched(entity)
    if "percentage" in entity.attributes:
        yield _offer(entity, "set_speed", "set_percentage", _percent("percentage"))


def _cover(entity: Entity) -> Iterator[Offer]:
    yield _offer(entity, "open", "open_cover")
    yield _offer(entity, "close", "close_cover")
    if "current_position" in entity.attributes:
        yield _offer(entity, "set_position", "set_cover_position", _percent("position"))


def _climate(entity: Entity) -> Iterator[Offer]:
    yield from _switched(entity)
    low, high = _limits(entity, "degrees", ("min_temp", "max_temp"), 7, 35)
    degrees = Value("degrees", "temperature", low, high, step=0.5)
    yield _offer(entity, "set_temperature", "set_temperature", degrees)
    listed = entity.attributes.get("hvac_modes")
    modes = tuple(mode for mode in HVAC_MODES if isinstance(listed, list) and mode in listed[:20])
    if modes:
        yield _offer(entity, "set_mode", "set_hvac_mode", Value("mode", "hvac_mode", choices=modes))


def _media(entity: Entity) -> Iterator[Offer]:
    yield from _switched(entity)
    for tool, service in _PLAYING:
        yield _offer(entity, tool, service)
    yield _offer(entity, "set_volume", "volume_set", _percent("volume_level", scale=0.01))


_PLAYING = (
    ("play", "media_play"),
    ("pause", "media_pause"),
    ("next_track", "media_next_track"),
    ("previous_track", "media_previous_track"),
)


def _vacuum(entity: Entity) -> Iterator[Offer]:
    yield _offer(entity, "start", "start")
    yield _offer(entity, "dock", "return_to_base")


def _scene(entity: Entity) -> Iterator[Offer]:
    yield _offer(entity, "turn_on", "turn_on")


_BY_DOMAIN = {
    "climate": _climate, "cover": _cover, "fan": _fan, "group": _switched, "humidifier": _switched,
    "input_boolean": _switched, "light": _light, "media_player": _media, "scene": _scene,
    "switch": _switched, "vacuum": _vacuum,
}  # fmt: skip
