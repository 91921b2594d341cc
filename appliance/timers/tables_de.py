"""German, as data. Words are folded: ä is ae, ß is ss."""

from __future__ import annotations

from appliance.timers import patterns_de
from appliance.timers.tables import DayWord, Phrase, Tables

_ONES = "null eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn fuenfzehn"
_UNITS = "ein zwei drei vier fuenf sechs sieben acht neun"
_TENS = "zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig"
_DAYS = "montag dienstag mittwoch donnerstag freitag samstag sonntag"
_EIN = ("ein", "eine", "einen", "einem", "einer")
_HOUR, _MINUTE = 3_600, 60
ALL, WORK, END = (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4), (5, 6)


def _numbers() -> dict[str, float]:
    """0 to 199, and halves: fuenfundvierzig, hundertzwanzig, anderthalb, zweieinhalb."""
    words = [*_ONES.split(), "sechzehn", "siebzehn", "achtzehn", "neunzehn"]
    numbers = {word: float(value) for value, word in enumerate(words)}
    for at, tens in enumerate(_TENS.split()):
        value = 20.0 + 10 * at
        numbers[tens] = value
        numbers |= {f"{unit}und{tens}": value + count for count, unit in enumerate(_UNITS.split(), 1)}
    numbers |= {
        f"{hundred}{word}": 100 + value
        for hundred in ("hundert", "einhundert")
        for word, value in numbers.items()
    }
    halves = {f"{unit}einhalb": count + 0.5 for count, unit in enumerate(_UNITS.split(), 1)}
    return numbers | halves | dict.fromkeys(_EIN, 1.0) | {"zwo": 2.0, "anderthalb": 1.5, "hundert": 100.0}


def _days() -> dict[Phrase, DayWord]:
    table: dict[Phrase, DayWord] = {
        ("heute",): DayWord(in_days=0),
        ("morgen",): DayWord(in_days=1),
        ("uebermorgen",): DayWord(in_days=2),
        ("taeglich",): DayWord(days=ALL),
        ("jeden", "tag"): DayWord(days=ALL),
        ("an", "jedem", "tag"): DayWord(days=ALL),
        ("jeden", "morgen"): DayWord(days=ALL, half="am"),
        ("jeden", "abend"): DayWord(days=ALL, half="pm"),
        ("jeden", "nachmittag"): DayWord(days=ALL, half="pm"),
        ("werktags",): DayWord(days=WORK),
        ("wochentags",): DayWord(days=WORK),
        ("an", "werktagen"): DayWord(days=WORK),
        ("jeden", "werktag"): DayWord(days=WORK),
        ("unter", "der", "woche"): DayWord(days=WORK),
        ("am", "wochenende"): DayWord(days=END),
        ("jedes", "wochenende"): DayWord(days=END),
    }
    return table


_DAY_PARTS: dict[str, tuple[Phrase, ...]] = {
    "am": (
        *(("morgens",), ("frueh",), ("am", "morgen"), ("in", "der", "frueh")),
        *(("vormittags",), ("vormittag",), ("am", "vormittag")),
    ),
    "pm": (
        *(("mittags",), ("nachmittags",), ("nachmittag",), ("am", "nachmittag"), ("abends",), ("abend",)),
        ("am", "abend"),
    ),
    "night": (("nachts",), ("in", "der", "nacht"), ("nacht",)),
}

TABLES = Tables(
    code="de",
    numbers=_numbers(),
    articles=frozenset({"eine", "einen", "einem", "einer"}),
    tens=frozenset(),
    hundred=frozenset(),
    units={
        **dict.fromkeys(("sekunde", "sekunden", "sek"), 1),
        **dict.fromkeys(("minute", "minuten", "min"), _MINUTE),
        **dict.fromkeys(("stunde", "stunden", "std", "h"), _HOUR),
        **dict.fromkeys(("tag", "tage", "tagen"), 86_400),
    },
    fixed={
        ("eine", "halbe", "stunde"): 1_800,
        ("einer", "halben", "stunde"): 1_800,
        ("halbe", "stunde"): 1_800,
        ("halben", "stunde"): 1_800,
        ("eine", "halbe", "minute"): 30,
        ("einer", "halben", "minute"): 30,
        ("eine", "viertelstunde"): 900,
        ("einer", "viertelstunde"): 900,
        ("viertelstunde",): 900,
        ("eine", "viertel", "stunde"): 900,
        ("eine", "dreiviertelstunde"): 2_700,
        ("einer", "dreiviertelstunde"): 2_700,
        ("dreiviertelstunde",): 2_700,
        ("ein", "paar", "minuten"): 180,
    },
    fractions={("und", "eine", "halbe"): 0.5, ("und", "einer", "halben"): 0.5},
    more=frozenset({"weitere", "mehr"}),
    joiners=frozenset({"und"}),
    ahead=frozenset({("in",), ("nach",)}),
    ahead_after=frozenset({("ab", "jetzt"), ("spaeter",)}),
    at=frozenset({"um", "auf", "fuer", "gegen", "ab", "bis"}),
    oclock=frozenset({"uhr"}),
    past=frozenset({"nach"}),
    to=frozenset({"vor"}),
    half={("halb",): -30},
    quarters={("viertel",): -45, ("dreiviertel",): -15, ("drei", "viertel"): -15},
    quarter=frozenset({("viertel",)}),
    zero=frozenset(),
    noon={("mittag",): 12, ("mitternacht",): 0},
    halves={phrase: half for half, phrases in _DAY_PARTS.items() for phrase in phrases},
    days=_days(),
    on=frozenset({"am", "naechsten", "kommenden", "diesen", "naechster"}),
    weekdays={name: at for at, name in enumerate(_DAYS.split())} | {"sonnabend": 5},
    every=frozenset({"jeden"}),
    again={f"{name}s": at for at, name in enumerate(_DAYS.split())},
    contractions={"wieviel": "wie viel", "geht's": "geht es", "gibt's": "gibt es", "an's": "ans"},
    polite=frozenset(
        {
            *(
                ("bitte",),
                ("hey",),
                ("ok",),
                ("okay",),
                ("danke",),
                ("mal",),
                ("kannst", "du"),
                ("koenntest", "du"),
            ),
            *(("wuerdest", "du"), ("jetzt",)),
        }
    ),
    literal_clock=True,
    patterns=patterns_de.PATTERNS,
    macros=patterns_de.MACROS,
    kinds={"timer": "timer", "wecker": "alarm", "erinnerung": "reminder"},
    never_mind=frozenset({"vergiss es", "abbrechen", "egal", "nichts", "nein", "schon gut", "stopp", "stop"}),
    stop=frozenset(
        {
            *(
                "stopp",
                "stop",
                "ruhe",
                "aus",
                "halt",
                "mach aus",
                "mach es aus",
                "mach das aus",
                "sei still",
                "still",
            ),
            *("genug", "es reicht", "ich bin wach", "ok", "okay", "danke", "abbrechen", "schluss"),
        }
    ),
    one_of=patterns_de.ONE_OF,
)
