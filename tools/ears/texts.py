"""What is said in training: a home's commands with made-up names, and words in no order. Seeded."""

from __future__ import annotations

import random
import re
from functools import cache

from ears.words import (
    COLORS,
    DEVICES,
    KINDS,
    LISTED,
    ODD_WORDS,
    OWNERS,
    PATTERNS,
    PLACES,
    SMALL_TALK,
    UNITS,
)

_ONES_WRITTEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen
"""
_ONES = _ONES_WRITTEN.split()
_TENS_WRITTEN = """
    twenty thirty forty fifty sixty seventy eighty ninety
"""
_TENS = _TENS_WRITTEN.split()
_SLOT = re.compile(r"<(\w+)>")


def number_words(number: int) -> str:
    """0…199 in words."""
    if number < 20:
        return _ONES[number]
    if number >= 100:
        rest = number - 100
        return "one hundred" + (f" and {number_words(rest)}" if rest else "")
    ten, one = divmod(number, 10)
    return _TENS[ten - 2] + (f" {_ONES[one]}" if one else "")


@cache
def dictionary() -> dict[str, list[tuple[str, ...]]]:
    """CMUdict out of PocketSphinx's package, without stress."""
    import importlib.util
    from pathlib import Path

    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pocketsphinx is not installed: its package carries CMUdict")
    file = Path(spec.origin).parent / "model" / "en-us" / "cmudict-en-us.dict"
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.split()
        if sounds:
            found.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(tuple(sounds))
    return found


@cache
def dictionary_words() -> tuple[str, ...]:
    """Plain words of the dictionary."""
    return tuple(word for word in dictionary() if re.fullmatch("[a-z]{3,11}", word))


@cache
def home_words() -> tuple[str, ...]:
    """Every word of the commands, the names and the small talk."""
    lists = (*PATTERNS, *PLACES, *DEVICES, *KINDS, *COLORS, *OWNERS, *UNITS, *LISTED, *SMALL_TALK, *ODD_WORDS)
    words = {word for text in lists for word in re.sub(r"<\w+>", " ", text).split()}
    numbers = {word for number in range(120) for word in number_words(number).split()}
    return tuple(sorted((words | numbers) & dictionary().keys()))


class Teller:
    """Sentences, one after the other."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def sentence(self) -> str:
        """A command, small talk, or words."""
        kind = self._rng.random()
        if kind < 0.62:
            return self.command()
        if kind < 0.7:
            return self._rng.choice(SMALL_TALK)
        if kind < 0.85:
            return self._some(home_words(), 1, 6)
        return self._some(dictionary_words(), 1, 5)

    def command(self) -> str:
        """What somebody says to a home."""
        return self._filled(self._rng.choice(PATTERNS))

    def _some(self, words: tuple[str, ...], least: int, most: int) -> str:
        return " ".join(self._rng.choices(words, k=self._rng.randint(least, most)))

    def _filled(self, pattern: str) -> str:
        return _SLOT.sub(lambda match: getattr(self, f"_{match[1]}")(), pattern)

    def _place(self) -> str:
        owner = f"{self._rng.choice(OWNERS)} " if self._rng.random() < 0.15 else ""
        return owner + self._rng.choice(PLACES)

    def _name(self) -> str:
        kind = self._rng.random()
        if kind < 0.45:
            return self._rng.choice(DEVICES)
        if kind < 0.8:
            return f"{self._place()} {self._rng.choice(KINDS)}"
        return f"{self._some(dictionary_words(), 1, 2)} {self._rng.choice(KINDS)}"

    def _kind(self) -> str:
        return self._rng.choice(KINDS)

    def _color(self) -> str:
        return self._rng.choice(COLORS)

    def _listed(self) -> str:
        return self._rng.choice(LISTED)

    def _number(self) -> str:
        return number_words(self._rng.randint(0, 100))

    def _percent(self) -> str:
        return number_words(self._rng.choice((*range(0, 101, 5), self._rng.randint(1, 99))))

    def _duration(self) -> str:
        count, unit = self._rng.randint(1, 60), self._rng.choice(UNITS)
        first = f"{number_words(count)} {unit}" + ("s" if count > 1 else "")
        kind = self._rng.random()
        if kind < 0.15:
            return f"{number_words(self._rng.randint(1, 12))} and a half {unit}s"
        if kind < 0.3:
            return f"{first} and {number_words(self._rng.randint(2, 59))} {self._rng.choice(UNITS)}s"
        return first

    def _time(self) -> str:
        hour = number_words(self._rng.randint(1, 12))
        minute = self._rng.choice(("", "fifteen", "thirty", "forty five", "oh five", "twenty"))
        half = self._rng.choice(("", "a m", "p m", "o'clock" if not minute else ""))
        return " ".join(filter(None, (hour, minute, half)))
