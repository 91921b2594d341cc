"""What can be said to an entity: a few sentences that are understood, for people to try. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_EACH = 4

_ENGLISH: Mapping[str, tuple[str, ...]] = {
    "light": ("turn on the {name}", "turn off the {name}", "is the {name} on?"),
    "switch": ("turn on the {name}", "turn off the {name}", "is the {name} on?"),
    "input_boolean": ("turn on the {name}", "turn off the {name}"),
    "fan": ("turn on the {name}", "turn off the {name}"),
    "cover": ("open the {name}", "close the {name}"),
    "valve": ("open the {name}", "close the {name}"),
    "lock": ("lock the {name}", "unlock the {name}", "is the {name} locked?"),
    "media_player": ("pause the {name}", "resume the {name}", "set the {name} volume to 30 percent"),
    "climate": ("set the {name} to 21 degrees",),
    "scene": ("activate the {name} scene",),
    "script": ("run the {name} script",),
    "vacuum": ("start the {name}", "return the {name} to base"),
    "sensor": ("what is the {name}?",),
    "weather": ("what's the weather?",),
}
_GERMAN: Mapping[str, tuple[str, ...]] = {
    "light": ("schalte {name} ein", "schalte {name} aus"),
    "switch": ("schalte {name} ein", "schalte {name} aus"),
    "input_boolean": ("schalte {name} ein", "schalte {name} aus"),
    "fan": ("schalte {name} ein", "schalte {name} aus"),
    "cover": ("öffne {name}", "schließe {name}"),
    "valve": ("öffne {name}", "schließe {name}"),
    "lock": ("schließe {name} ab",),
    "scene": ("aktiviere die Szene {name}",),
    "sensor": ("was ist {name}?",),
}
_DIMMABLE: Mapping[str, str] = {
    "en": "set the {name} brightness to 50 percent",
    "de": "setze die Helligkeit von {name} auf 50 Prozent",
}
_MOVABLE: Mapping[str, str] = {"en": "set the {name} to 50 percent"}
_TABLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"en": _ENGLISH, "de": _GERMAN}
DIM_MODES = frozenset({"brightness", "color_temp", "hs", "rgb", "rgbw", "rgbww", "white", "xy"})


def examples(language: str, domain: str, name: str, attributes: Mapping[str, Any]) -> list[str]:
    """Sentences about it; none in a language, or about a kind of thing, that is not in the tables."""
    patterns = list(_TABLES.get(language, {}).get(domain, ()))
    modes = attributes.get("supported_color_modes")
    dims = isinstance(modes, list | tuple) and bool(DIM_MODES.intersection(map(str, modes)))
    if domain == "light" and dims and language in _DIMMABLE:
        patterns.insert(2, _DIMMABLE[language])
    if domain == "cover" and "current_position" in attributes and language in _MOVABLE:
        patterns.append(_MOVABLE[language])
    return [pattern.replace("{name}", name) for pattern in patterns[:MAX_EACH]]
