"""What is said about timers, in English and German; any other language gets English. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from appliance.timers import calendar
from appliance.timers.model import Timer
from appliance.timers.texts import TEXTS

MINUTE, HOUR, DAY = 60, 3_600, 86_400
EXACT_SECONDS = 10 * MINUTE
"""Below it, seconds are said too."""
APOLOGY_SECONDS = 60.0
"""So late that one says sorry."""
MAX_LISTED = 5
WEEK = tuple(range(7))
WORKDAYS, WEEKEND = (0, 1, 2, 3, 4), (5, 6)

UNITS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    "de": (("Tag", "Tage"), ("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden")),
}
DATIVE = {"Tage": "Tagen"}
"""German after "in" and "vor"."""
DAYS: dict[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
MONTHS: dict[str, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
        *("August", "September", "Oktober", "November", "Dezember"),
    ),
}


def known(language: str) -> str:
    """The language that is spoken for this one: "de-AT" is "de", what is not there is "en"."""
    code = language.replace("_", "-").partition("-")[0].casefold()
    return code if code in TEXTS else "en"


def say(language: str, key: str, **words: object) -> str:
    """A sentence, its first letter large."""
    text = TEXTS[known(language)][key].format(**words)
    return text[:1].upper() + text[1:]


def duration(language: str, seconds: float) -> str:
    """A length as one says it: exact below ten minutes, to the minute below a day; 1 hour and 5 minutes."""
    whole = max(math.ceil(seconds - 0.001), 0)
    if whole >= EXACT_SECONDS:
        whole = round(whole / MINUTE) * MINUTE
    counts = (whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE, whole % MINUTE)
    units = UNITS[known(language)]
    parts = [f"{count} {units[at][count != 1]}" for at, count in enumerate(counts) if count]
    return joined(language, parts or [f"0 {units[-1][1]}"], "and")


def dative(language: str, seconds: float) -> str:
    """A length after "in" and "vor"."""
    words = duration(language, seconds).split(" ")
    return " ".join(DATIVE.get(word, word) for word in words)


def joined(language: str, parts: Sequence[str], word: str) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {TEXTS[known(language)][word]} {parts[-1]}"


def clock(language: str, at: dt.datetime) -> str:
    """A time of day: 7:30 AM; 7 Uhr 30."""
    if known(language) == "de":
        return f"{at.hour} Uhr {at.minute}" if at.minute else f"{at.hour} Uhr"
    half = "PM" if at.hour >= calendar.NOON else "AM"
    hour = at.hour % calendar.NOON or calendar.NOON
    return f"{hour}:{at.minute:02} {half}" if at.minute else f"{hour} {half}"


def day(language: str, at: dt.datetime, now: dt.datetime) -> str:
    """Which day that is, seen from now: nothing for today, tomorrow, a weekday, or a date."""
    ahead = (at.date() - now.date()).days
    texts, days = TEXTS[known(language)], DAYS[known(language)]
    if ahead <= 1:
        return texts["tomorrow"] if ahead == 1 else ""
    if ahead < len(days):
        return f"am {days[at.weekday()]}" if known(language) == "de" else f"on {days[at.weekday()]}"
    month = MONTHS[known(language)][at.month - 1]
    return texts["date"].format(day=days[at.weekday()], month=month, number=at.day)


def repetition(language: str, days: tuple[int, ...]) -> str:
    """Every weekday, every Monday and Tuesday."""
    texts = TEXTS[known(language)]
    for pattern, key in ((WEEK, "every_day"), (WORKDAYS, "weekdays"), (WEEKEND, "weekends")):
        if tuple(sorted(days)) == pattern:
            return texts[key]
    names = [DAYS[known(language)][each] for each in sorted(days)]
    return texts["every"].format(days=joined(language, names, "and"))


def moment(language: str, at: str, days: tuple[int, ...], now: dt.datetime | None) -> str:
    """A time with its day or repetition: 7 AM tomorrow; every weekday at 7 AM gives "7 AM every weekday"."""
    when = calendar.parse(at)
    which = repetition(language, days) if days else day(language, when, now) if now else ""
    words = clock(language, when)
    if known(language) == "de":
        return f"{which} {words}" if which and not days else f"{words} {which}".strip()
    return f"{words} {which}".strip()


def name(language: str, timer: Timer, now: dt.datetime | None = None) -> str:
    """What one calls it: pasta timer, 10 minute timer, alarm for 7 AM, reminder to feed the cat."""
    german = known(language) == "de"
    kind = TEXTS[known(language)][timer.kind]
    if timer.kind == "reminder" and timer.text:
        return f"{kind}: {timer.text}" if german else f"{kind} “{timer.text}”"
    if timer.label:
        return f"{kind} {timer.label}" if german else f"{timer.label} {kind}"
    if timer.at:
        when = moment(language, timer.at, timer.days, now)
        return f"{kind} für {when}" if german else f"{kind} for {when}"
    length = duration(language, timer.duration_s)
    return f"{kind} über {length}" if german else f"{_singular(length)} {kind}"


def _singular(length: str) -> str:
    """10 minutes → 10 minute, as it stands before "timer"."""
    return " ".join(word.removesuffix("s") for word in length.split(" "))


def ring(language: str, timer: Timer, late_s: float, *, sure: bool = True) -> str:
    """What is said when it rings, with an apology when it is late."""
    apology = ""
    if not sure:
        apology = say(language, "late_unsure")
    elif late_s >= APOLOGY_SECONDS:
        apology = say(language, "late", time=duration(language, round(late_s / MINUTE) * MINUTE))
    return f"{apology} {_due(language, timer)}".strip()


def _due(language: str, timer: Timer) -> str:
    if timer.kind == "reminder":
        return say(language, "reminder_up" if timer.text else "reminder_up_bare", text=timer.text)
    if timer.kind == "alarm" and timer.at:
        time = clock(language, calendar.parse(timer.at))
        return say(language, "alarm_up_label" if timer.label else "alarm_up", time=time, label=timer.label)
    return say(language, "time_up", name=name(language, timer))


def missed(language: str, timer: Timer, late_s: float) -> str:
    """What is said about one that came much too late."""
    return say(language, "missed", name=name(language, timer), time=dative(language, late_s))


def listed(language: str, items: Sequence[str], word: str = "and") -> str:
    """At most a handful, and how many more."""
    shown = list(items[:MAX_LISTED])
    if len(items) > MAX_LISTED:
        shown.append(TEXTS[known(language)]["more"].format(count=len(items) - MAX_LISTED))
    return joined(language, shown, word)
