"""What a question asks: a state, a list, a number, a measurement, somebody's place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from appliance.understanding.resolution.facts import OPPOSITES
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.lexicon import Phrase
from appliance.understanding.resolution.targets import Scope, Target
from appliance.understanding.resolution.tokens import Token
from appliance.understanding.resolution.wishes import with_kinds

Kind = Literal["yesno", "which", "count", "value", "describe", "where", "who", "items", "weather"]


class Questions(msgspec.Struct, frozen=True):
    """The words of questions in one language."""

    lead: frozenset[Phrase]
    """What stands in front and says nothing."""
    openers: Mapping[Phrase, str]
    """First words → yesno, ask, count, where, who."""
    states: Mapping[Phrase, str]
    properties: Mapping[Phrase, str]
    quantities: Mapping[str, str]
    """Word → any, all."""
    silent: frozenset[str]
    """Words that may stand anywhere."""
    outside: frozenset[str]
    prepositions: frozenset[str]
    articles: frozenset[str]
    nouns: frozenset[Phrase] = frozenset()
    """Measurements that make a question without any verb: "bedroom temperature"."""
    later: frozenset[str] = frozenset()
    """Words about another time: nothing is known about it."""


class Question(msgspec.Struct, frozen=True):
    """A question about the house."""

    kind: Kind
    target: Target
    state: str = ""
    prop: str = ""
    quantity: str = ""
    outside: bool = False
    more: tuple[Target, ...] = ()
    """Further things: "in the kitchen and the hall"."""


def ask(tokens: Sequence[Token], words: Questions, index: HouseIndex, *, protect: bool) -> Question | None:
    """The question; None when it is none, or of another time."""
    sentence = _without_lead([token for token in tokens if not token.pause], words)
    opener, length = _opener(sentence, words)
    if not opener or any(token.text in words.later for token in sentence):
        return None
    spans = index.named_spans(sentence) if protect else []
    walk = _Walk(sentence, words, index, {at for start, end in spans for at in range(start, end)})
    telling = tuple(token.text for token in sentence[:length]) in words.states
    walk.run(0 if telling else length)
    return walk.question(opener)


def is_question(tokens: Sequence[Token], words: Questions) -> bool:
    """Does it begin as a question does? Then it is never obeyed as a command."""
    return _opener(_without_lead([token for token in tokens if not token.pause], words), words)[1] > 0


def _without_lead(sentence: list[Token], words: Questions) -> list[Token]:
    while sentence:
        for length in range(min(6, len(sentence)), 0, -1):
            if tuple(token.text for token in sentence[:length]) in words.lead:
                sentence = sentence[length:]
                break
        else:
            return sentence
    return sentence


def _opener(sentence: Sequence[Token], words: Questions) -> tuple[str, int]:
    for length in range(min(5, len(sentence)), 0, -1):
        kind = words.openers.get(tuple(token.text for token in sentence[:length]))
        if kind:
            return kind, length
    if sentence and (found := _leading_property(sentence, words)):
        return found, 0
    return "", 0


def _leading_property(sentence: Sequence[Token], words: Questions) -> str:
    """Such as "temperature in the bedroom": a question without a verb."""
    texts = [token.text for token in sentence]
    for at in range(len(texts)):
        for length in (3, 2, 1):
            if tuple(texts[at : at + length]) in words.nouns and _bare(sentence):
                return "ask"
    return ""


def _bare(sentence: Sequence[Token]) -> bool:
    """Nothing in it could be a value or a command."""
    return (
        len(sentence) <= 6
        and all(token.number is None for token in sentence)
        and sentence[0].text
        not in {
            "set",
            "turn",
            "increase",
            "decrease",
            "raise",
            "lower",
            "change",
            "adjust",
            "make",
            "stelle",
            "erhöhe",
            "more",
            "less",
            "reduce",
            "mehr",
            "weniger",
            "mute",
            "toggle",
            "dim",
        }
        and not any(
            token.text in {"up", "down", "off", "max", "maximum", "hoch", "runter", "aus", "not", "minimum"}
            for token in sentence
        )
    )


class _Walk:
    def __init__(
        self, sentence: Sequence[Token], words: Questions, index: HouseIndex, protected: set[int]
    ) -> None:
        self._sentence = sentence
        self._words = words
        self._index = index
        self._protected = protected
        self.named: list[Token] = []
        self.groups: list[list[Token]] = []
        self.state = ""
        self.prop = ""
        self.quantity = ""
        self.scope: Scope = ""
        self.outside = False
        self.crowded = False
        self.either = False

    def run(self, at: int) -> None:
        """Read all from `at` on."""
        while at < len(self._sentence):
            at += self._step(at)

    def _step(self, at: int) -> int:
        if at in self._protected:
            self.named.append(self._sentence[at])
            return 1
        for length in range(min(5, len(self._sentence) - at), 0, -1):
            if not self._protected & set(range(at, at + length)) and self._phrase(at, length):
                return length
        self.named.append(self._sentence[at])
        return 1

    def _phrase(self, at: int, length: int) -> bool:
        texts = tuple(token.text for token in self._sentence[at : at + length])
        words = self._words
        if texts in words.properties and self._property(words.properties[texts]):
            return True
        if texts in words.states and self._state(at, length, words.states[texts]):
            return True
        if length == 1:
            return self._small(texts[0])
        here = next((tag for tag in self._index.lexicon.tags(texts) if tag.kind == "here"), None)
        if here is not None:
            self.scope = "house" if here.value == "house" else "here"
        return here is not None

    def _property(self, name: str) -> bool:
        if name == "target" and self.prop in {"temperature", "humidity"}:
            self.prop = name
        if self.prop and self.prop != name:
            if self.prop == "state":
                self.prop = name
                return True
            return name == "state"
        self.prop = name
        return True

    def _state(self, at: int, length: int, name: str) -> bool:
        """Such as "on" is a state unless it leads to a noun, or a state was said already."""
        after = self._sentence[at + length].text if at + length < len(self._sentence) else ""
        words = self._words
        text = self._sentence[at].text
        if (
            length == 1
            and text in words.prepositions
            and (self.prop or self.state or after in words.articles)
        ):
            return True
        if self.state and self.state != name:
            self.either = OPPOSITES.get(name) == self.state
            self.crowded = not self.either
        self.state = name
        return True

    def _small(self, text: str) -> bool:
        words = self._words
        if text in words.quantities:
            self.quantity = words.quantities[text]
        elif any(tag.kind == "and" for tag in self._index.lexicon.tags((text,))):
            self.groups.append(self.named)
            self.named = []
        elif text in words.outside and not self._is_a_place(text):
            self.outside = True
        elif text in words.silent and len(text) > 3 and self._index.lexicon.stem(text) in self._index.by_word:
            return False
        elif text in words.silent or text in words.prepositions or text in words.articles:
            return True
        elif here := next((tag for tag in self._index.lexicon.tags((text,)) if tag.kind == "here"), None):
            self.scope = "house" if here.value == "house" else "here"
        else:
            return False
        return True

    def _is_a_place(self, text: str) -> bool:
        """Is there a place that is really called so?"""
        places = self._index.places.get((self._index.lexicon.stem(text),), ())
        return any(place.cost < 0.1 for place in places)

    def question(self, opener: str) -> Question | None:
        """What was read, as a question."""
        if self.crowded:
            return None
        kind = self._kind(opener)
        every = self.quantity in {"all", "any"} or kind in {"which", "count"}
        if kind is None or (self.groups and not all((*self.groups, self.named))):
            return None
        named = [Target(tuple(group), every=every, scope=self.scope) for group in (*self.groups, self.named)]
        first, *more = with_kinds(named, self._index)
        quantity = self.quantity or ("all" if more else "")
        return Question(kind, first, self.state, self.prop, quantity, self.outside, tuple(more))

    def _kind(self, opener: str) -> Kind | None:
        if opener in {"where", "who"}:
            return "where" if opener == "where" else "who"
        todo = self._about_a_list()
        if self.either:
            return "describe" if self.named else None
        if opener == "count":
            return "count"
        if todo and opener == "ask":
            return "items"
        if self.prop == "weather":
            return "weather"
        if self.prop == "battery" and self.state == "low":
            return "yesno" if opener == "yesno" else "which"
        if opener == "yesno":
            return "yesno" if self.state else ("value" if self.prop and self.prop != "state" else None)
        if self.prop and self.prop != "state":
            return "value"
        if self.state and self.prop != "state":
            return "which"
        return "describe" if self.named else None

    def _about_a_list(self) -> bool:
        todo = self._index.domains.get("todo", 0)
        mask = -1
        for token in self.named:
            kind = self._index.lexicon.types.get((token.stem,))
            typed = self._index.of_type(kind, 1) if kind and kind.key == "todo" else 0
            mask &= self._index.by_word.get(token.stem, 0) | typed
        return bool(self.named and todo and mask & todo)
