"""What is said about deeds and troubles. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.home.entities import House
from appliance.understanding.resolution.acts import Act, whole
from appliance.understanding.resolution.outcomes import Done, Resolved, Trouble
from appliance.understanding.resolution.words import listed, say, words
from appliance.understanding.targets import choices
from appliance.wire.messages import Deed

_VERBS = {
    "on": "a_on",
    "off": "a_off",
    "toggle": "a_toggle",
    "open": "a_open",
    "close": "a_close",
    "stop": "a_stop",
    "lock": "a_lock",
    "unlock": "a_unlock",
    "pause": "a_pause",
    "play": "a_play",
    "next": "a_next",
    "previous": "a_previous",
    "mute": "a_mute",
    "unmute": "a_unmute",
    "dock": "a_dock",
    "start": "a_start",
    "clean": "a_start",
    "mow": "a_start",
    "locate": "a_locate",
    "activate": "a_activate",
    "press": "a_press",
    "arm": "a_arm",
    "disarm": "a_disarm",
    "set": "a_set",
    "select": "a_set",
}
_OPENS = {
    "up": "a_open",
    "raise": "a_open",
    "down": "a_close",
    "lower": "a_close",
    "on": "a_open",
    "off": "a_close",
}
_UNITS = {
    "brightness_pct": " %", "percentage": " %", "position": " %", "temperature": "°", "humidity": " %",
    "color_temp_kelvin": " K", "tilt_position": " %",
}  # fmt: skip
MAX_NAMED = 4


def about_deeds(language: str, resolved: Resolved) -> str:
    """What was done, in one sentence a wish."""
    texts = [_about_one(language, done, next(iter(done.deeds), None)) for done in resolved.done]
    return " ".join(dict.fromkeys(texts))


def _about_one(language: str, done: Done, deed: Deed | None) -> str:
    names = [entity.name for entity in done.entities]
    shown = listed(language, names) if len(names) <= MAX_NAMED else say(language, "many", count=len(names))
    value = _value(deed.data) if deed is not None else ""
    what = words(language)[_verb(done.act, deed, valued=bool(value))]
    if value:
        return say(language, "did_to", what=what, names=shown, value=value)
    return say(language, "did_all", what=what, names=shown)


def _verb(act: Act, deed: Deed | None, *, valued: bool) -> str:
    if deed is not None and deed.domain in {"cover", "valve"} and act.kind in _OPENS:
        return _OPENS[act.kind]
    if valued:
        return "a_set"
    return _VERBS.get(act.kind, "a_change")


def _value(data: Mapping[str, object]) -> str:
    for key, value in data.items():
        if key == "volume_level" and isinstance(value, int | float):
            return f"{whole(round(value * 100))} %"
        if isinstance(value, int | float) and not isinstance(value, bool) and "step" not in key:
            return f"{whole(float(value))}{_UNITS.get(key, '')}"
        if isinstance(value, str):
            return value.replace("_", " ")
    return ""


def about_trouble(language: str, trouble: Trouble, house: House, areas: Mapping[str, str | None]) -> str:
    """Why nothing was done: what was understood, and what is missing."""
    match trouble.kind:
        case "negated" | "unclear":
            return say(language, trouble.kind)
        case "unknown":
            return say(language, "unknown_name", words=trouble.words)
        case "nothing":
            return (
                say(language, "nothing_here", words=trouble.words)
                if trouble.words
                else say(language, "unclear")
            )
        case "refused":
            names = listed(language, [entity.name for entity in trouble.candidates][:MAX_NAMED])
            return say(language, "refused", names=names)
        case "several":
            return _which(language, trouble, house, areas)


def _which(language: str, trouble: Trouble, house: House, areas: Mapping[str, str | None]) -> str:
    names = choices(trouble.candidates, house, dict(areas))
    if len(names) == 1:
        names = _with_places(trouble, house, areas)
    return say(language, "several", names=listed(language, names[:MAX_NAMED], "or"))


def _with_places(trouble: Trouble, house: House, areas: Mapping[str, str | None]) -> list[str]:
    places = {area.id: area.name for area in house.areas}
    found: Sequence[str] = [
        f"{each.name} ({places.get(areas.get(each.id) or '', each.domain)})" for each in trouble.candidates
    ]
    return list(dict.fromkeys(found))
