"""What is said aloud about databases that were mended, in English and German. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

NAMES = {
    "en": {
        "timers.sqlite": "timers",
        "judgement/people.db": "the people of the house",
        "judgement/audit.db": "the record of what was done",
    },
    "de": {
        "timers.sqlite": "die Wecker",
        "judgement/people.db": "die Bewohner",
        "judgement/audit.db": "das Protokoll",
    },
}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
        *("August", "September", "Oktober", "November", "Dezember"),
    ),
}
RESTORED = {
    "en": "My file about {what} was damaged. I use the backup of {day} instead.",
    "de": "Meine Datei über {what} war beschädigt. Ich nehme die Sicherung vom {day}.",
}
LOST = {
    "en": "My file about {what} was damaged, and there is no backup of it. It is empty now.",
    "de": "Meine Datei über {what} war beschädigt, und es gibt keine Sicherung davon. Sie ist jetzt leer.",
}


def words(mended: Iterable[tuple[str, datetime | None]], language: str, zone: tzinfo | None = None) -> str:
    """One text for all of (path, time of the snapshot); "" when nothing was damaged.

    Any language but German gets English; `zone` None is the machine's.
    """
    spoken = language.partition("-")[0]
    spoken = spoken if spoken in NAMES else "en"
    return " ".join(_one(path, when, spoken, zone) for path, when in mended)


def _one(path: str, when: datetime | None, language: str, zone: tzinfo | None) -> str:
    what = NAMES[language].get(path, path)
    if when is None:
        return LOST[language].format(what=what)
    there = when.astimezone(zone)
    month = MONTHS[language][there.month - 1]
    day = f"{there.day}. {month}" if language == "de" else f"{month} {there.day}"
    return RESTORED[language].format(what=what, day=day)
