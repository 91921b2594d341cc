"""`appliance understand`: what sentences mean in a house; for programs that measure, and for the curious."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from appliance.errors import HomeError
from appliance.home.entities import MAX_HOUSE_BYTES, Context, House, load
from appliance.supervision.lines import clean

if TYPE_CHECKING:
    from appliance.understanding.intents import Understander
    from appliance.understanding.merging import Meaning
    from appliance.understanding.templates import Templates

NAME = "understand"
HELP = "what a sentence means in a house: deeds and an answer, without doing anything"
MAX_LINE_BYTES = MAX_HOUSE_BYTES + 64 * 1024
MAX_HOUSES = 4
"""So many houses' words are kept; the one that was asked about longest ago goes first."""
MAX_SHOWN = 4_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A sentence and a house; or lines on the standard input."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the sentence; without one, lines are read")
    parser.add_argument("--house", type=Path, metavar="FILE", help="the house that the sentence is about")
    parser.add_argument("--area", default="", metavar="ID", help="the area in which it is heard")
    parser.add_argument("--sentences", type=Path, metavar="FILE", help="own sentences, in hassil's format")


class Question(msgspec.Struct, frozen=True):
    """One line in; other keys are ignored."""

    house: House
    utterance: str
    follow_up: bool = False
    """Is it said right after the line before?"""


class Houses:
    """Understanders by house; a house that only changed its states keeps its words."""

    def __init__(self, sentences: Path | None) -> None:
        self._sentences = sentences
        self._templates: dict[str, Templates] = {}
        self._kept: dict[tuple[object, ...], Understander] = {}
        self._last: Any = None

    def understand(self, question: Question) -> Meaning:
        """The meaning of one line. Raises UnderstandingError."""
        understander = self._understander(question.house)
        context = question.house.context or Context()
        last = self._last if question.follow_up else None
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        meaning = understander.understand(question.utterance, context.area or "", now, last)
        self._last = meaning.turn
        return meaning

    def _understander(self, house: House) -> Understander:
        from appliance.understanding.intents import Understander
        from appliance.understanding.vocabulary import signature

        key = signature(house)
        kept = self._kept.pop(key, None)
        if kept is None:
            kept = Understander(house, self._of_language(house.language))
            kept.open()
        else:
            kept.update(house)
        self._kept[key] = kept
        while len(self._kept) > MAX_HOUSES:
            del self._kept[next(iter(self._kept))]
        return kept

    def _of_language(self, language: str) -> Templates:
        from appliance.understanding.own_sentences import load_sentences
        from appliance.understanding.templates import Templates

        if language not in self._templates:
            own = load_sentences(self._sentences) if self._sentences else {}
            templates = Templates(language, own)
            templates.open()
            self._templates[language] = templates
        return self._templates[language]


def reply(houses: Houses, line: bytes, where: str) -> dict[str, Any]:
    """One line out. Raises HomeError for a line that is no question."""
    try:
        question = msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HomeError(f"{where}: {error}", 'a line is {"house": {…}, "utterance": "…"}') from error
    started = time.perf_counter()
    meaning = houses.understand(question)
    ms = (time.perf_counter() - started) * 1000
    return shown(meaning, ms)


def shown(meaning: Meaning, ms: float) -> dict[str, Any]:
    """A meaning in the protocol's terms; nothing understood has no answer."""
    nothing = meaning.source == "none" and not meaning.unsure
    return {
        "actions": [
            {
                "domain": deed.domain,
                "service": deed.service,
                "entity_id": list(deed.entity_id),
                "data": deed.data,
            }
            for deed in meaning.deeds
        ],
        "answer": "" if nothing else meaning.answer,
        "source": meaning.source,
        "intent": meaning.intent,
        "ms": round(ms, 3),
    }


def _lines(source: IO[bytes], houses: Houses) -> int:
    """Answer line by line until the input ends."""
    number = 0
    while line := source.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise HomeError(f"line {number} is longer than {MAX_LINE_BYTES} bytes", "give it a smaller house")
        if line.strip():
            sys.stdout.buffer.write(msgspec.json.encode(reply(houses, line, f"line {number}")) + b"\n")
            sys.stdout.buffer.flush()
    return 0


def run(arguments: argparse.Namespace) -> int:
    """One sentence to people or as JSON, or lines in and lines out."""
    houses = Houses(arguments.sentences)
    if not arguments.text:
        return _lines(sys.stdin.buffer, houses)
    house = load(arguments.house) if arguments.house else House()
    if arguments.area:
        house = msgspec.structs.replace(house, context=Context(area=arguments.area))
    started = time.perf_counter()
    meaning = houses.understand(Question(house, " ".join(arguments.text)))
    found = shown(meaning, (time.perf_counter() - started) * 1000)
    if arguments.json:
        print(msgspec.json.encode(found).decode())
        return 0
    print(clean(meaning.answer, MAX_SHOWN))
    for deed in meaning.deeds:
        print(
            f"  {deed.domain}.{deed.service} {clean(', '.join(deed.entity_id), MAX_SHOWN)} {deed.data or ''}"
        )
    return 0 if meaning.source == "intent" else 1
