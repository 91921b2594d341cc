"""Words that only ask for silence: what goes on ends without another word. Pure."""

from __future__ import annotations

import re

from appliance.wire.messages import SpeechGrammar

WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        *("stop", "stop it", "stop talking", "cancel", "cancel that", "cancel it", "quiet", "be quiet"),
        *("silence", "shut up", "hush", "enough", "that is enough", "that's enough", "that's all", "nothing"),
        *("forget it", "never mind", "thank you", "thanks"),
    ),
    "de": (
        *("stopp", "stop", "halt", "ruhe", "sei still", "sei ruhig", "still", "genug", "das reicht"),
        *("abbrechen", "vergiss es", "schon gut", "nichts", "danke", "danke schön"),
    ),
}
_POLITE = re.compile(r"^(?:please|bitte) | (?:please|bitte)$")
_PUNCTUATION = re.compile(r"[^\w\s']+")


def only_stop(text: str, language: str) -> bool:
    """Is that all that was said?"""
    plain = " ".join(_PUNCTUATION.sub(" ", text.casefold()).split())
    plain = (
        plain.removeprefix("please ").removesuffix(" please").removeprefix("bitte ").removesuffix(" bitte")
    )
    return plain in _of(language)


def grammar(language: str) -> SpeechGrammar:
    """What a recogniser that listens for sentences must also know."""
    words = _of(language)
    return SpeechGrammar(("<only_stop>",), {"only_stop": words}) if words else SpeechGrammar()


def _of(language: str) -> tuple[str, ...]:
    return WORDS.get(language.split("-", maxsplit=1)[0].lower(), ())
