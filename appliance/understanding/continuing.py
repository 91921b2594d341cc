"""Is more of a sentence likely to follow? From its last words alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Ending = Literal["closed", "open", "unclear"]
MAX_NAME_WORDS = 8

DANGLING = {
    "en": "a an the to in at of and or for with my our by from than all every except but not is are what how",
    "de": "der die das den dem des ein eine einen einem im in am um von vom zum und oder für mit mein meine "
    "meinen unser unsere alle jede außer aber nicht ist sind was welche wie",
}
"""Words after which a sentence goes on, by language."""
FINAL = {
    "en": "on off up down open closed percent degrees please brighter darker warmer cooler louder quieter",
    "de": "an aus auf zu hoch runter ein prozent grad bitte heller dunkler wärmer kälter lauter leiser",
}
"""Words that end a command, by language."""
NUMBERS = {
    "en": "zero one two three four five six seven eight nine ten "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "de": "null eins ein zwei drei vier fünf sechs sieben acht neun zehn "
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert",
}
"""Words that often go on: "twenty" "five" "percent"."""


class Continuing:
    """Knows the names of one home, in one language."""

    def __init__(self, language: str, names: Iterable[str]) -> None:
        language = language.split("-", maxsplit=1)[0].lower()
        self._dangling, self._final, self._numbers = (
            frozenset(table.get(language, "").split()) for table in (DANGLING, FINAL, NUMBERS)
        )
        self._names: set[tuple[str, ...]] = set()
        self._beginnings: set[tuple[str, ...]] = set()
        for name in names:
            words = tuple(name.casefold().split())[:MAX_NAME_WORDS]
            self._names.add(words)
            self._beginnings.update(words[:count] for count in range(1, len(words)))

    def ending(self, text: str) -> Ending:
        """How the last words of this text end."""
        words = tuple(text.casefold().split())
        if not words:
            return "unclear"
        tails = [words[-count:] for count in range(1, min(len(words), MAX_NAME_WORDS) + 1)]
        if any(tail in self._beginnings for tail in tails):
            return "open"
        named = any(tail in self._names or _singular(tail) in self._names for tail in tails)
        if words[-1] in self._final or named:
            return "closed"
        if words[-1] in self._dangling:
            return "open"
        return "unclear" if not self._is_number(words[-1]) else "open"

    def _is_number(self, word: str) -> bool:
        return word in self._numbers or word.isdecimal()


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    """One that ends like "kitchen light" for "kitchen lights"."""
    return (*words[:-1], words[-1].removesuffix("s"))
