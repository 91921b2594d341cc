"""The sentences that a home understands, as patterns over lists of names. Pure.

They are a subset of what hassil's English intents take. The notation is `wire.messages.SpeechGrammar`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
)  # fmt: skip


def number_words(number: int) -> str:
    """A whole number as English words; from 10,000 on digit by digit."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        return " ".join((_TENS[number // 10 - 2], *([SMALL[number % 10]] if number % 10 else [])))
    if number < 10_000:
        base, name = (100, "hundred") if number < 1_000 else (1_000, "thousand")
        rest = f" {number_words(number % base)}" if number % base else ""
        return f"{number_words(number // base)} {name}{rest}"
    return " ".join(SMALL[int(digit)] for digit in str(number))


FIXED_LISTS: dict[str, tuple[str, ...]] = {
    "percent": tuple(number_words(number) for number in range(101)),
    "minutes": tuple(number_words(number) for number in range(2, 61)),
    "hours": tuple(number_words(number) for number in range(1, 25)),
    "degrees": tuple(number_words(number) for number in range(5, 91)),
    "color": (
        "white", "red", "orange", "yellow", "green", "blue", "purple", "brown", "pink", "turquoise",
    ),
    "openable": (
        "blinds", "blind", "curtains", "curtain", "shutters", "shutter", "shades", "shade", "windows",
        "window", "doors", "door", "garage door", "gate",
    ),
}  # fmt: skip

_DURATION = (
    "((<minutes> minutes | one minute | a minute) [[and] <minutes> seconds] | <minutes> seconds"
    " | (<hours> hours | one hour | an hour) [[and] (<minutes> minutes | one minute)]"
    " | <hours> and a half hours | half an hour)"
)
_LONG = "((<minutes>|one) (second|minute|hour) | half hour)"
"""As in "a ten minute timer"."""
_WHERE = "[in here | in [the] <area>]"
_PLAYER = "[(on|in) [the] (<media> | <area> [speaker])]"
_SWITCHABLE = ("light", "switch", "fan", "media", "climate")
_STATEFUL = ("light", "switch", "fan", "cover", "lock", "media", "climate", "vacuum", "sensor", "binary")

_ALWAYS = (
    f"(set|start|create) (a|the|my) timer for {_DURATION}",
    f"(set|start|create) (a|an|the|my) {_LONG} timer",
    f"{_LONG} timer",
    "(stop|cancel|pause|resume) (the|my) timer",
    f"(stop|cancel) (the|my) {_LONG} timer",
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
_LIGHT = "([the] [<area>] (light|lights) | all [of] [the] [<area>] lights)"
_ANY_LIGHT = f"([the] [<area>] (light|lights) {_WHERE})"
_LIGHTS = (
    f"(turn|switch) (on|off) {_LIGHT} [in here | in [the] <area> | everywhere]",
    f"(turn|switch) {_LIGHT} {_WHERE} (on|off) {_WHERE}",
    f"{_LIGHT} (on|off) {_WHERE}",
    "(turn|switch) (on|off) [all [of]] [the] lights on the <floor> [floor]",
    "(turn|switch) (on|off) [all [of]] [the] <floor> [floor] lights",
    "(set|change|turn) [the] <light> brightness to <percent> percent",
    "(set|change|dim|brighten|turn) [the] <light> to <percent> percent [brightness]",
    "(set|change) [the] brightness to <percent> percent [in [the] <area>]",
    "(set|change) [the] brightness (in|of) [the] <area> to <percent> percent",
    "(set|change) [the] <area> brightness to <percent> percent",
    f"(set|change|dim|brighten) {_ANY_LIGHT} to <percent> percent [brightness]",
    f"(set|change|turn|make) [the] (<light> | {_ANY_LIGHT}) [color] [to] <color>",
    f"(which|what) lights are (on|off) {_WHERE}",
    f"are (any|all) [the] lights (on|off) {_WHERE}",
    f"how many lights are (on|off) {_WHERE}",
    f"(is|are) the [<area>] (light|lights) (on|off) {_WHERE}",
)
_MORE_LIGHTS = (
    "(set|change|turn) [the] brightness of [the] <light> to <percent> percent",
    "[the] <light> [brightness] <percent> percent [brightness]",
    "brightness of [the] <light> [to] <percent> percent",
    f"(set|change) [the] color of [the] (<light> | {_ANY_LIGHT}) to <color>",
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
_SENSORS = ("(what is|what's) [the] <sensor>",)
_BINARY_SENSORS = ("(is|are) [the] <binary> (on|off|open|closed)",)
_PEOPLE = ("where is <person>", "is <person> (home|at home|away)")
_WEATHER = (
    "(what is|what's) [the] <weather> weather [like]",
    "(what is|what's) the weather [like] (in|for|at) <weather>",
)

_NO_REQUEST = {
    *("is", "are", "what", "how", "which", "where"),
    *("status", "timer", "timers", "volume", "brightness", "never"),
}
"""First words of what no one puts a "please" in front of."""
_BY_LIST = {
    "light": _LIGHTS,
    "fan": _FANS,
    "cover": _COVERS,
    "lock": _LOCKS,
    "media": _MEDIA,
    "climate": _CLIMATE,
    "vacuum": _VACUUMS,
    "sensor": _SENSORS,
    "binary": _BINARY_SENSORS,
    "person": _PEOPLE,
    "weather": _WEATHER,
}


def patterns(present: set[str], *, every_form: bool = True) -> tuple[str, ...]:
    """The sentences about what is there; a pattern with an absent list loses that part, or goes.

    Each place of a name in a sentence costs the recogniser memory and time for every name of the home, so a
    large home leaves the rarer forms out.
    """
    bodies = [*_ALWAYS]
    for kind, about in _BY_LIST.items():
        bodies += about if kind in present else ()
    bodies += _SCENES if present & {"scene", "script", "button"} else ()
    bodies += _TEMPERATURE if present & {"climate", "sensor", "weather"} else ()
    bodies += _on_off(present)
    if every_form:
        bodies += _rarer_on_off(present)
        bodies += _MORE_LIGHTS if "light" in present else ()
    wake = "[<wake>] " if "wake" in present else ""
    kept = (_pruned(body, present) for body in bodies)
    sentences = [f"{wake}{_politely(body)}" for body in kept if body]
    # The wake word alone is a sentence too, so that it is not taken for the nearest command.
    return tuple(sentences + (["<wake>"] if wake else []))


def _politely(body: str) -> str:
    """With "please" and the like around a request; no one says it around a question or a mere name."""
    first = re.match(r"\(?([a-z]+)", body)
    if first is None or first[1] in _NO_REQUEST:
        return body
    return f"[please | can you | could you] {body} [please]"


def _union(kinds: Iterable[str], present: set[str]) -> str:
    """Those lists that are there, as alternatives."""
    return "|".join(f"<{kind}>" for kind in kinds if kind in present)


def _on_off(present: set[str]) -> Iterator[str]:
    if names := _union(_SWITCHABLE, present):
        yield f"(turn|switch) (on|off) [the] ({names})"
        yield f"(turn|switch) [the] ({names}) (on|off)"
        yield f"(is|are) [the] ({names}) (on|off)"


def _rarer_on_off(present: set[str]) -> Iterator[str]:
    if names := _union(_SWITCHABLE, present):
        yield f"(turn|switch) (on|off) [the] ({names}) {_WHERE}"
        yield f"(turn|switch) [the] ({names}) {_WHERE} (on|off) {_WHERE}"
        yield f"[the] ({names}) (on|off)"
        yield f"(activate|deactivate) [the] ({names})"
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
