"""How words sound, in the phones of an acoustic model.

First the lexicon beside the model, or CMUdict out of PocketSphinx's package; a word that it lacks is read out
by eSpeak NG with several voices (`engines.stt.pocketsphinx.pronounce`). Names come from other machines: their
number and length are bounded, and a word that no voice can read is simply not heard.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from appliance.engines.stt.pocketsphinx.pronounce import Speller, cot_caught_merged

MAX_LINES = 1_000_000
MAX_LINE_CHARS = 1_000
MAX_SPELLED_WORDS = 5_000
"""Unknown words of one home; more of them cannot be heard."""
MAX_KEPT_WORDS = 20_000
MAX_VARIANTS = 6
_VARIANT = re.compile(r"\(\d+\)$")
_STRESS = re.compile(r"\d$")

Sounds = tuple[str, ...]


def packaged_lexicon() -> Path | None:
    """CMUdict as PocketSphinx's wheel brings it, or None without that wheel. The library is not loaded."""
    spec = importlib.util.find_spec("pocketsphinx")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "model" / "en-us" / "cmudict-en-us.dict"
        if file.is_file():
            return file
    return None


def parse(lines: Iterable[str], wanted: set[str]) -> dict[str, list[Sounds]]:
    """Pronunciations of the wanted words: a line is `word SOUND SOUND …`, a variant `word(2) …`."""
    found: dict[str, list[Sounds]] = {}
    for line in lines:
        head, _, sounds = line.partition(" ")
        if head in wanted or ("(" in head and (head := _VARIANT.sub("", head)) in wanted):
            said = tuple(_STRESS.sub("", sound) for sound in sounds.partition("#")[0].split())
            if said:
                found.setdefault(head, []).append(said)
    return found


class Lexicon:
    """Pronunciations out of files, the first that has a word, and by rules; each looked up once."""

    def __init__(
        self, files: Sequence[Path], speller: Speller, max_spelled_words: int = MAX_SPELLED_WORDS
    ) -> None:
        self._files = tuple(files)
        self._max_spelled_words = max_spelled_words
        self._speller = speller
        self._known: dict[str, tuple[Sounds, ...]] = {}

    def look_up(self, words: Iterable[str], sounds: Sequence[str]) -> dict[str, tuple[Sounds, ...]]:
        """Ways to say each word with these sounds only; a word that has none is left out."""
        allowed = set(sounds)
        wanted = set(words)
        if missing := wanted - self._known.keys():
            self._learn(missing)
        usable = {word: _usable(self._known.get(word, ()), allowed) for word in sorted(wanted)}
        return {word: ways for word, ways in usable.items() if ways}

    def _learn(self, missing: set[str]) -> None:
        if len(self._known) > MAX_KEPT_WORDS:
            self._known.clear()
        written = self._written(missing)
        unknown = sorted(missing - written.keys())
        for word in unknown[: self._max_spelled_words]:
            written[word] = self._speller.pronunciations(word)
        for word in missing:
            self._known[word] = tuple(_with_variants(written.get(word, ())))

    def _written(self, wanted: set[str]) -> dict[str, list[Sounds]]:
        found: dict[str, list[Sounds]] = {}
        for each in self._files:
            with each.open(encoding="utf-8", errors="replace") as file:
                found |= parse(_bounded(file), wanted - found.keys())
        return found


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number >= MAX_LINES:
            return
        if len(line) <= MAX_LINE_CHARS:
            yield line


def _with_variants(ways: Iterable[Sounds]) -> Iterator[Sounds]:
    """Each way once, and how those say it who do not tell "cot" from "caught"; at most `MAX_VARIANTS`."""
    found: dict[Sounds, None] = {}
    for way in ways:
        found[way] = None
        if merged := cot_caught_merged(way):
            found[merged] = None
    return iter(list(found)[:MAX_VARIANTS])


def _usable(ways: Iterable[Sounds], allowed: set[str]) -> tuple[Sounds, ...]:
    return tuple(way for way in ways if way and allowed.issuperset(way))
