"""What English verbs mean with what is said beside them: (verb, particle) → kind of act. Data."""

from __future__ import annotations

from appliance.understanding.resolution.lexicon import ACTS

_ON_OFF = ("turn", "put", "set", "")
ACTIONS: dict[tuple[str, str], str] = {
    **{(verb, "on"): "on" for verb in _ON_OFF},
    **{(verb, "off"): "off" for verb in _ON_OFF},
    **{(verb, "up"): "up" for verb in ("turn", "put", "set", "", "pull")},
    **{(verb, "down"): "down" for verb in ("turn", "put", "set", "", "pull")},
    **{(verb, "open"): "open" for verb in ("set", "put", "pull", "turn", "")},
    **{(verb, "closed"): "close" for verb in ("set", "put", "pull", "turn")},
    **{(verb, "locked"): "lock" for verb in ("set", "put")},
    **{(verb, "unlocked"): "unlock" for verb in ("set", "put")},
    **{(verb, "back"): "dock" for verb in ("put", "set", "dock", "go", "start", "")},
    **{(verb, "muted"): "mute" for verb in ("put", "set")},
    ("put", "back"): "dock",
    ("close", "up"): "close",
    ("close", "off"): "close",
    ("open", "up"): "open",
    ("open", "on"): "open",
    ("raise", "up"): "raise",
    ("lower", "down"): "lower",
    ("more", "up"): "more",
    ("lock", "up"): "lock",
    ("lock", "down"): "lock",
    ("dim", "down"): "dim",
    ("brighten", "up"): "brighten",
    ("clean", "up"): "clean",
    ("heat", "up"): "heat",
    ("cool", "down"): "cool",
    ("cool", "off"): "cool",
    ("start", "up"): "start",
    ("less", "down"): "less",
    ("on", "up"): "on",
    ("off", "down"): "off",
    ("off", "off"): "off",
    ("on", "on"): "on",
    ("power", "on"): "on",
    ("power", "off"): "off",
    ("power", "up"): "on",
    ("power", "down"): "off",
    ("power", "closed"): "close",
    ("close", "closed"): "close",
    ("stop", "off"): "off",
    ("start", "on"): "on",
    ("play", "on"): "play",
    ("play", "off"): "play",
    ("dock", "off"): "",
    ("locate", "on"): "",
    ("set", ""): "set",
    ("put", ""): "set",
    ("turn", ""): "set",
    ("power", ""): "close",
    ("pull", ""): "",
    ("", ""): "",
    ("activate", "on"): "activate",
    ("dock", "on"): "",
    ("dock", ""): "dock",
    ("go", ""): "dock",
    ("mute", "off"): "mute",
    ("select", "on"): "select",
    ("toggle", "on"): "toggle",
}
for _verb in ACTS:
    ACTIONS.setdefault((_verb, ""), _verb)
for _verb in ("next", "previous", "pause", "play", "stop", "mute", "unmute"):
    ACTIONS.setdefault((_verb, "on"), _verb)
    ACTIONS.setdefault((_verb, "back"), _verb)
