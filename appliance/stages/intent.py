"""The intent stage: what a sentence means in the house it was last given.

Options: `language`, `wake_words` (cut off in front of a sentence, and allowed in front by the grammar),
`sentences` (own ones, the text of a YAML file in hassil's format), `follow_up_seconds`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import msgspec

from appliance.engines.contract import EngineOptions, MissingEngine
from appliance.errors import EngineError, HomeError, TooBig, UnderstandingError
from appliance.home.entities import MAX_HOUSE_BYTES, Area, Entity, Floor, House, parse
from appliance.stages.loop import PlainStage
from appliance.understanding.continuing import Continuing
from appliance.understanding.grammar import compile_house, strip_wake
from appliance.understanding.intents import Understander
from appliance.understanding.merging import Meaning
from appliance.understanding.own_sentences import parse_sentences
from appliance.understanding.resolution.outcomes import Turn
from appliance.understanding.templates import Templates
from appliance.wire import messages

ENGINES = ("hassil",)
MAX_ROOMS = 32
_PUNCTUATION = re.compile(r"[,;:.!?]+(?=\s|$)")


class Options(EngineOptions, frozen=True):
    """What `Configure.options` may hold."""

    language: str = "en"
    wake_words: tuple[str, ...] = ()
    sentences: str = ""
    follow_up_seconds: float = 60.0


class Memory:
    """What was said last in each room, for a while: "it" and "and in the bedroom" mean that."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turns: dict[str, tuple[float, Turn]] = {}

    def last(self, area: str, now: float) -> Turn | None:
        """The turn before this one in this room; `now` in monotonic seconds."""
        at, turn = self._turns.get(area, (0.0, None))
        return turn if turn is not None and now - at <= self._seconds else None

    def keep(self, area: str, turn: Turn | None, now: float) -> None:
        """Remember a turn that was understood; of too many rooms the oldest is forgotten."""
        if turn is None:
            return
        self._turns.pop(area, None)
        self._turns[area] = now, turn
        while len(self._turns) > MAX_ROOMS:
            del self._turns[next(iter(self._turns))]

    def clear(self) -> None:
        """Another house: what was said is about things that may be gone."""
        self._turns.clear()


class IntentStage(PlainStage):
    """Understands one sentence after the other; see `stages.loop.Stage`."""

    def __init__(self) -> None:
        self._options = Options()
        self._understander: Understander | None = None
        self._continuing = Continuing("", ())
        self._parts = bytearray()
        self._too_big = False
        self._grammar_told = False
        self._memory = Memory(self._options.follow_up_seconds)

    def open(self, configure: messages.Configure) -> str:
        """Load the language and warm it. Raises EngineError, MissingEngine without the libraries."""
        self._options = _options(configure)
        self._memory = Memory(self._options.follow_up_seconds)
        try:
            own = parse_sentences(self._options.sentences, "own sentences") if self._options.sentences else {}
            templates = Templates(self._options.language, own)
            understander = Understander(House(language=self._options.language), templates)
            understander.open()
        except ImportError as error:
            raise MissingEngine(
                f"hassil cannot be loaded: {error}", "install the environment anew"
            ) from error
        except UnderstandingError as error:
            raise EngineError(error.message, error.hint) from error
        self._understander = understander
        return f"sentences in {understander.templates.language}"

    def close(self) -> None:
        """Nothing is held but memory."""
        self._understander = None

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """A piece of the house, or a sentence."""
        match message:
            case messages.HousePart(data=data, last=last):
                yield from self._house_part(data, last=last)
            case messages.Understand():
                yield self._understand(message)
            case messages.Consider():
                yield self._consider(message)

    def _opened(self) -> Understander:
        if self._understander is None:
            raise EngineError("the intent stage was not opened")
        return self._understander

    def _understand(self, question: messages.Understand) -> messages.Understood:
        started = time.perf_counter()
        room = question.room or question.area
        meaning = self._meaning(question, room)
        self._memory.keep(room, meaning.turn, time.monotonic())
        ms = round((time.perf_counter() - started) * 1000, 2)
        asks = meaning.unsure and meaning.answer.rstrip().endswith("?")
        return messages.Understood(
            question.turn, meaning.deeds, meaning.answer, meaning.source, meaning.intent, ms, asks
        )

    def _consider(self, question: messages.Consider) -> messages.Considered:
        meaning = self._meaning(question, question.room or question.area)
        text = without_wake(question.text, self._options.wake_words)
        whole = meaning.source != "none" and bool(meaning.deeds or meaning.answer)
        answer = meaning.answer if whole else ""
        return messages.Considered(question.turn, question.text, whole, self._continuing.ending(text), answer)

    def _meaning(self, question: messages.Understand | messages.Consider, room: str) -> Meaning:
        text = without_wake(question.text, self._options.wake_words)
        now, last = time.strftime("%Y-%m-%dT%H:%M:%S"), self._memory.last(room, time.monotonic())
        return self._opened().understand(text, question.area, now, last)

    def _house_part(self, data: bytes, *, last: bool) -> Iterator[messages.Message]:
        """Gather pieces; a house that is too big or invalid leaves the old one in force."""
        self._too_big = self._too_big or len(self._parts) + len(data) > MAX_HOUSE_BYTES
        if not self._too_big:
            self._parts += data
        if not last:
            return
        whole, too_big = bytes(self._parts), self._too_big
        self._parts.clear()
        self._too_big = False
        if too_big:
            yield messages.Note(
                "error", f"a house above {MAX_HOUSE_BYTES} bytes was refused; the old one stays"
            )
            return
        yield from self._take_house(whole)

    def _take_house(self, data: bytes) -> Iterator[messages.Message]:
        try:
            house = parse(data, "the house from the supervisor")
        except HomeError as error:
            yield messages.Note("error", f"{error.message}; the old house stays")
            return
        understander = self._opened()
        if understander.house.language != house.language:
            # The configuration's language is what this stage was started with.
            house = msgspec.structs.replace(house, language=understander.house.language)
        changed = understander.update(house)
        if changed:
            self._memory.clear()
        # A home without any device is what this stage began with: the time can be asked there, too.
        if changed or not self._grammar_told:
            self._grammar_told = True
            yield from self._grammar(house)

    def _grammar(self, house: House) -> Iterator[messages.Message]:
        self._continuing = Continuing(house.language, _names(house))
        compiled = compile_house(house, self._options.wake_words)
        ready = messages.GrammarReady(compiled.grammar)
        try:
            messages.encode(ready)
        except TooBig as error:
            yield messages.Note("error", f"{error.message}: the recogniser keeps its old grammar")
            return
        if compiled.dropped:
            count = len(compiled.dropped)
            yield messages.Note("warning", f"{count} names cannot be heard: {compiled.reason}")
        yield ready


def _names(house: House) -> Iterator[str]:
    things: tuple[Entity | Area | Floor, ...] = (*house.entities, *house.areas, *house.floors)
    for thing in things:
        yield thing.name
        yield from thing.aliases


def without_wake(text: str, wake_words: tuple[str, ...]) -> str:
    """The sentence without a wake word in front; unchanged when there is none."""
    plain = " ".join(_PUNCTUATION.sub(" ", text).lower().split())
    rest = strip_wake(plain, wake_words)
    return text if rest == plain else rest


def _options(configure: messages.Configure) -> Options:
    if configure.engine not in ENGINES:
        raise EngineError(f"there is no intent engine {configure.engine!r}", f"one of: {', '.join(ENGINES)}")
    try:
        return msgspec.convert(configure.options, Options)
    except msgspec.ValidationError as error:
        known = ", ".join(Options.__struct_fields__)
        raise EngineError(f"options of the intent stage: {error}", f"known keys: {known}") from error


STAGE = IntentStage
