"""Names as they are said: without punctuation, digits as words, in any language that has rules for it."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_DIGITS = 4
_DIGITS = re.compile(r"\d+")
_NO_WORD = re.compile(r"(?<!\w)['’]|['’](?!\w)|[^\w'’]+|_+")


def words_only(text: str) -> str:
    """The words of a name; punctuation and symbols part words, apostrophes stay inside one."""
    return " ".join(_NO_WORD.sub(" ", text).split())


def spelled(text: str, language: str) -> str:
    """The text with numbers of at most four digits as words; unchanged without rules for the language."""
    if not _DIGITS.search(text):
        return text
    words = (_words(match.group(), language) for match in _DIGITS.finditer(text))
    return " ".join(_DIGITS.sub(lambda _: f" {next(words)} ", text).split())


@lru_cache(maxsize=4_096)
def _words(digits: str, language: str) -> str:
    if len(digits) > MAX_DIGITS or not digits.isascii():
        return digits
    from hassil.numbers import get_rbnf_engine

    try:
        return str(get_rbnf_engine(language).format_number(int(digits)).text).replace("-", " ")
    except ValueError:
        # Some languages have no rules, or rules that lack whole numbers.
        return digits
