"""The states of entities, kept up to date by what `subscribe_entities` sends. Pure.

Home Assistant sends a whole state once and then only what changed, for the entities asked for and no others:
a fraction of what `state_changed` events carry, which hold the old and the new state of everything.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.home.hass import protocol
from appliance.home.hass.protocol import NewState, StateDiff, StatesEvent

UNAVAILABLE, UNKNOWN = "unavailable", "unknown"
MAX_LIST = 64
KEPT = frozenset(
    {
        # every kind
        *(
            "friendly_name",
            "device_class",
            "unit_of_measurement",
            "supported_features",
            "assumed_state",
            "options",
        ),
        # light
        *("brightness", "color_mode", "supported_color_modes", "color_temp_kelvin", "min_color_temp_kelvin"),
        *("max_color_temp_kelvin", "rgb_color", "hs_color", "xy_color", "effect", "effect_list"),
        # cover, valve
        *("current_position", "current_tilt_position"),
        # fan
        *("percentage", "percentage_step", "preset_mode", "preset_modes", "oscillating", "direction"),
        # climate, humidifier, water heater
        *("temperature", "current_temperature", "target_temp_low", "target_temp_high", "target_temp_step"),
        *(
            "min_temp",
            "max_temp",
            "hvac_modes",
            "hvac_action",
            "fan_mode",
            "fan_modes",
            "swing_mode",
            "swing_modes",
        ),
        *("humidity", "current_humidity", "min_humidity", "max_humidity", "mode", "available_modes"),
        *("operation_mode", "operation_list"),
        # number
        *("min", "max", "step"),
        # media player
        *("volume_level", "is_volume_muted", "media_title", "media_artist", "source", "source_list"),
        # vacuum, siren, timer
        *("fan_speed", "fan_speed_list", "battery_level", "available_tones", "remaining", "duration"),
        "finishes_at",
    }
)
"""Attributes that sentences, deeds and answers use; the others are not kept."""


class State(msgspec.Struct, frozen=True):
    """One entity's state now."""

    state: str
    attributes: dict[str, Any] = {}


class Changes(msgspec.Struct, frozen=True):
    """What an event changed."""

    changed: frozenset[str] = frozenset()
    """Ids with another state or other attributes."""
    other_house: frozenset[str] = frozenset()
    """Ids that came, went, or have another name."""
    misfits: int = 0
    """Rows that did not fit."""


class States:
    """The states of at most `limit` entities."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._states: dict[str, State] = {}

    def get(self, entity_id: str) -> State | None:
        """The state of this entity."""
        return self._states.get(entity_id)

    def all(self) -> Mapping[str, State]:
        """Every state, by entity id."""
        return self._states

    def fill_from(self, older: States, wanted: frozenset[str]) -> None:
        """What `older` knew of `wanted` and this does not is unavailable for now."""
        for key, state in older._states.items():
            if key in wanted and key not in self._states:
                self._states[key] = State(UNAVAILABLE, state.attributes)

    def difference(self, newer: States, misfits: int = 0) -> Changes:
        """What is another one in `newer`."""
        old, new = self._states, newer._states
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        renamed = {key for key in changed & old.keys() & new.keys() if _name(old[key]) != _name(new[key])}
        return Changes(frozenset(changed), frozenset(old.keys() ^ new.keys()) | renamed, misfits)

    def take(self, raw: msgspec.Raw, wanted: frozenset[str]) -> Changes:
        """An event, as far as it is about `wanted` entities. Raises protocol.Malformed, changing nothing."""
        event = protocol.one(raw, StatesEvent)
        whole, misfits = protocol.table(event.a, NewState)
        diffs, more_misfits = protocol.table(event.c, StateDiff)
        came = {key: _state(new.s, new.a) for key, new in whole.items() if key in wanted}
        changed = {key for key, new in came.items() if self._states.get(key) != new}
        names = {key: _name(old) for key in (*came, *diffs) if (old := self._states.get(key))}
        appeared = frozenset(came.keys() - self._states.keys())
        room = self._limit - len(self._states)
        dropped = set(sorted(appeared)[max(0, room) :])
        self._states.update((key, new) for key, new in came.items() if key not in dropped)
        changed |= {key for key, diff in diffs.items() if self._change(key, diff)}
        renamed = {key for key, name in names.items() if _name(self._states[key]) != name}
        went = frozenset(key for key in event.r if self._states.pop(key, None) is not None)
        return Changes(
            frozenset(changed - dropped) | went,
            (appeared - dropped) | went | renamed,
            misfits + more_misfits + len(dropped),
        )

    def _change(self, entity_id: str, diff: StateDiff) -> bool:
        old = self._states.get(entity_id)
        if old is None:
            return False
        lost = set(diff.removed.a)
        attributes = {name: value for name, value in old.attributes.items() if name not in lost}
        attributes |= _attributes(diff.added.a)
        state = old.state if diff.added.s is None else _text(diff.added.s)
        new = State(state, attributes)
        self._states[entity_id] = new
        return new != old


def _state(state: str, attributes: Mapping[str, Any]) -> State:
    return State(_text(state), _attributes(attributes))


def _name(state: State) -> object:
    return state.attributes.get("friendly_name")


def _text(state: str) -> str:
    """States repeat: each text is kept once."""
    return sys.intern(state[: protocol.MAX_TEXT_CHARS])


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {sys.intern(name): value for name, value in given.items() if name in KEPT and _is_plain(value)}


def _is_plain(value: object) -> bool:
    """A number, a word, or a short list of them."""
    if isinstance(value, list):
        return len(value) <= MAX_LIST and all(_is_scalar(each) for each in value)
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    return (
        value is None
        or isinstance(value, bool | int | float)
        or (isinstance(value, str) and len(value) <= 255)
    )
