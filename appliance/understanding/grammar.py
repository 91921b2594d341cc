"""What can be said in a house: a speech grammar from its names. Pure.

The sentences are a subset of what hassil's English intents understand; names are written as they are
spoken (`spoken`). The grammar travels in one packet, so it has a size: names that do not fit are left out,
the least said first, and `compile_house` says which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from appliance.home.entities import Area, Entity, House
from appliance.wire.messages import SetGrammar, SpeechGrammar, encode

MAX_GRAMMAR_BYTES = 96 * 1024
"""As encoded for the recogniser's stage; a packet may hold 128 KiB."""
MAX_NAME_CHARS = 80
MAX_NAME_WORDS = 12

# --- words as they are spoken ----------------------------------------------------------------------------

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_SYMBOLS = {"&": " and ", "%": " percent ", "+": " plus ", "°": " degrees ", "@": " at "}
_PIECE = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+(?:'[^\W\d_]+)*")


def number_words(number: int) -> str:
    """A whole number as English words; from 10,000 on digit by digit."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return " ".join((_TENS[number // 10 - 2], *([_SMALL[number % 10]] if number % 10 else [])))
    if number < 10_000:
        base, name = (100, "hundred") if number < 1_000 else (1_000, "thousand")
        rest = f" {number_words(number % base)}" if number % base else ""
        return f"{number_words(number // base)} {name}{rest}"
    return " ".join(_SMALL[int(digit)] for digit in str(number))


def _piece_words(piece: str) -> str:
    if piece.isdecimal() and piece.isascii():
        return (
            number_words(int(piece)) if piece[0] != "0" else " ".join(_SMALL[int(digit)] for digit in piece)
        )
    if piece[0].isdecimal() and piece[:-2].isascii():
        number = int(piece[:-2])
        return _ORDINALS[number] if number < len(_ORDINALS) else number_words(number)
    return piece


def spoken(text: str) -> str:
    """Lower case words without punctuation, digits as words, apostrophes only inside a word.

    At most `MAX_NAME_CHARS` characters of `text` are looked at.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_NAME_CHARS]).lower().replace("’", "'")
    for symbol, words in _SYMBOLS.items():
        text = text.replace(symbol, words)
    return " ".join(_piece_words(piece) for piece in _PIECE.findall(text))


# --- the wake word in front ------------------------------------------------------------------------------


def wake_phrases(wake_words: Iterable[str]) -> tuple[str, ...]:
    """Each wake word and what remains when its beginning is cut off: "hey jarvis", "jarvis"."""
    found: dict[str, None] = {}
    for word in wake_words:
        words = spoken(word.replace("_", " ")).split()
        for start in range(len(words)):
            found[" ".join(words[start:])] = None
    return tuple(found)


def strip_wake(text: str, wake_words: Sequence[str]) -> str:
    """The sentence without a wake word, or the end of one, in front of it."""
    for phrase in sorted(wake_phrases(wake_words), key=len, reverse=True):
        if text == phrase:
            return ""
        if text.startswith(f"{phrase} "):
            return text[len(phrase) + 1 :]
    return text


# --- names by what can be done with them -----------------------------------------------------------------

_LIST_OF_DOMAIN = {
    "light": "light",
    "fan": "fan",
    "switch": "switch",
    "input_boolean": "switch",
    "humidifier": "switch",
    "siren": "switch",
    "automation": "switch",
    "camera": "switch",
    "cover": "cover",
    "valve": "cover",
    "lock": "lock",
    "media_player": "media",
    "climate": "climate",
    "water_heater": "climate",
    "scene": "scene",
    "script": "script",
    "button": "button",
    "input_button": "button",
    "vacuum": "vacuum",
    "lawn_mower": "vacuum",
    "weather": "weather",
    "sensor": "sensor",
    "binary_sensor": "sensor",
    "person": "sensor",
}
"""A domain that is not here has nothing that can be said about it yet."""

_BY_IMPORTANCE = (
    "light", "switch", "fan", "cover", "lock", "media", "climate", "scene", "script", "vacuum", "button", "weather",
    "sensor",
)  # fmt: skip
"""Names of the last are left out first."""


class Compiled(msgspec.Struct, frozen=True):
    """A house's speech grammar, and the names that did not fit in, with the reason in words."""

    grammar: SpeechGrammar
    dropped: tuple[str, ...]
    reason: str


def _usable(name: str) -> bool:
    return 0 < len(name.split()) <= MAX_NAME_WORDS


def _names(entity: Entity | Area) -> Iterator[str]:
    for name in (entity.name, *entity.aliases):
        if _usable(words := spoken(name)):
            yield words
            if words.startswith("smart "):  # no one says it
                yield words.removeprefix("smart ")


def _with_area(entity: Entity, area: str) -> Iterator[str]:
    """ "bathroom exhaust fan" for the exhaust fan of the bathroom."""
    for name in _names(entity):
        if area and not name.startswith(area) and _usable(f"{area} {name}"):
            yield f"{area} {name}"


def _candidates(house: House) -> Iterator[tuple[str, str]]:
    """(list, name), the most important first: places, then names, then names with their room."""
    for area in house.areas:
        yield from (("area", name) for name in _names(area))
    for floor in house.floors:
        names = [words for name in (floor.name, *floor.aliases) if _usable(words := spoken(name))]
        yield from (("floor", name.removesuffix(" floor")) for name in names)
    areas = {area.id: spoken(area.name) for area in house.areas}
    ranked = [
        (kind, entity)
        for kind in _BY_IMPORTANCE
        for entity in house.entities
        if _LIST_OF_DOMAIN.get(entity.domain) == kind
    ]
    for kind, entity in ranked:
        yield from ((kind, name) for name in _names(entity))
    for kind, entity in ranked:
        yield from ((kind, name) for name in _with_area(entity, areas.get(entity.area or "", "")))


def compile_house(
    house: House, wake_words: Sequence[str] = (), max_bytes: int = MAX_GRAMMAR_BYTES
) -> Compiled:
    """The house's grammar within `max_bytes`, with the names that were left out."""
    fixed = {name: list(entries) for name, entries in _FIXED_LISTS.items()}
    if phrases := wake_phrases(wake_words):
        fixed["wake"] = list(phrases)
    lists: dict[str, dict[str, None]] = {name: dict.fromkeys(entries) for name, entries in fixed.items()}
    every_kind = {kind: () for kind in (*_BY_IMPORTANCE, "area", "floor")}
    whole = SpeechGrammar(_patterns({*lists, *every_kind}), {**_frozen(lists), **every_kind})
    left = max_bytes - len(encode(SetGrammar(whole)))
    dropped: dict[str, None] = {}
    for kind, name in _candidates(house):
        entries = lists.setdefault(kind, {})
        if name in entries:
            continue
        size = len(name.encode()) + 3  # what msgpack puts in front of a short string
        if size > left:
            dropped[name] = None
            continue
        left -= size
        entries[name] = None
    filled = {name: entries for name, entries in _frozen(lists).items() if entries}
    reason = f"{len(dropped)} names are above the speech grammar's {max_bytes // 1024} KiB" if dropped else ""
    return Compiled(SpeechGrammar(_patterns(set(filled)), filled), tuple(dropped), reason)


def speech_grammar(house: House, wake_words: Sequence[str] = ()) -> SpeechGrammar:
    """What can be said in this house, an optional wake word in front; below `MAX_GRAMMAR_BYTES` encoded."""
    return compile_house(house, wake_words).grammar


def _frozen(lists: dict[str, dict[str, None]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(entries) for name, entries in lists.items()}


# --- sentences -------------------------------------------------------------------------------------------

_FIXED_LISTS: dict[str, tuple[str, ...]] = {
    "percent": tuple(number_words(number) for number in range(101)),
    "minutes": tuple(number_words(number) for number in range(1, 61)),
    "hours": tuple(number_words(number) for number in range(1, 25)),
    "degrees": tuple(number_words(number) for number in range(5, 91)),
    "color": (
        "white", "black", "red", "orange", "yellow", "green", "blue", "purple", "brown", "pink", "turquoise",
    ),
    "openable": (
        "blinds", "blind", "curtains", "curtain", "shutters", "shutter", "shades", "shade", "windows", "window",
        "doors", "door", "garage door", "gate",
    ),
}  # fmt: skip

_DURATION = (
    "(<minutes> (minute|minutes) [[and] <minutes> (second|seconds)] | <minutes> (second|seconds)"
    " | <hours> (hour|hours) [[and] <minutes> (minute|minutes)] | <hours> and a half (hour|hours)"
    " | half an hour | an hour | a minute)"
)
_WHERE = "[in here | in [the] <area>]"
_PLAYER = "[(on|in) [the] (<media> | <area> [speaker])]"
_SWITCHABLE = ("light", "switch", "fan", "media", "climate")
_STATEFUL = ("light", "switch", "fan", "cover", "lock", "media", "climate", "vacuum", "sensor")

_ALWAYS = (
    f"(set|start|create) (a|the|my) timer for {_DURATION}",
    f"(set|start|create) (a|an|the|my) {_DURATION} timer",
    f"{_DURATION} timer",
    "(stop|cancel|pause|resume) (the|my) timer",
    f"(stop|cancel) (the|my) {_DURATION} timer",
    "(stop|cancel) all [[of] (the|my)] timers",
    "status of (the|my) (timer|timers)",
    "(timer|timers) status",
    "how much time is left on (the|my) (timer|timers)",
    f"add {_DURATION} to (the|my) timer",
    "(what is|what's) the [current] time",
    "what time is it [now]",
    "(what is|what's) (the|today's) date [today]",
    "(what is|what's) the weather [like]",
    "never mind",
)
_TEMPERATURE = (
    "(what is|what's) the [current] (temperature|temp) [in here | in [the] <area>]",
    "(what is|what's) [the] <area> (temperature|temp)",
    "how (warm|hot|cold|cool) is it [in here | in [the] <area>]",
)
_CLIMATE = (
    "(set|change) the temperature [in [the] <area>] to <degrees> [degrees]",
    "(set|change) [the] <climate> [temperature] to <degrees> [degrees]",
    "(what is|what's) [the] <climate> (temperature|temp)",
    "how (warm|hot|cold|cool) is [the] <climate>",
)
_LIGHTS = (
    "(turn|switch) (on|off) [all [of]] [the] [<area>] (light|lights) [in here | in [the] <area> | everywhere]",
    f"(turn|switch) [all [of]] [the] [<area>] (light|lights) {_WHERE} (on|off) {_WHERE}",
    "[all] [the] [<area>] (light|lights) (on|off) [in here | in [the] <area>]",
    "(turn|switch) (on|off) [all [of]] [the] (light|lights) on the <floor> [floor]",
    "(turn|switch) (on|off) [all [of]] [the] <floor> [floor] (light|lights)",
    "(set|change|turn) [the] <light> brightness to <percent> percent",
    "(set|change|dim|brighten|turn) [the] <light> to <percent> percent [brightness]",
    "(set|change|turn) [the] brightness of [the] <light> to <percent> percent",
    "[the] (<light> | <area> (light|lights)) [brightness] <percent> percent [brightness]",
    "brightness of [the] <light> [to] <percent> percent",
    "brightness <percent> percent for [the] (<light> | <area> (light|lights))",
    "(set|change) [the] brightness to <percent> percent [in [the] <area>]",
    "(set|change) [the] brightness (in|of) [the] <area> to <percent> percent",
    "(set|change) [the] <area> brightness to <percent> percent",
    "(set|change|dim|brighten) [the] [<area>] (light|lights) [in here | in [the] <area>] to <percent> percent"
    " [brightness]",
    "(set|change|turn|make) [the] (<light> | [<area>] (light|lights) | lights in [the] <area>) [color] [to] <color>",
    "(set|change) [the] color of [the] (<light> | [<area>] (light|lights) | lights in [the] <area>) to <color>",
    f"(which|what) lights are (on|off) {_WHERE}",
    f"are (any|all) [the] lights (on|off) {_WHERE}",
    f"how many lights are (on|off) {_WHERE}",
    f"(is|are) the [<area>] (light|lights) (on|off) {_WHERE}",
)
_FANS = (
    "(turn|switch) (on|off) [all [of]] [the] [<area>] (fan|fans) [in here | in [the] <area>]",
    "(set|change) [the] <fan> [speed] to <percent> percent",
)
_COVERS = (
    f"(open|close|shut|raise|lower) [the] <cover> {_WHERE}",
    f"(open|close|shut|raise|lower) [all [of]] [the] [<area>] <openable> {_WHERE}",
    "(set|open|close) [the] <cover> [position] to <percent> percent",
    "(is|are) [the] <cover> (open|closed)",
    f"(is|are) (the|any|all the) <openable> (open|closed) {_WHERE}",
    f"(which|what) <openable> (is|are) (open|closed) {_WHERE}",
)
_LOCKS = (
    f"(lock|unlock) [the] <lock> {_WHERE}",
    "(lock|unlock) all [of] [the] doors",
    "is [the] <lock> (locked|unlocked)",
    "(is|are) (the|any|all the) (door|doors) (locked|unlocked)",
)
_MEDIA = (
    f"(pause|resume|unpause|play|stop|mute|unmute) [the] (<media> | music) {_WHERE}",
    f"(pause|resume|unpause|play|stop) [the] music {_PLAYER}",
    "(pause|resume|unpause|stop) [the] (tv|speaker) in [the] <area>",
    f"[go to the | play the | skip to the] (next|previous) (track|song) {_PLAYER}",
    f"skip [this | the] (track|song) {_PLAYER}",
    f"(set|change|turn) [the] [<media>] volume {_PLAYER} to <percent> percent",
    "turn [the] [<media>] volume (up|down)",
    "turn (up|down) the [<media>] volume",
    "volume (up|down)",
)
_SCENES = (
    "(activate|turn on|start|run|set) [the] (<scene>|<script>) [scene|script]",
    "press [the] <button> [button]",
)
_VACUUMS = (
    "(start|run|pause|stop) [the] <vacuum>",
    "(return|send) [the] <vacuum> [back] [to base | to the base | to the dock | home]",
    "(vacuum|clean) [the] <area>",
)
_SENSORS = ("is [the] <sensor> (on|off|open|closed|home|away)", "where is <sensor>")
_WEATHER = (
    "(what is|what's) [the] <weather> weather [like]",
    "(what is|what's) the weather [like] (in|for|at) <weather>",
)

_BY_LIST = {
    "light": _LIGHTS,
    "fan": _FANS,
    "cover": _COVERS,
    "lock": _LOCKS,
    "media": _MEDIA,
    "climate": _CLIMATE,
    "vacuum": _VACUUMS,
    "sensor": _SENSORS,
    "weather": _WEATHER,
}


def _patterns(present: set[str]) -> tuple[str, ...]:
    """The sentences about what is there; a pattern with an absent list loses that part, or goes."""
    bodies = [*_ALWAYS]
    for kind, patterns in _BY_LIST.items():
        bodies += patterns if kind in present else ()
    bodies += _SCENES if present & {"scene", "script", "button"} else ()
    bodies += _TEMPERATURE if present & {"climate", "sensor", "weather"} else ()
    bodies += _on_off(present)
    wake = "[<wake>] " if "wake" in present else ""
    kept = (_pruned(body, present) for body in bodies)
    return tuple(f"{wake}[please | can you | could you] {body} [please]" for body in kept if body)


def _union(kinds: Iterable[str], present: set[str]) -> str:
    """ "(<light>|<switch>)" of those that are there."""
    return "|".join(f"<{kind}>" for kind in kinds if kind in present)


def _on_off(present: set[str]) -> Iterator[str]:
    if names := _union(_SWITCHABLE, present):
        yield f"(turn|switch) (on|off) [the] ({names}) {_WHERE}"
        yield f"(turn|switch) [the] ({names}) {_WHERE} (on|off) {_WHERE}"
        yield f"[the] ({names}) (on|off)"
        yield f"(activate|deactivate) [the] ({names})"
        yield f"(is|are) [the] ({names}) (on|off)"
    if names := _union(_STATEFUL, present):
        yield f"(what is|what's) [the] ({names})"
        yield f"(what is|what's) the (state|status) of [the] ({names})"


_LIST = re.compile(r"<([a-z_]+)>")
_INNERMOST = re.compile(r"\[[^\[\]()]*\]|\([^\[\]()]*\)")


def _pruned(pattern: str, present: set[str]) -> str:
    """Take out what names an absent list: the alternative, the optional part, or else the whole pattern."""
    groups: list[str] = []

    def settle(match: re.Match[str]) -> str:
        text = match.group()
        kept = [part for part in text[1:-1].split("|") if _possible(part, present)]
        if not kept:
            return "" if text[0] == "[" else "<absent>"
        groups.append(f"{text[0]}{'|'.join(kept)}{text[-1]}")
        return f"\0{len(groups) - 1}\0"

    while (settled := _INNERMOST.sub(settle, pattern)) != pattern:
        pattern = settled
    if not _possible(pattern, present):
        return ""
    while "\0" in pattern:
        pattern = re.sub("\0(\\d+)\0", lambda match: groups[int(match.group(1))], pattern)
    return " ".join(pattern.split())


def _possible(part: str, present: set[str]) -> bool:
    return all(name in present for name in _LIST.findall(part))
