"""Text that is safe to hand to a speech library, cut into clauses; and speech cut into pieces. Pure.

A synthesiser cannot be interrupted inside one call, so the length of a clause is what bounds the time between
two heartbeats, and between a cancellation and silence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator

from appliance.audio.pcm import SAMPLE_BYTES, blocks
from appliance.engines.contract import Speech

MAX_TEXT_CHARS = 4_000
"""About four minutes of speech; what follows is not spoken."""
MAX_CLAUSE_CHARS = 120
"""About seven seconds of speech."""
SLOWEST, FASTEST = 0.25, 4.0
PIECE_SECONDS = 0.5

# Square brackets are phoneme input to eSpeak NG and to Piper; control characters are eSpeak's embedded
# commands (^A) or end a C string (NUL); lone surrogates have no UTF-8.
_BRACKETS = str.maketrans("[]", "  ")
_UNSPEAKABLE = frozenset({"Cc", "Cs"})
_CLAUSE_ENDS = (re.compile(r"[.!?…]\s"), re.compile(r"[;:,—–]\s"), re.compile(r"\s"))


def speakable(text: str) -> str:
    """The text without anything that a synthesiser takes for a command; one line, bounded."""
    plain = text[: MAX_TEXT_CHARS * 2].translate(_BRACKETS)
    kept = "".join(" " if unicodedata.category(char) in _UNSPEAKABLE else char for char in plain)
    words = " ".join(kept.split())
    if len(words) <= MAX_TEXT_CHARS:
        return words
    return words[:MAX_TEXT_CHARS].rpartition(" ")[0] or words[:MAX_TEXT_CHARS]


def clauses(text: str, max_chars: int = MAX_CLAUSE_CHARS) -> Iterator[str]:
    """Cut at the last end of a sentence, else comma, else space, that leaves at most `max_chars`."""
    rest = text.strip()
    while len(rest) > max_chars:
        cut = _last_cut(rest[: max_chars + 1]) or max_chars
        yield rest[:cut].strip()
        rest = rest[cut:].strip()
    if rest:
        yield rest


def _last_cut(window: str) -> int:
    """Where to cut: behind the strongest boundary that does not leave a scrap, or 0."""
    for boundary in _CLAUSE_ENDS:
        ends = [match.end() for match in boundary.finditer(window)]
        if ends and ends[-1] * 4 >= len(window):
            return ends[-1]
    return 0


def pace(speed: float) -> float:
    """A speed that every engine can speak at; NaN is the ordinary one."""
    return max(SLOWEST, min(FASTEST, speed)) if not math.isnan(speed) else 1.0


def pieces(pcm: bytes, rate_hz: int) -> Iterator[Speech]:
    """Mono s16le speech in pieces of at most half a second."""
    for block in blocks(pcm, int(rate_hz * PIECE_SECONDS) * SAMPLE_BYTES):
        yield Speech(rate_hz, block)
