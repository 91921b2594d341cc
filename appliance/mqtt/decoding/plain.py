"""States and attributes that are one word or one number."""

from __future__ import annotations

from appliance.mqtt.decoding.base import (
    MAX_STATE_CHARS,
    NONE,
    UNKNOWN,
    Saying,
    Values,
    compact,
    json_table,
    number_of,
    option_number,
    quoted,
    to_percent,
)

MOWER = frozenset({"error", "paused", "mowing", "docked", "returning"})
ALARM = frozenset(
    {
        *("disarmed", "armed_home", "armed_away", "armed_night", "armed_vacation", "armed_custom_bypass"),
        *("pending", "arming", "disarming", "triggered"),
    }
)
_EMPTY_JSON = "{}"
MAX_EVENT_ATTRIBUTES = 16


def on_off(said: Saying) -> Values | str:
    """In the payloads that were announced."""
    options, text = said.options, said.text
    if text == (options.get("state_on") or options["payload_on"]):
        return {"state": "on"}
    if text == (options.get("state_off") or options["payload_off"]):
        return {"state": "off"}
    if text == NONE:
        return {"state": UNKNOWN}
    return f"{quoted(text)} is neither on nor off" if text else {}


def light_word(said: Saying) -> Values | str:
    """Template lights say it in Home Assistant's own words."""
    state = {"on": "on", "off": "off", NONE: UNKNOWN}.get(said.text)
    if state is None:
        return f"{quoted(said.text)} is neither on nor off" if said.text else {}
    return {"state": state}


def text(said: Saying) -> Values | str:
    """The state of a sensor."""
    if len(said.text) > MAX_STATE_CHARS:
        return f"a state of {len(said.text)} characters"
    if said.text == NONE:
        return {"state": UNKNOWN}
    return {"state": said.text} if said.text else {}


def word(said: Saying) -> Values | str:
    """A text that needs no choice."""
    if not said.text:
        return {}
    if len(said.text) > MAX_STATE_CHARS:
        return f"a text of {len(said.text)} characters"
    return {said.attribute: None if said.text == NONE else said.text}


def number(said: Saying) -> Values | str:
    """A measurement or a setting."""
    if not said.text:
        return {}
    if said.text == NONE:
        return {said.attribute: None}
    value = number_of(said.text)
    return f"{quoted(said.text)} is no number" if value is None else {said.attribute: compact(value)}


def whole(said: Saying) -> Values | str:
    """A humidity."""
    if said.text == str(said.options.get("payload_reset_humidity", NONE)):
        return {said.attribute: None}
    if not said.text:
        return {}
    value = number_of(said.text)
    if value is None or not 0 <= value <= 100:
        return f"{quoted(said.text)} is no humidity"
    return {said.attribute: round(value)}


def listed(said: Saying) -> Values | str:
    """One of the modes that the device announced."""
    reset = said.options.get(f"payload_reset_{said.attribute}", NONE)
    unknown = UNKNOWN if said.attribute == "state" else None
    if said.text in {NONE, reset}:
        return {said.attribute: unknown}
    if not said.text:
        return {}
    choices = said.options.get(said.choices, ())
    if isinstance(choices, tuple) and said.text not in choices and said.text != "none":
        return f"{quoted(said.text)} is none of its {said.choices.replace('_', ' ')}"
    return {said.attribute: said.text}


def speed(said: Saying) -> Values | str:
    """In the range of speeds that was announced."""
    if not said.text:
        return {}
    if said.text == said.options.get("payload_reset_percentage", NONE):
        return {"percentage": None}
    value = number_of(said.text)
    low = option_number(said.options, "speed_range_min", 1)
    high = option_number(said.options, "speed_range_max", 100)
    percent = None if value is None else to_percent(value, low, high)
    if percent is None or not 0 <= percent <= 100:
        return f"{quoted(said.text)} is no speed"
    return {"percentage": percent}


def oscillation(said: Saying) -> Values | str:
    """In the payloads that were announced."""
    if said.text == said.options["payload_oscillation_on"]:
        return {"oscillating": True}
    if said.text == said.options["payload_oscillation_off"]:
        return {"oscillating": False}
    return f"{quoted(said.text)} is no oscillation" if said.text else {}


def alarm(said: Saying) -> Values | str:
    """In Home Assistant's words."""
    return _one_of(said.text, ALARM)


def mower(said: Saying) -> Values | str:
    """In Home Assistant's words."""
    return _one_of(said.text, MOWER)


def _one_of(text: str, states: frozenset[str]) -> Values | str:
    if not text.strip():
        return {}
    if text.lower() == "none":
        return {"state": UNKNOWN}
    return {"state": text} if text in states else f"{quoted(text)} is no state"


def number_state(said: Saying) -> Values | str:
    """Within its range."""
    if not said.text.strip():
        return {}
    if said.text == said.options.get("payload_reset", NONE):
        return {"state": UNKNOWN}
    value = number_of(said.text)
    low, high = option_number(said.options, "min", 1), option_number(said.options, "max", 100)
    if value is None or not low <= value <= high:
        return f"{quoted(said.text)} is no number from {low:g} to {high:g}"
    return {"state": str(compact(value))}


def select(said: Saying) -> Values | str:
    """One of its options."""
    if not said.text.strip():
        return {}
    if said.text.lower() == "none":
        return {"state": UNKNOWN}
    options = said.options.get("options", ())
    if isinstance(options, tuple) and said.text in options:
        return {"state": said.text}
    return f"{quoted(said.text)} is none of its options"


def event(said: Saying) -> Values | str:
    """The last event; its other attributes only as far as they are short and simple."""
    if said.text in {"", NONE, _EMPTY_JSON}:
        return {}
    table = json_table(said.text)
    kind = None if table is None else table.get("event_type")
    types = said.options.get("event_types", ())
    if table is None or not isinstance(kind, str) or not isinstance(types, tuple) or kind not in types:
        return f"{quoted(said.text)} is none of its events"
    return {"state": kind, "event_type": kind}


def update(said: Saying) -> Values | str:
    """The version installed, alone or with the latest one in a table."""
    if said.text in {"", _EMPTY_JSON, NONE}:
        return {}
    table = json_table(said.text) or {"installed_version": said.text}
    named = ("installed_version", "latest_version", "title")
    found: Values = {
        name: str(value)[:MAX_STATE_CHARS]
        for name in named
        if isinstance(value := table.get(name), str | int | float)
    }
    return _compared(said, found)


def version(said: Saying) -> Values | str:
    """The latest version."""
    return _compared(said, {said.attribute: said.text[:MAX_STATE_CHARS]}) if said.text else {}


def _compared(said: Saying, found: Values) -> Values:
    """Is there something newer? Nobody can say before both versions are known."""
    both = {**said.known, **found}
    installed, latest = both.get("installed_version"), both.get("latest_version")
    if installed is None or latest is None:
        return found
    return {**found, "state": "off" if installed == latest else "on"}


def tracker(said: Saying) -> Values | str:
    """Home, away, or the name of a place."""
    if not said.text.strip():
        return {}
    options = said.options
    known = {
        options["payload_reset"]: UNKNOWN,
        options["payload_not_home"]: "not_home",
        options["payload_home"]: "home",
    }
    return {"state": str(known.get(said.text, said.text))[:MAX_STATE_CHARS]}
