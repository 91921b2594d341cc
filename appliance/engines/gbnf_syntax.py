"""The syntax of GBNF grammars: text → rules. Pure and strict; `engines.gbnf` judges what it yields.

Source: grammars/README.md and src/llama-grammar.cpp of llama.cpp. Tokens (`<think>`) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from appliance.errors import EngineError

MAX_BYTES = 64 * 1024
MAX_NESTING = 32
MAX_REPEAT = 500
MAX_RULES = 500
ROOT = "root"


class Chars(msgspec.Struct, frozen=True):
    """`count` characters in a row (a class counts its parts); 0 is the empty text."""

    count: int


class Ref(msgspec.Struct, frozen=True):
    """Another rule."""

    name: str


class Group(msgspec.Struct, frozen=True):
    """Alternatives in parentheses."""

    alternatives: tuple[tuple[Item, ...], ...]


class Repeat(msgspec.Struct, frozen=True):
    """An item some times over; `most` None is without end."""

    item: Item
    least: int
    most: int | None


Item = Chars | Ref | Group | Repeat
Alternatives = tuple[tuple[Item, ...], ...]


def parse(text: str) -> dict[str, Alternatives]:
    """The rules by name, all references defined. Raises EngineError naming the line."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise EngineError("grammar: not Unicode text") from error
    if size > MAX_BYTES:
        raise EngineError(f"grammar: {size} bytes are above {MAX_BYTES}")
    return _Parser(text).rules()


_NAME = re.compile(r"[A-Za-z0-9-]+")
_BLANK = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_COUNTS = re.compile(r"\{[ \t]*(\d{1,4})[ \t]*(?:(,)[ \t]*(\d{1,4})?[ \t]*)?\}")
_HEX = {"x": 2, "u": 4, "U": 8}
_PLAIN_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}
_SHORT_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_LAST_CODE_POINT = 0x10FFFF


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def rules(self) -> dict[str, Alternatives]:
        found: dict[str, Alternatives] = {}
        self._skip(_BLANK_LINES)
        while self._at < len(self._text):
            name = self._rule_name()
            if name in found:
                raise self._wrong(f"rule {name!r} is defined twice")
            found[name] = self._alternatives()
            if len(found) > MAX_RULES:
                raise self._wrong(f"more than {MAX_RULES} rules")
            if self._at < len(self._text) and not self._take(_NEWLINE):
                raise self._wrong(f"unexpected {self._text[self._at]!r}")
            self._skip(_BLANK_LINES)
        if ROOT not in found:
            raise EngineError(f"grammar: there is no rule {ROOT!r}")
        return found

    def _rule_name(self) -> str:
        name = self._take(_NAME)
        if not name:
            raise self._wrong("a rule name was expected")
        self._skip(_BLANK)
        if not self._text.startswith("::=", self._at):
            raise self._wrong(f"'::=' was expected behind {name!r}")
        self._at += 3
        self._skip(_BLANK_LINES)
        return name

    def _alternatives(self) -> Alternatives:
        found = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            self._skip(_BLANK_LINES)
            found.append(self._sequence())
        return tuple(found)

    def _sequence(self) -> tuple[Item, ...]:
        items: list[Item] = []
        while (item := self._item()) is not None:
            self._skip(self._space())
            items.append(self._repeated(item))
        return tuple(items)

    def _space(self) -> re.Pattern[str]:
        """Inside parentheses a line may end anywhere; outside it ends the rule."""
        return _BLANK_LINES if self._depth else _BLANK

    def _item(self) -> Item | None:
        match self._peek():
            case '"':
                return self._literal()
            case "[":
                return self._class()
            case "(":
                return self._group()
            case ".":
                self._at += 1
                return Chars(1)
            case "<" | "!":
                raise self._wrong("tokens in a grammar are not supported")
            case "*" | "+" | "?" | "{":
                raise self._wrong("a repetition of nothing, or of a repetition")
        name = self._take(_NAME)
        return Ref(name) if name else None

    def _repeated(self, item: Item) -> Item:
        counts = self._counts()
        if counts is None:
            return item
        if item == Chars(0):
            raise self._wrong("a repetition of the empty text")
        self._skip(self._space())
        return Repeat(item, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        char = self._peek()
        if char in _SHORT_REPEATS:
            self._at += 1
            return _SHORT_REPEATS[char]
        if char != "{":
            return None
        match = _COUNTS.match(self._text, self._at)
        if match is None:
            raise self._wrong("a repetition is {n}, {n,} or {n,m}")
        least, most = int(match[1]), int(match[3] or match[1])
        endless = match[2] is not None and match[3] is None
        if least > most or most > MAX_REPEAT or (most == 0 and not endless):
            raise self._wrong(f"a repetition of {least} to {most} times is not from 0 up to {MAX_REPEAT}")
        self._at = match.end()
        return least, None if endless else most

    def _literal(self) -> Chars:
        self._at += 1
        count = 0
        while self._peek() != '"':
            self._char()
            count += 1
        self._at += 1
        return Chars(count)

    def _class(self) -> Chars:
        self._at += 2 if self._text.startswith("[^", self._at) else 1
        count = 0
        while self._peek() != "]":
            low = self._char()
            count += 1
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] != "]":
                self._at += 1
                count += 1
                if self._char() < low:
                    raise self._wrong("a range of characters runs backwards")
        if not count:
            raise self._wrong("an empty class of characters")
        self._at += 1
        return Chars(count)

    def _char(self) -> int:
        """One character of a literal or class: its code point."""
        char = self._peek()
        if not char or char in "\r\n\0":
            raise self._wrong("the line ends inside a text or class")
        self._at += 1
        if char != "\\":
            return ord(char)
        kind = self._peek()
        self._at += 1
        if kind in _PLAIN_ESCAPES:
            return ord(_PLAIN_ESCAPES[kind])
        return self._code_point(_HEX.get(kind, 0))

    def _code_point(self, digits: int) -> int:
        shown = self._text[self._at : self._at + digits]
        if not digits or not re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", shown):
            raise self._wrong('an escape is \\xNN, \\uNNNN, \\UNNNNNNNN or one of t r n \\ " [ ] -')
        value = int(shown, 16)
        if value == 0 or value > _LAST_CODE_POINT or 0xD800 <= value <= 0xDFFF:
            raise self._wrong(f"{value:#x} is not a character")
        self._at += digits
        return value

    def _group(self) -> Group:
        self._at += 1
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._wrong(f"parentheses are nested more than {MAX_NESTING} deep")
        self._skip(_BLANK_LINES)
        alternatives = self._alternatives()
        if self._peek() != ")":
            raise self._wrong("')' was expected")
        self._at += 1
        self._depth -= 1
        return Group(alternatives)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _wrong(self, what: str) -> EngineError:
        line = len(_NEWLINE.findall(self._text, 0, self._at)) + 1
        return EngineError(f"grammar, line {line}: {what}")


def children(item: Item) -> Iterator[Item]:
    """The items directly inside."""
    match item:
        case Group(alternatives=alternatives):
            for alternative in alternatives:
                yield from alternative
        case Repeat(item=inner):
            yield inner
