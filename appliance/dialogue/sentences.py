"""Text as it arrives → sentences as early as they are sure, and a sentence → what is said aloud. Pure.

Where a sentence ends depends on the text alone and never on how it was cut into pieces: a full stop is
decided only when what follows is known, at most `LOOKAHEAD` characters further on.
"""

from __future__ import annotations

import re
import unicodedata

MAX_SENTENCE_CHARS = 240
"""A longer sentence is cut at a comma, else at a space."""
LOOKAHEAD = 8
"""So much white space behind a full stop ends a sentence, whatever follows."""

_END = re.compile(r"""(?:[.!?…。！？]+["'”’»)\]]*(?=\s)|[。！？]|\n)""")
_COMMA = re.compile(r"[,;:–—]\s")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*|\d+)\.$")

_NEVER_END = frozenset(
    (
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "sr",
        "jr",
        "st",
        "vs",
        "dept",
        "incl",
        "e.g",
        "i.e",
        "nr",
        "z.b",
        "bzw",
    )
)
"""Before a full stop: an abbreviation that something follows."""
_MAY_END = frozenset(
    (
        "a.m",
        "p.m",
        "etc",
        "inc",
        "ltd",
        "co",
        "u.s",
        "u.k",
        "approx",
        "est",
        "fig",
        "max",
        "min",
        "vol",
        "usw",
    )
)
"""An abbreviation that ends a sentence when a capital follows."""
_BEFORE_NUMBER = frozenset(["no", "nos", "p", "pp"])


class Sentences:
    """Collects pieces of text, such as a model's tokens, and gives sentences as they are to be spoken."""

    def __init__(self, language: str = "en") -> None:
        self._language = language
        self._written = WrittenSentences()

    def feed(self, text: str) -> list[str]:
        """Take a piece; the sentences that are now sure."""
        return self._aloud(self._written.feed(text))

    def finish(self) -> list[str]:
        """The text is complete: what is left."""
        return self._aloud(self._written.finish())

    def _aloud(self, written: list[str]) -> list[str]:
        spoken = (normalise(sentence, self._language) for sentence in written)
        return [sentence for sentence in spoken if any(char.isalnum() for char in sentence)]


class WrittenSentences:
    """The same as it stands in the text."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, text: str) -> list[str]:
        """Take a piece; the sentences that are now sure."""
        self._buffer += text
        return self._ready(finished=False)

    def finish(self) -> list[str]:
        """The text is complete: what is left."""
        return self._ready(finished=True)

    def _ready(self, *, finished: bool) -> list[str]:
        found: list[str] = []
        while True:
            self._buffer = self._buffer.lstrip()
            end = _first_end(self._buffer, finished=finished)
            if end == 0:
                return found
            sentence, self._buffer = self._buffer[:end].strip(), self._buffer[end:]
            if any(char.isalnum() for char in sentence):
                found.append(sentence)


def split(text: str, language: str = "en") -> list[str]:
    """The sentences of a whole text as they are to be spoken."""
    sentences = Sentences(language)
    return sentences.feed(text) + sentences.finish()


def _first_end(buffer: str, *, finished: bool) -> int:
    """Length of the first sentence, 0 when it is not sure yet."""
    decidable = len(buffer) >= MAX_SENTENCE_CHARS + LOOKAHEAD
    for match in _END.finditer(buffer, 0, MAX_SENTENCE_CHARS + 1):
        verdict = _is_end(buffer, match, finished=finished)
        if verdict is None:
            return 0
        if verdict:
            return match.end()
    if decidable or (finished and len(buffer) > MAX_SENTENCE_CHARS):
        return _cut(buffer[:MAX_SENTENCE_CHARS])
    return len(buffer) if finished else 0


def _cut(window: str) -> int:
    """Where to cut a sentence that is too long."""
    commas = [match.end() for match in _COMMA.finditer(window)]
    if commas and commas[-1] * 4 >= len(window):
        return commas[-1]
    space = max(window.rfind(" "), window.rfind("\t"))
    return space + 1 if space > 0 else len(window)


def _is_end(buffer: str, match: re.Match[str], *, finished: bool) -> bool | None:
    """Does the sentence end here? None: more text is needed to know."""
    if not match[0].startswith((".", "…")):
        return True
    head = buffer[: match.start() + 1]
    needs_next = _needs_next(head, match[0])
    if not needs_next:
        return needs_next is False
    following = buffer[match.end() : match.end() + LOOKAHEAD]
    next_char = following.strip()[:1]
    if next_char:
        return _may_begin(head, next_char)
    return True if finished or len(following) == LOOKAHEAD else None


def _needs_next(head: str, mark: str) -> bool | None:
    """For text up to a full stop: does what follows decide? None: it ends no sentence at all."""
    if mark.startswith(("..", "…")):
        return True
    match = _LAST_WORD.search(head)
    if match is None:
        return False
    word = match[1].lower()
    alone = match.start() == 0
    if word in _NEVER_END or _is_initial(head[: match.start()], word) or (word.isdigit() and alone):
        return None
    return word in _MAY_END or word in _BEFORE_NUMBER


def _is_initial(before: str, word: str) -> bool:
    """A single letter is a name's ("J. Smith"), unless it is a unit ("21 °C.", "5 W.") or I."""
    single = len(word) == 1 and word.isalpha() and word != "i"
    return single and (not before or before[-1] in " (\t") and not before.rstrip()[-1:].isdigit()


def _may_begin(head: str, next_char: str) -> bool:
    """Can this character begin a sentence after such a full stop?"""
    match = _LAST_WORD.search(head)
    if match is not None and match[1].lower() in _BEFORE_NUMBER:
        return not next_char.isdigit()
    return not next_char.islower() and not next_char.isdigit()


# --- what is said aloud ---------------------------------------------------------------------------------

MAX_SPOKEN_CHARS = 2_000

_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"!?\[([^\[\]]*)\]\([^()\s]*\)", r"\1"),  # links and pictures keep their text
        (r"(?:https?://|www\.)[^\s<>]+", " "),
        (r"</?[A-Za-z][^<>]{0,200}>", " "),
        (r"^\s*(?:#{1,6}|>+|[-*+•]|\|)\s+", ""),  # headings, quotations, list items
        (r"^\s*[-=*_|:]{3,}\s*$", ""),  # rules under headings and in tables
        (r"\s*\|\s*", ", "),
        (r"[*`~]+", ""),
        (r"(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)", ""),
    )
)

# Pictures, arrows, their joiners and variation selectors; the degree sign is none of them.
_PICTURES = re.compile(
    "[\u200d\u20e3\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ef]+"
)

_ENGLISH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<![\w.,])[-−](?=\d)", "minus "),
        (r"(?<![\d.,])1\s*°\s*C?(?![A-Za-z])", "1 degree"),
        (r"\s*(?:°\s*C|℃)(?![A-Za-z])", " degrees"),
        (r"\s*(?:°\s*F|℉)(?![A-Za-z])", " degrees Fahrenheit"),
        (r"\s*°", " degrees"),
        (r"\s*%", " percent"),
        (r"\s*[µμ]g/m[³3]", " micrograms per cubic meter"),
        (r"(?<=\d)\s*km/h\b", " kilometers per hour"),
        (r"(?<=\d)\s*m/s\b", " meters per second"),
        (r"(?<=\d)\s*kWh\b", " kilowatt hours"),
        (r"(?<=\d)\s*Wh\b", " watt hours"),
        (r"(?<=\d)\s*kW\b", " kilowatts"),
        (r"(?<=\d)\s*W\b", " watts"),
        (r"(?<=\d)\s*hPa\b", " hectopascals"),
        (r"(?<=\d)\s*(?:lx|lux)\b", " lux"),
        (r"(?<=\d)\s*ppm\b", " parts per million"),
        (r"\s*m²", " square meters"),
        (r"\s*m³", " cubic meters"),
        (r"\s*&\s*", " and "),
    )
)


def normalise(text: str, language: str = "en") -> str:
    """One line to be spoken: no markup, pictures, addresses or control characters; units as words.

    At most `MAX_SPOKEN_CHARS`. Units are written out in English only: a synthesiser knows its own language's.
    """
    spoken = unicodedata.normalize("NFC", text[: 2 * MAX_SPOKEN_CHARS])
    spoken = "".join(" " if _unprintable(char) else char for char in spoken)
    for pattern, replacement in _MARKUP:
        spoken = pattern.sub(replacement, spoken)
    spoken = _PICTURES.sub(" ", spoken)
    if language.partition("-")[0] == "en":
        for pattern, replacement in _ENGLISH:
            spoken = pattern.sub(replacement, spoken)
    spoken = re.sub(r"\s+(?=[.,;:!?])", "", " ".join(spoken.split())).strip(" ,;|")
    if len(spoken) > MAX_SPOKEN_CHARS:
        spoken = spoken[:MAX_SPOKEN_CHARS].rpartition(" ")[0] or spoken[:MAX_SPOKEN_CHARS]
    return spoken


def _unprintable(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"}
