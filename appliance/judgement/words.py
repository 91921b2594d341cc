"""Yes, no and spoken digits, as data for each language that guarded deeds can be confirmed in. Pure.

A whole utterance must be one of the sentences: "yes" answers, "yes I was at the shop" does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

import msgspec

from appliance.wire.messages import SpeechGrammar

MAX_CHARACTERS = 200
MIN_DIGITS, MAX_DIGITS = 4, 12


class Words(msgspec.Struct, frozen=True):
    """One language."""

    yes: frozenset[str]
    no: frozenset[str]
    digits: Mapping[str, str]
    """A word for the digits that it stands for."""
    tens: Mapping[str, int]
    """"twenty", which may be followed by a digit's word."""
    around: frozenset[str]
    """Words around a PIN that say nothing."""
    twice: frozenset[str]
    """"double five" is 55."""


def normal(text: str) -> str:
    """Lower case words with single spaces; no punctuation but the apostrophe in a word."""
    text = unicodedata.normalize("NFKC", text[: 4 * MAX_CHARACTERS]).casefold().replace("’", "'")
    return " ".join(re.findall(r"\w+(?:'\w+)*", text))


def _set(text: str) -> frozenset[str]:
    return frozenset(normal(each) for each in text.split("|"))


_EN_DIGITS = {
    "zero": "0",
    "oh": "0",
    "o": "0",
    "nought": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
_DE_ONES = {
    "ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
}  # fmt: skip
_DE_TENS = {
    "zwanzig": 20,
    "dreissig": 30,
    "vierzig": 40,
    "fünfzig": 50,
    "sechzig": 60,
    "siebzig": 70,
    "achtzig": 80,
    "neunzig": 90,
}
_DE_DIGITS = {
    "null": "0",
    "eins": "1",
    "zwo": "2",
    "zehn": "10",
    "elf": "11",
    "zwölf": "12",
    "dreizehn": "13",
    "vierzehn": "14",
    "fünfzehn": "15",
    "sechzehn": "16",
    "siebzehn": "17",
    "achtzehn": "18",
    "neunzehn": "19",
    **{word: str(one) for word, one in _DE_ONES.items()},
    **{word: str(ten) for word, ten in _DE_TENS.items()},
    **{f"{one}und{ten}": str(_DE_TENS[ten] + _DE_ONES[one]) for one in _DE_ONES for ten in _DE_TENS},
}

LANGUAGES: Mapping[str, Words] = {
    "en": Words(
        yes=_set(
            "yes|yes please|yes do it|yes i'm sure|yeah|yep|yup|sure|of course|do it|go ahead|confirm"
            "|confirmed|i confirm|okay|ok|please do|absolutely|affirmative"
        ),
        no=_set(
            "no|no thanks|no thank you|no don't|nope|nah|don't|do not|don't do it|cancel|cancel that|stop"
            "|never mind|nevermind|forget it|leave it|abort|negative"
        ),
        digits=_EN_DIGITS,
        tens={
            "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
            "eighty": 80, "ninety": 90,
        },
        around=_set("my|the|pin|code|number|is|it's|please|pincode"),
        twice=_set("double|twice"),
    ),
    "de": Words(
        yes=_set(
            "ja|ja bitte|ja mach das|ja mach es|jawohl|jo|klar|na klar|sicher|natürlich|gerne|mach das"
            "|mach es|bestätigt|bestätige|ich bestätige|okay|ok|in ordnung|bitte"
        ),
        no=_set(
            "nein|nein danke|nee|nö|nicht|lieber nicht|abbrechen|brich ab|abbruch|stopp|stop|halt|lass es"
            "|lass das|vergiss es|doch nicht|bloß nicht"
        ),
        digits=_DE_DIGITS,
        tens={},
        around=_set("meine|mein|die|der|pin|code|nummer|geheimzahl|ist|lautet|bitte"),
        twice=_set("doppel|zweimal"),
    ),
}  # fmt: skip


def words_of(language: str) -> Words | None:
    """The language's words ("de-AT" is "de"); None when nothing can be confirmed in it."""
    return LANGUAGES.get(language.replace("_", "-").partition("-")[0].casefold())


def classify(text: str, language: str) -> tuple[Literal["yes", "no", "pin", "other"], str]:
    """What an answer is, and the digits when it is a PIN."""
    words = words_of(language)
    if words is None or len(text) > MAX_CHARACTERS:
        return "other", ""
    plain = normal(text)
    if plain in words.yes:
        return "yes", ""
    if plain in words.no:
        return "no", ""
    pin = digits(plain, words)
    return ("pin", pin) if pin else ("other", "")


def digits(plain: str, words: Words) -> str:
    """The PIN in a normalised sentence that holds nothing else; "" when there is none."""
    rest = [word for word in plain.split() if word not in words.around]
    found: list[str] = []
    while rest:
        taken, value = _number(rest, words)
        if not taken:
            return ""
        found.append(value)
        rest = rest[taken:]
    joined = "".join(found)
    return joined if MIN_DIGITS <= len(joined) <= MAX_DIGITS else ""


def _number(rest: list[str], words: Words) -> tuple[int, str]:
    """How many words the next number takes, and its digits; 0 when it is none."""
    word = rest[0].replace("ß", "ss")
    if word.isascii() and word.isdecimal():
        return 1, word
    if word in words.digits:
        return 1, words.digits[word]
    if word in words.twice and len(rest) > 1 and len(words.digits.get(rest[1], "")) == 1:
        return 2, 2 * words.digits[rest[1]]
    if word in words.tens:
        one = words.digits.get(rest[1], "") if len(rest) > 1 else ""
        if len(one) == 1 and one != "0":
            return 2, str(words.tens[word] + int(one))
        return 1, str(words.tens[word])
    return 0, ""


def grammar(language: str) -> SpeechGrammar:
    """What a recogniser that listens for sentences must also know while an answer is waited for."""
    words = words_of(language)
    if words is None:
        return SpeechGrammar()
    names = sorted(word for word in (*words.digits, *words.tens) if word != "o")
    numbers = " ".join(["<pin_digit>"] * MIN_DIGITS + ["[<pin_digit>]"] * (MAX_DIGITS - MIN_DIGITS))
    answers = tuple(sorted((words.yes | words.no) - {"ok", "nevermind"}))
    return SpeechGrammar(("<yes_or_no>", numbers), {"yes_or_no": answers, "pin_digit": tuple(names)})
