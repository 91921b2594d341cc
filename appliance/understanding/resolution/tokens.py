"""A sentence as words and numbers, in one spelling. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

from appliance.understanding.resolution.lexicon import Lexicon

MAX_WORDS = 60
_SIGNS = {
    "%": " percent ",
    "℃": " degrees celsius ",
    "℉": " degrees fahrenheit ",
    "&": " and ",
    "+": " plus ",
}
_DEGREE = re.compile(r"°\s*([cfk])?\b", re.IGNORECASE)
_DEGREES_OF = {"": "degrees", "c": "degrees celsius", "f": "degrees fahrenheit", "k": "kelvin"}
_PIECE = re.compile(r"\d+(?:[.,:]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*|[,;]|[.!?](?=\s+\S)")
_STOPS = frozenset(",;.!?")


class Token(msgspec.Struct, frozen=True):
    """A word, a number with its unit, or a comma."""

    text: str
    stem: str
    number: float | None = None
    unit: str = ""
    raw: str = ""
    """As it was said."""
    slips: int = 0
    """Letters that were put right."""

    @property
    def pause(self) -> bool:
        """A comma or the end of a sentence."""
        return self.text == ","


def tokenize(text: str, lexicon: Lexicon) -> list[Token]:
    """Lower case words of at most `MAX_WORDS`; contractions written out, number words as numbers."""
    pieces = list(_pieces(text, lexicon))[:MAX_WORDS]
    return list(_numbered(pieces, lexicon))


def name_words(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The stems of a name."""
    return tuple(token.stem for token in tokenize(text.replace("_", " "), lexicon) if not token.pause)


def _pieces(text: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Words in one spelling, with what was written."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("`", "'")
    text = _DEGREE.sub(lambda found: f" {_DEGREES_OF[(found.group(1) or '').lower()]} ", text)
    for sign, words in _SIGNS.items():
        text = text.replace(sign, words)
    for raw in _PIECE.findall(text):
        low = raw.lower()
        if low in _STOPS:
            yield ",", raw
            continue
        for word in lexicon.contractions.get(low, low.removesuffix("'s")).split():
            plain = word.replace("'", "")
            yield lexicon.canon.get(plain, plain), raw


def _numbered(pieces: Sequence[tuple[str, str]], lexicon: Lexicon) -> Iterator[Token]:
    at = 0
    while at < len(pieces):
        word, raw = pieces[at]
        number, after = _number(pieces, at, lexicon)
        if number is None:
            yield Token(word, "," if word == "," else lexicon.stem(word), raw=raw)
            at += 1
            continue
        unit, after = _unit(pieces, after, lexicon)
        said = " ".join(each for _, each in pieces[at:after])
        shown = f"{number:g}"
        yield Token(shown, shown, number, unit, said)
        at = after


def _unit(pieces: Sequence[tuple[str, str]], at: int, lexicon: Lexicon) -> tuple[str, int]:
    for length in (2, 1):
        unit = lexicon.units.get(" ".join(word for word, _ in pieces[at : at + length]))
        if unit is not None and at + length <= len(pieces):
            return unit, at + length
    return "", at


def _number(pieces: Sequence[tuple[str, str]], at: int, lexicon: Lexicon) -> tuple[float | None, int]:
    """The number that starts here, and the place after it."""
    word = pieces[at][0]
    if word[0].isdecimal():
        if ":" in word:
            return None, at + 1
        return float(word.replace(",", ".")), at + 1
    if word not in lexicon.numbers:
        return None, at + 1
    total, part, after = 0, 0, at
    while after < len(pieces) and (value := lexicon.numbers.get(pieces[after][0])) is not None:
        if value >= 100:
            part = max(part, 1) * value
            if value >= 1000:
                total, part = total + part, 0
        elif part and (part % 100 == 0 or (part % 10 == 0 and value < 10 and part % 100 >= 20)):
            part += value
        elif part or after > at:
            break
        else:
            part = value
        after += 1
    return _fraction(float(total + part), pieces, after, lexicon)


def _fraction(
    whole: float, pieces: Sequence[tuple[str, str]], at: int, lexicon: Lexicon
) -> tuple[float, int]:
    """Such as "twenty one point five"."""
    if at + 1 < len(pieces) and pieces[at][0] in {"point", "komma"}:
        digit = lexicon.numbers.get(pieces[at + 1][0])
        if digit is not None and digit < 10:
            return whole + digit / 10, at + 2
    return whole, at
