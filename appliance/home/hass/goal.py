"""What must be so after a service call, and whether a state says so. Pure."""

from __future__ import annotations

import math

import msgspec

from appliance.home.hass.states import UNAVAILABLE, UNKNOWN, State


class Near(msgspec.Struct, frozen=True):
    """An attribute that must come within a distance of a number."""

    name: str
    value: float
    distance: float

    def met(self, state: State) -> bool:
        """Is it?"""
        known = number_of(state.attributes.get(self.name))
        return known is not None and abs(known - self.value) <= self.distance


class Same(msgspec.Struct, frozen=True):
    """An attribute that must be one of these."""

    name: str
    values: tuple[object, ...]

    def met(self, state: State) -> bool:
        """Is it?"""
        return state.attributes.get(self.name) in self.values


class Goal(msgspec.Struct, frozen=True):
    """What must be so afterwards; an empty `states` allows any that is known."""

    states: frozenset[str] = frozenset()
    attributes: tuple[Near | Same, ...] = ()
    otherwise: frozenset[str] = frozenset()
    """States that say that it is on its way there: `attributes` need not be met yet."""
    number: float | None = None
    """The state itself, as a number."""
    not_states: frozenset[str] = frozenset()

    def met(self, state: State) -> bool:
        """Is it so?"""
        if state.state in self.otherwise:
            return True
        if self.states and state.state not in self.states:
            return False
        if state.state in self.not_states or state.state in {UNAVAILABLE, UNKNOWN}:
            return False
        if self.number is not None and not _close(number_of(state.state), self.number):
            return False
        return all(each.met(state) for each in self.attributes)


def number_of(value: object) -> float | None:
    """A number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _close(known: float | None, wanted: float) -> bool:
    return known is not None and abs(known - wanted) <= max(1e-6, abs(wanted) * 1e-6)
