"""From words to wishes: what is to be done, with which value, to what phrase. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.pieces import Item
from appliance.understanding.resolution.targets import Scope
from appliance.understanding.resolution.tokens import Token

_PARTICLED = frozenset(
    {
        "turn",
        "power",
        "put",
        "set",
        "off",
        "on",
        "",
        "pull",
        "start",
        "stop",
        "play",
        "drive",
        "close",
        "lock",
    }
)


class Clause(msgspec.Struct):
    """What one part of a sentence says."""

    verb: str = ""
    particle: str = ""
    back: bool = False
    about: str = ""
    number: float | None = None
    unit: str = ""
    level: str = ""
    color: str = ""
    mode: str = ""
    more: str = ""
    amount: str = ""
    by: bool = False
    to: bool = False
    negated: bool = False
    words: list[Token] = []
    tail: list[Token] = []
    """Those of `words` that come after "to"."""
    every: bool = False
    both: bool = False
    scope: Scope = ""
    pronoun: bool = False
    excluded: list[list[Token]] = []
    crowded: bool = False
    """Something was said twice that can be meant only once."""
    verb_item: Item | None = None

    @property
    def acting(self) -> bool:
        """Does it say what to do?"""
        return bool(self.verb or self.particle or self.more or self.valued)

    @property
    def acting_without_verb(self) -> bool:
        """Would it say what to do even if its verb were none?"""
        return bool(self.particle or self.more or self.valued or self.about)

    @property
    def valued(self) -> bool:
        """Does it name a value?"""
        return self.number is not None or bool(self.level or self.color or self.mode)

    @property
    def targeted(self) -> bool:
        """Does it say to what?"""
        return bool(self.words or self.every or self.both or self.scope or self.pronoun)


class Reader:
    """Reads one segment; the state of a left-to-right walk."""

    def __init__(self, segment: Sequence[Item], index: HouseIndex) -> None:
        self._items = segment
        self._index = index
        self._anywhere = index.lexicon.verbs_anywhere
        self.clause = Clause()
        self._at = 0
        self._in_except = False
        self._after_to = False

    def read(self) -> Clause:
        """What the segment says."""
        for at, item in enumerate(self._items):
            self._at = at
            self._take(item)
        self._settle()
        return self.clause

    # --- one phrase ------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        if item.tokens[0].number is not None:
            self._number(item)
            return
        if not item.tags:
            self._word(item)
            return
        if item.value("not") is not None:
            self.clause.negated = True
            return
        if item.value("except") is not None:
            self._in_except = True
            self.clause.excluded.append([])
            return
        if self._misheard_off(item):
            self.clause.particle = "off"
            return
        if self._in_except and self._left_as_it_is(item):
            return
        if self._verb(item) or self._particle(item) or self._value(item) or self._quantity(item):
            return
        if any(tag.kind in {"filler", "article", "prep", "and"} for tag in item.tags) and not item.typed:
            self._function_word(item)
            return
        self._word(item)

    def _misheard_off(self, item: Item) -> bool:
        """Such as "turn of the light"."""
        if item.tokens[-1].text != "of" or len(item.tokens) > 1 or self.clause.particle:
            return False
        last = self._at == len(self._items) - 1 and bool(self.clause.words)
        return last or (self.clause.verb == "turn" and self._is_bare_verb(self._at - 1))

    def _left_as_it_is(self, item: Item) -> bool:
        """Such as "… but leave the lamp on": what follows an exception says only what is left out."""
        particle = item.value("particle") is not None and bool(self.clause.particle)
        return particle or item.value("verb") == "set"

    def _function_word(self, item: Item) -> None:
        text = item.tokens[-1].text
        if item.value("prep") is not None:
            self.clause.by |= text in {"by", "um"}
            if text in {"to", "at", "auf", "zu"}:
                self.clause.to = True
                self._after_to = True

    def _word(self, item: Item) -> None:
        if self._in_except:
            self.clause.excluded[-1].extend(item.tokens)
            return
        self.clause.words.extend(item.tokens)
        if self._after_to:
            self.clause.tail.extend(item.tokens)

    def _number(self, item: Item) -> None:
        token = item.tokens[0]
        if not token.unit and self._is_no_value(token):
            self._word(item)
        elif self.clause.number is None:
            self.clause.number, self.clause.unit = token.number, token.unit
        else:
            self.clause.crowded = True

    def _is_no_value(self, token: Token) -> bool:
        """Such as in "two lights", "turn on light 2", or in a name."""
        words = self.clause.words
        if words and (words[-1].stem, token.stem) in self._index.pairs:
            return True
        after = self._items[self._at + 1] if self._at + 1 < len(self._items) else None
        before = self._items[self._at - 1] if self._at else None
        led = before is not None and before.tokens[-1].text in {"to", "at", "by", "auf", "um"}
        counted = after is not None and not after.tags
        return not led and (counted or self.clause.particle in {"on", "off"})

    # --- verbs and particles ---------------------------------------------------------------------------

    def _verb(self, item: Item) -> bool:
        value = item.value("verb")
        clause = self.clause
        if value is None:
            return False
        started = bool(clause.words or clause.particle or clause.valued or clause.about or clause.targeted)
        if clause.verb:
            return self._second_verb(item, value)
        if started and not self._anywhere and (item.typed or len(item.tags) > 1):
            return False
        if item.typed and self._at and self._items[self._at - 1].value("article") is not None:
            return False
        clause.verb, clause.verb_item = value, item
        return True

    def _second_verb(self, item: Item, value: str) -> bool:
        clause = self.clause
        first = clause.verb_item
        lets = clause.verb == "set" and bool(clause.words) and not clause.acting_without_verb
        if first is None or ((item.typed or len(item.tags) > 1) and not (lets and value in {"clean", "mow"})):
            return False
        if first.typed and not clause.words:
            clause.words = [*first.tokens, *clause.words]
        elif clause.verb != "set" and not (clause.verb == "start" and value in {"clean", "mow", "play"}):
            clause.crowded = True
        clause.verb, clause.verb_item = value, item
        return True

    def _particle(self, item: Item) -> bool:
        value = item.value("particle")
        clause = self.clause
        if value is None:
            return False
        if value == "back":
            return self._homewards(item)
        unclear = item.value("prep") is not None or item.value("article") is not None
        if unclear and not self._is_particle(item):
            return False
        if clause.particle and clause.particle != value:
            clause.crowded = True
        if value in {"open", "closed", "locked", "unlocked"} and clause.verb not in {
            "set",
            "put",
            "pull",
            "power",
            "close",
            "turn",
            "drive",
            "lock",
            "",
        }:
            clause.crowded = clause.verb not in {"open", "close", "lock", "unlock"}
            return True
        clause.particle = value
        return True

    def _homewards(self, item: Item) -> bool:
        clause = self.clause
        docking = clause.verb in {"dock", "go", "put", "start", "set", "pull"} or (
            not clause.verb and any(tag.kind == "verb" for tag in item.tags)
        )
        text = item.tokens[-1].text
        if text == "back" and len(item.tokens) == 1:
            if self._in_a_name(item):
                return False
            clause.back = True
            return True
        if not docking or clause.particle:
            return False
        clause.particle = "back"
        return True

    def _is_particle(self, item: Item) -> bool:
        """Is it said after its verb, at the end, before a preposition or a number? Then it is none itself."""
        clause = self.clause
        if clause.particle or clause.verb not in _PARTICLED:
            return False
        at = self._at
        if self._is_bare_verb(at - 1):
            return True
        after = self._items[at + 1] if at + 1 < len(self._items) else None
        if after is None:
            return True
        if after.tokens[0].number is not None:
            return item.tokens[-1].text == "on"
        if (
            after.value("filler") is not None
            or after.value("amount") is not None
            or after.value("here") is not None
        ):
            return self._rest_is_light(at + 1)
        return after.value("prep") is not None

    def _is_bare_verb(self, at: int) -> bool:
        while (
            at >= 0 and self._items[at].value("filler") is not None and self._items[at].value("verb") is None
        ):
            at -= 1
        return at >= 0 and self._items[at] is self.clause.verb_item

    def _rest_is_light(self, at: int) -> bool:
        return all(
            any(tag.kind in {"filler", "here", "amount", "article", "prep"} for tag in item.tags)
            for item in self._items[at:]
        )

    # --- values and quantities -------------------------------------------------------------------------

    def _value(self, item: Item) -> bool:
        if self._belongs_to_a_name(item):
            return False
        clause = self.clause
        for kind in ("about", "more", "color", "level", "mode", "amount"):
            value = item.value(kind)
            if value is None or (kind == "mode" and not self._mode_fits(item)):
                continue
            if kind == "about" and item.typed and self._is_name_word(item):
                return False
            before = getattr(clause, kind)
            if before and before != value:
                clause.crowded |= kind != "amount" and not (kind == "about" and value == "brightness")
            setattr(clause, kind, value)
            return True
        return False

    def _mode_fits(self, item: Item) -> bool:
        """Such as "heat" is a mode after "set … to", else a thing or a verb."""
        clause = self.clause
        if clause.verb == "arm" or (clause.verb in {"select", "activate"} and item.tokens[-1].text == "mode"):
            return True
        after = self._items[self._at + 1] if self._at + 1 < len(self._items) else None
        says_mode = item.tokens[-1].text in {"mode", "modus"} or (
            after is not None and after.tokens[0].text in {"mode", "modus"}
        )
        return clause.verb in {"set", "put", "turn"} and (self._after_to or says_mode)

    def _belongs_to_a_name(self, item: Item) -> bool:
        """A colour or the like beside a word with which it makes up a name."""
        if item.value("color") is None and item.value("level") is None and item.value("mode") is None:
            return False
        return self._in_a_name(item)

    def _in_a_name(self, item: Item) -> bool:
        stem = item.tokens[-1].stem
        before = self.clause.words[-1].stem if self.clause.words else ""
        after = self._items[self._at + 1].tokens[0].stem if self._at + 1 < len(self._items) else ""
        pairs = self._index.pairs
        return (before, stem) in pairs or (stem, after) in pairs

    def _is_name_word(self, item: Item) -> bool:
        return all(token.stem in self._index.by_word for token in item.tokens)

    def _quantity(self, item: Item) -> bool:
        clause = self.clause
        if item.value("all") is not None:
            clause.every = True
        elif item.value("both") is not None:
            clause.both = True
        elif item.value("pronoun") is not None:
            clause.pronoun = True
        elif (scope := item.value("here")) is not None:
            clause.scope = "house" if scope == "house" else "here"
        else:
            return False
        return True

    # --- afterwards ------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """A verb that is also a thing was a thing, when something else says what to do."""
        clause = self.clause
        first = clause.verb_item
        if clause.back and not clause.particle and clause.verb in {"dock", "go", "pull", "put"}:
            clause.particle = "back"
        if first is None or not first.typed:
            return
        if clause.verb == "turn" and (clause.targeted or not clause.acting_without_verb):
            return
        alone = clause.verb == "on" and not clause.targeted
        other = alone or clause.particle in {"on", "off"} or (not clause.words and clause.acting_without_verb)
        if other:
            clause.words = [*first.tokens, *clause.words]
            clause.verb, clause.verb_item = "", None
