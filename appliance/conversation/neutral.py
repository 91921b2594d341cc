"""Text of strangers (names, states, areas, a person's words) made fit to stand in a prompt. Pure.

A name may hold anything that somebody typed or a device announced: line breaks, `<|im_start|>`, quotes that
end ours, a page of orders. What stays is letters, digits and a little punctuation, on one line and short. The
order in the words themselves cannot be taken out; it changes nothing, because nothing that the model writes
is done unless grammar, validation and judgement let it through.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_CHARS = 48
MAX_WORDS_CHARS = 400
MAX_STATE_CHARS = 24

_KEPT_IN_NAMES = frozenset(" '’.-/&+%°()")
_KEPT_IN_WORDS = _KEPT_IN_NAMES | frozenset(",;:!?€$£@#*=")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z0-9_]{1,64}")
_READ_CHARS = 4
"""So many times the limit is looked at; whoever hides text behind more blanks than that loses it."""


def name(text: str, most: int = MAX_NAME_CHARS) -> str:
    """A name of an entity, an area or a unit; may become empty."""
    return _kept(text, _KEPT_IN_NAMES, most)


def state(text: str) -> str:
    """The state of an entity."""
    return _kept(text, _KEPT_IN_NAMES, MAX_STATE_CHARS)


def words(text: str, most: int = MAX_WORDS_CHARS) -> str:
    """What a person said, or what was said to them."""
    return _kept(text, _KEPT_IN_WORDS, most)


def is_plain_id(entity_id: str) -> bool:
    """Is it an id as Home Assistant makes them? Others are not shown to a model at all."""
    return _ID.fullmatch(entity_id) is not None


def _kept(text: str, marks: frozenset[str], most: int) -> str:
    plain = unicodedata.normalize("NFC", text[: _READ_CHARS * most])
    kept = "".join(char if char in marks or _is_word(char) else " " for char in plain)
    return " ".join(kept.split())[:most].strip()


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"
