"""German words. Data."""

from __future__ import annotations

from appliance.understanding.resolution.lexicon import ACTS, Lexicon, longest, table, types
from appliance.understanding.resolution.phrases_de import PHRASES
from appliance.understanding.resolution.spelling import german_stem
from appliance.understanding.resolution.types_de import TYPES

_SMALL = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_ONES = ("", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
NUMBERS = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{
        (f"{one}und{ten}" if one else ten): 10 * tens + ones
        for tens, ten in enumerate(_TENS, 2)
        for ones, one in enumerate(_ONES)
    },
    "zwo": 2, "hundert": 100, "einhundert": 100, "tausend": 1000, "dreissig": 30,
}  # fmt: skip
UNITS = {
    "prozent": "percent",
    "percent": "percent",
    "grad": "degrees",
    "grad celsius": "celsius",
    "degrees": "degrees",
    "degrees celsius": "celsius",
    "degrees fahrenheit": "fahrenheit",
    "kelvin": "kelvin",
    "grad fahrenheit": "fahrenheit",
    "celsius": "celsius",
}
CONTRACTIONS = {
    "im": "in dem", "ins": "in das", "am": "an dem", "beim": "bei dem", "vom": "von dem", "zum": "zu dem",
    "zur": "zu der", "aufs": "auf das", "ists": "ist es", "gibts": "gibt es", "wars": "war es",
    "and": "und", "gehts": "geht es", "fürs": "für das", "ist's": "ist es", "wie's": "wie es",
}  # fmt: skip
CANON = {"tv": "tv", "fernsehapparat": "fernseher", "colour": "farbe", "dreissig": "dreißig", "tuer": "tür",
         "kueche": "küche", "buero": "büro"}  # fmt: skip
ROOMS = (
    ("wohnzimmer", "stube", "wohnbereich"),
    ("bad", "badezimmer"),
    ("schlafzimmer", "schlafraum"),
    ("arbeitszimmer", "büro", "homeoffice"),
    ("flur", "diele", "gang", "eingang", "korridor"),
    ("kinderzimmer", "babyzimmer"),
    ("keller", "untergeschoss"),
    ("dachboden", "speicher"),
    ("wc", "toilette", "klo", "gästewc"),
    ("erdgeschoss", "unten", "parterre", "untere etage"),
    ("obergeschoss", "oben", "erster stock", "obere etage", "erste etage"),
    ("esszimmer", "essbereich"),
    ("waschküche", "hauswirtschaftsraum", "waschraum"),
)

_VERBS = ("turn", "set", "drive", "")
ACTIONS: dict[tuple[str, str], str] = {
    **{(verb, "on"): "on" for verb in _VERBS},
    **{(verb, "off"): "off" for verb in _VERBS},
    **{(verb, "up"): "up" for verb in _VERBS},
    **{(verb, "down"): "down" for verb in _VERBS},
    **{(verb, "open"): "open" for verb in _VERBS},
    **{(verb, "closed"): "close" for verb in _VERBS},
    ("turn", "armed"): "arm",
    ("set", "armed"): "arm",
    ("", "armed"): "arm",
    ("turn", "disarmed"): "disarm",
    ("set", "disarmed"): "disarm",
    ("close", "locked"): "lock",
    ("lock", "locked"): "lock",
    ("close", "open"): "unlock",
    ("lock", "open"): "unlock",
    ("lock", "closed"): "lock",
    ("stop", "on"): "stop",
    ("start", "off"): "start",
    ("dock", "back"): "dock",
    ("drive", "back"): "dock",
    ("", "back"): "dock",
    ("turn", "locked"): "off",
    ("turn", "back"): "",
    ("play", "off"): "play",
    ("set", ""): "set",
    ("turn", ""): "set",
    ("drive", ""): "set",
    ("", ""): "",
    ("dock", ""): "dock",
    ("more", "on"): "more",
    ("cool", "down"): "cool",
    ("heat", "on"): "heat",
    ("dim", "down"): "dim",
    ("dim", "up"): "brighten",
    ("lower", "down"): "lower",
    ("raise", "up"): "raise",
    ("pause", "on"): "pause",
    ("raise", "on"): "raise",
    ("lower", "locked"): "lower",
    ("open", "open"): "open",
    ("close", "closed"): "close",
    ("off", "off"): "off",
    ("on", "on"): "on",
}
for _verb in ACTS:
    ACTIONS.setdefault((_verb, ""), _verb)


def german() -> Lexicon:
    """The lexicon."""
    phrases = table(PHRASES)
    kinds = types(TYPES, german_stem)
    return Lexicon(
        language="de",
        stem=german_stem,
        phrases=phrases,
        longest=longest(phrases),
        types=kinds,
        longest_type=longest(kinds),
        actions=ACTIONS,
        contractions=CONTRACTIONS,
        canon=CANON,
        numbers=NUMBERS,
        units=UNITS,
        rooms=ROOMS,
        verbs_anywhere=True,
        noise=frozenset(["smart", "mein", "meine", "der", "die", "das"]),
        never_misspelt=frozenset(
            [
                "licht",
                "lampe",
                "lüfter",
                "garten",
                "garage",
                "küche",
                "keller",
                "kuchen",
                "bad",
                "bett",
                "tisch",
                "fisch",
                "wand",
                "wald",
                "tür",
                "tor",
                "fenster",
                "wohnzimmer",
                "schlafzimmer",
                "kinderzimmer",
                "esszimmer",
                "arbeitszimmer",
                "gästezimmer",
                "balkon",
                "terrasse",
                "flur",
                "büro",
                "morgen",
                "abend",
                "heute",
                "später",
                "minuten",
                "minute",
                "stunden",
                "stunde",
                "sekunden",
                "uhr",
                "wenn",
                "falls",
                "wecker",
                "timer",
            ]
        ),
        compounds=True,
    )
