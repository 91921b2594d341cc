"""States and positions of covers, valves and locks."""

from __future__ import annotations

from appliance.mqtt.decoding.base import (
    NONE,
    UNKNOWN,
    Options,
    Saying,
    Values,
    ends,
    json_table,
    number_of,
    quoted,
    tilts,
    to_percent,
)

_MOVES = ("opening", "closing", "open", "closed")
_LOCK = ("locked", "locking", "unlocked", "unlocking", "open", "opening", "jammed")


def _named(options: Options, text: str, states: tuple[str, ...]) -> str | None:
    return next((state for state in states if text == options[f"state_{state}"]), None)


def cover_state(said: Saying) -> Values | str:
    """In the words that were announced."""
    if not said.text:
        return {}
    if said.text == NONE:
        return {"state": UNKNOWN}
    if said.text == said.options["state_stopped"]:
        return {"state": _stopped(said)}
    state = _named(said.options, said.text, _MOVES)
    return f"{quoted(said.text)} is no state of a cover" if state is None else {"state": state}


def _stopped(said: Saying) -> str:
    """Stopped somewhere: closed when it is at the end, or was on the way there and says no position."""
    position = said.known.get("current_position")
    if position is not None:
        return "closed" if position == 0 else "open"
    return "closed" if said.known.get("state") in {"closed", "closing"} else "open"


def cover_position(said: Saying) -> Values | str:
    """A number, or a table with `position` and perhaps `tilt_position`."""
    if not said.text or said.text == NONE:
        return {}
    table = json_table(said.text)
    position = number_of(said.text if table is None else table.get("position"))
    if position is None:
        return f"{quoted(said.text)} is no position"
    values: Values = {"current_position": _percent(position, *ends(said.options))}
    tilt = number_of(table.get("tilt_position")) if table else None
    return {**values, **({} if tilt is None else _tilted(tilt, said.options))}


def cover_position_state(said: Saying) -> Values | str:
    """Without a state of its own the position is the state."""
    values = cover_position(said)
    if isinstance(values, str) or not values:
        return values
    return {**values, "state": "closed" if values["current_position"] == 0 else "open"}


def _percent(value: float, low: float, high: float) -> int:
    return max(0, min(100, to_percent(value, low, high)))


def _tilted(value: float, options: Options) -> Values:
    return {"current_tilt_position": _percent(value, *tilts(options))}


def cover_tilt(said: Saying) -> Values | str:
    """In the device's own range."""
    if not said.text or said.text == NONE:
        return {}
    value = number_of(said.text)
    return f"{quoted(said.text)} is no tilt" if value is None else _tilted(value, said.options)


def valve(said: Saying) -> Values | str:
    """A state, or (`reports_position`) a position, or a table of both."""
    if not said.text:
        return {}
    table = json_table(said.text)
    state = str(table.get("state", "")) if table else said.text
    if not said.options["reports_position"]:
        if state == NONE:
            return {"state": UNKNOWN}
        named = _named(said.options, state, _MOVES)
        return f"{quoted(said.text)} is no state of a valve" if named is None else {"state": named}
    if state == NONE:
        return {"state": UNKNOWN, "current_position": None}
    return _valve_position(said, state, table.get("position") if table else said.text)


def _valve_position(said: Saying, state: str, given: object) -> Values | str:
    moving = _named(said.options, state, ("opening", "closing"))
    position = number_of(given)
    values: Values = {}
    if position is not None:
        percent = values["current_position"] = _percent(position, *ends(said.options))
        values["state"] = "closed" if percent == 0 else "open"
    if moving:
        values["state"] = moving
    return values or f"{quoted(said.text)} is no position of a valve"


def lock(said: Saying) -> Values | str:
    """In the words that were announced."""
    if not said.text.strip():
        return {}
    if said.text == said.options["payload_reset"]:
        return {"state": UNKNOWN}
    state = _named(said.options, said.text, _LOCK)
    return f"{quoted(said.text)} is no state of a lock" if state is None else {"state": state}
