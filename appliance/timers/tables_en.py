"""English, as data."""

from __future__ import annotations

from appliance.timers import patterns_en
from appliance.timers.tables import DayWord, Tables

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_HOUR, _MINUTE = 3_600, 60
ALL, WORK, END = (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4), (5, 6)


def _numbers() -> dict[str, float]:
    words = [*_ONES.split(), "seventeen", "eighteen", "nineteen"]
    numbers = {word: float(value) for value, word in enumerate(words)}
    numbers |= {word: 20.0 + 10 * at for at, word in enumerate(_TENS.split())}
    return numbers | {"a": 1.0, "an": 1.0, "fourty": 40.0}


def _days() -> dict[tuple[str, ...], DayWord]:
    table: dict[tuple[str, ...], DayWord] = {
        ("today",): DayWord(in_days=0),
        ("tonight",): DayWord(in_days=0, half="pm"),
        ("this", "morning"): DayWord(in_days=0, half="am"),
        ("this", "afternoon"): DayWord(in_days=0, half="pm"),
        ("this", "evening"): DayWord(in_days=0, half="pm"),
        ("tomorrow",): DayWord(in_days=1),
        ("the", "day", "after", "tomorrow"): DayWord(in_days=2),
        ("day", "after", "tomorrow"): DayWord(in_days=2),
        ("daily",): DayWord(days=ALL),
        ("weekdays",): DayWord(days=WORK),
        ("weekends",): DayWord(days=END),
        ("every", "work", "day"): DayWord(days=WORK),
    }
    for each in ("every", "each"):
        table |= {
            (each, "day"): DayWord(days=ALL),
            (each, "morning"): DayWord(days=ALL, half="am"),
            (each, "afternoon"): DayWord(days=ALL, half="pm"),
            (each, "evening"): DayWord(days=ALL, half="pm"),
            (each, "night"): DayWord(days=ALL, half="night"),
            (each, "weekday"): DayWord(days=WORK),
            (each, "workday"): DayWord(days=WORK),
            (each, "weekend"): DayWord(days=END),
        }
    return table


TABLES = Tables(
    code="en",
    numbers=_numbers(),
    articles=frozenset({"a", "an"}),
    tens=frozenset(_TENS.split()),
    hundred=frozenset({"hundred"}),
    units={
        **dict.fromkeys(("second", "seconds", "sec", "secs"), 1),
        **dict.fromkeys(("minute", "minutes", "min", "mins"), _MINUTE),
        **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), _HOUR),
        **dict.fromkeys(("day", "days"), 86_400),
    },
    fixed={
        ("half", "an", "hour"): 1_800,
        ("half", "hour"): 1_800,
        ("a", "half", "hour"): 1_800,
        ("a", "half", "an", "hour"): 1_800,
        ("half", "a", "minute"): 30,
        ("a", "quarter", "of", "an", "hour"): 900,
        ("quarter", "of", "an", "hour"): 900,
        ("a", "quarter", "hour"): 900,
        ("quarter", "hour"): 900,
        ("three", "quarters", "of", "an", "hour"): 2_700,
        ("a", "couple", "of", "minutes"): 120,
        ("couple", "of", "minutes"): 120,
        ("a", "couple", "of", "hours"): 7_200,
    },
    fractions={
        ("and", "a", "half"): 0.5,
        ("and", "half"): 0.5,
        ("and", "a", "quarter"): 0.25,
        ("and", "three", "quarters"): 0.75,
    },
    more=frozenset({"more", "extra", "additional"}),
    joiners=frozenset({"and"}),
    ahead=frozenset({("in",), ("after",), ("in", "about")}),
    ahead_after=frozenset({("from", "now"), ("later",)}),
    at=frozenset({"at", "for", "to", "by", "around", "until"}),
    oclock=frozenset({"oclock", "o'clock"}),
    past=frozenset({"past", "after"}),
    to=frozenset({"to", "before", "til", "till"}),
    half={("half", "past"): 30, ("half",): 30},
    quarters={},
    quarter=frozenset({("quarter",), ("a", "quarter")}),
    zero=frozenset({"oh", "o", "zero"}),
    noon={("noon",): 12, ("midday",): 12, ("midnight",): 0},
    halves={
        **dict.fromkeys((("am",), ("a", "m"), ("in", "the", "morning"), ("morning",)), "am"),
        **dict.fromkeys((("pm",), ("p", "m"), ("in", "the", "afternoon"), ("afternoon",)), "pm"),
        **dict.fromkeys((("in", "the", "evening"), ("evening",)), "pm"),
        **dict.fromkeys((("at", "night"), ("night",)), "night"),
    },
    days=_days(),
    on=frozenset({"on", "next", "this", "coming"}),
    weekdays={name: at for at, name in enumerate(_DAYS.split())},
    every=frozenset({"every", "each"}),
    again={f"{name}s": at for at, name in enumerate(_DAYS.split())},
    contractions={
        "what's": "what is",
        "when's": "when is",
        "how's": "how is",
        "let's": "let us",
        "i'd": "i would",
        "i've": "i have",
        "there's": "there is",
        "o'clock": "oclock",
    },
    polite=frozenset(
        {
            *(
                ("please",),
                ("hey",),
                ("ok",),
                ("okay",),
                ("thanks",),
                ("thank", "you"),
                ("for", "me"),
                ("now",),
            ),
            *(
                ("can", "you"),
                ("could", "you"),
                ("would", "you"),
                ("will", "you"),
                ("i", "want", "you", "to"),
            ),
            ("just",),
        }
    ),
    literal_clock=False,
    patterns=patterns_en.PATTERNS,
    macros=patterns_en.MACROS,
    kinds={"timer": "timer", "alarm": "alarm", "reminder": "reminder"},
    never_mind=frozenset({"never mind", "nevermind", "cancel", "forget it", "nothing", "no", "stop"}),
    stop=frozenset(
        {
            *(
                "stop",
                "stop it",
                "stop ringing",
                "quiet",
                "be quiet",
                "silence",
                "shut up",
                "enough",
                "that is enough",
            ),
            *(
                "turn it off",
                "switch it off",
                "turn off",
                "off",
                "dismiss",
                "okay",
                "ok",
                "i am up",
                "i am awake",
            ),
            *("cancel", "cancel it", "hush", "thank you", "thanks"),
        }
    ),
    one_of=patterns_en.ONE_OF,
)
