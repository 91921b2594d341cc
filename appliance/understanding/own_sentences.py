"""Sentences of the owner: a YAML file in hassil's format, added to the templates of the language.

The text is read by whoever may read files; here it is only parsed and checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from appliance.errors import UnderstandingError

MAX_BYTES = 64 * 1024
MAX_SENTENCES = 1_000
MAX_SENTENCE_CHARS = 500
_PARTS = ("intents", "lists", "expansion_rules", "skip_words")
Sentences = dict[str, Any]


class Readable(Protocol):
    """A file; `pathlib.Path` is one."""

    def read_text(self, encoding: str) -> str:
        """The whole text."""


def load_sentences(path: Readable) -> Sentences:
    """The sentences of a file. Raises UnderstandingError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstandingError(f"{path}: {error}", "give the path of a file in hassil's format") from error
    return parse_sentences(text, str(path))


def parse_sentences(text: str, where: str) -> Sentences:
    """Checked parts of a YAML text. Raises UnderstandingError naming `where`."""
    import yaml  # type: ignore[import-untyped]

    if len(text.encode()) > MAX_BYTES:
        raise UnderstandingError(f"{where}: more than {MAX_BYTES} bytes", "leave sentences out")
    try:
        data = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise UnderstandingError(f"{where}: {error}", "the format is in docs/understanding.md") from error
    if not isinstance(data, dict):
        raise UnderstandingError(f"{where}: not a table", "it begins with `intents:`")
    found = {part: data[part] for part in _PARTS if part in data}
    _check(found, where)
    return found


def _check(found: Sentences, where: str) -> None:
    from hassil import Intents
    from hassil.parse_expression import parse_sentence
    from hassil.parser import ParseError

    sentences = 0
    try:
        for name, intent in dict(found.get("intents", {})).items():
            for block in intent["data"]:
                for sentence in block["sentences"]:
                    sentences += 1
                    if sentences > MAX_SENTENCES:
                        raise UnderstandingError(
                            f"{where}: more than {MAX_SENTENCES} sentences", "leave some out"
                        )
                    if not isinstance(sentence, str) or len(sentence) > MAX_SENTENCE_CHARS:
                        raise UnderstandingError(f"{where}: a sentence of {name} is no text, or too long", "")
                    parse_sentence(sentence)
        Intents.from_dict({"language": "own", "intents": {}, **found})
    except (KeyError, TypeError, ValueError, AttributeError, ParseError) as error:
        hint = 'intents: {HassTurnOn: {data: [{sentences: ["lights up"]}]}}'
        raise UnderstandingError(f"{where}: {error!r}", hint) from error


def with_own(data: Mapping[str, Any], own: Sentences) -> dict[str, Any]:
    """The language's sentences and the owner's."""
    both = dict(data)
    intents = {name: dict(intent) for name, intent in data.get("intents", {}).items()}
    for name, intent in own.get("intents", {}).items():
        known = intents.setdefault(name, {"data": []})
        known["data"] = [*known.get("data", []), *intent["data"]]
    both["intents"] = intents
    for part in ("lists", "expansion_rules"):
        both[part] = {**data.get(part, {}), **own.get(part, {})}
    both["skip_words"] = [*data.get("skip_words", []), *own.get("skip_words", [])]
    return both
