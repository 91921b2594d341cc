"""The words of each language that the resolution layer knows in full."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from appliance.understanding.resolution.asking import Questions
from appliance.understanding.resolution.lexicon import Lexicon
from appliance.understanding.resolution.lists import ListWords
from appliance.understanding.resolution.situations import Complaints

LANGUAGES = ("en", "de")


class Language(msgspec.Struct, frozen=True):
    """All words of one language."""

    lexicon: Lexicon
    questions: Questions
    lists: ListWords
    complaints: Complaints
    later: frozenset[str]
    """Words for another time, or a condition: nothing is done then yet."""
    about_again: frozenset[tuple[str, ...]]
    """What leads to the same again on something else: "what about the bedroom"."""


@lru_cache(maxsize=4)
def language(code: str) -> Language | None:
    """The words for a language code; None when there are none: then only the templates understand it."""
    base = code.replace("_", "-").partition("-")[0].casefold()
    if base == "en":
        from appliance.understanding.resolution import english, more_english, questions_en

        return Language(
            english.english(),
            questions_en.ENGLISH,
            more_english.LISTS,
            more_english.COMPLAINTS,
            more_english.LATER,
            more_english.AGAIN,
        )
    if base == "de":
        from appliance.understanding.resolution import german, more_german

        return Language(
            german.german(),
            more_german.QUESTIONS,
            more_german.LISTS,
            more_german.COMPLAINTS,
            more_german.LATER,
            more_german.AGAIN,
        )
    return None
