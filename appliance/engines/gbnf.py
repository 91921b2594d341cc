"""Check a GBNF grammar before llama.cpp sees it. Pure and strict: what it accepts, llama.cpp survives.

llama.cpp's parser recurses without a limit, underflows on `{3,2}`, takes `[]` for nothing, and its check for
left recursion overlooks names that are empty through other names; each of these ends in a crash, or in memory
without end. So the text is parsed here, every expansion is counted, and anything doubtful is refused.

What cannot be decided beforehand: a grammar that gets more ambiguous with every character slows sampling.
The stage's heartbeat ends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from appliance.engines.gbnf_syntax import (
    Alternatives,
    Chars,
    Group,
    Item,
    Ref,
    Repeat,
    children,
    parse,
)
from appliance.errors import EngineError

MAX_ELEMENTS = 20_000
"""Elements after every repetition was written out."""
MAX_REPEATED_RULES = 2_000
"""llama.cpp's own limit on what one repetition may write out."""
MAX_LEFT_PATHS = 2_000
"""Ways from the beginning of a rule to a first character."""


def check(text: str) -> None:
    """Raises EngineError naming the line or the rule that cannot be used."""
    rules = parse(text)
    _check_names(rules)
    empty = _may_be_empty(rules)
    for name, alternatives in rules.items():
        _check_repeats(name, _all_items(alternatives), empty)
    total = sum(_size(alternatives) for alternatives in rules.values())
    if total > MAX_ELEMENTS:
        raise EngineError(f"grammar: {total} elements written out are above {MAX_ELEMENTS}")
    _Paths(rules, empty).check()


def _all_items(alternatives: Alternatives) -> Iterable[Item]:
    waiting = [item for alternative in alternatives for item in alternative]
    while waiting:
        item = waiting.pop()
        yield item
        waiting.extend(children(item))


def _check_names(rules: Mapping[str, Alternatives]) -> None:
    for name, alternatives in rules.items():
        for item in _all_items(alternatives):
            if isinstance(item, Ref) and item.name not in rules:
                raise EngineError(f"grammar, rule {name!r}: there is no rule {item.name!r}")


def _may_be_empty(rules: Mapping[str, Alternatives]) -> set[str]:
    """Names that can stand for nothing, also through other names."""
    empty: set[str] = set()
    before = -1
    while before < len(empty):
        before = len(empty)
        for name, alternatives in rules.items():
            if name not in empty and _any_empty(alternatives, empty):
                empty.add(name)
    return empty


def _any_empty(alternatives: Alternatives, empty: set[str]) -> bool:
    return any(all(_is_empty(item, empty) for item in alternative) for alternative in alternatives)


def _is_empty(item: Item, empty: set[str]) -> bool:
    match item:
        case Chars(count=count):
            return count == 0
        case Ref(name=name):
            return name in empty
        case Group(alternatives=alternatives):
            return _any_empty(alternatives, empty)
        case Repeat(item=inner, least=least):
            return least == 0 or _is_empty(inner, empty)


def _check_repeats(name: str, items: Iterable[Item], empty: set[str]) -> None:
    """An endless repetition of what may be empty is left recursion once it is written out."""
    for item in items:
        if not isinstance(item, Repeat):
            continue
        if item.most is None and _is_empty(item.item, empty):
            raise EngineError(f"grammar, rule {name!r}: an endless repetition of what may be empty")
        if _rules_inside(item.item) * max(item.least, item.most or 1) > MAX_REPEATED_RULES:
            raise EngineError(f"grammar, rule {name!r}: a repetition writes out too many rules")


def _rules_inside(item: Item) -> int:
    """Rules that llama.cpp makes for one item; a name may be new to it and counts too."""
    inside = sum(_rules_inside(child) for child in children(item))
    match item:
        case Repeat(least=least, most=most):
            return inside * max(1, least) + max(1, (most or 1) - least)
        case Group():
            return inside + 1
    return 1


def _size(alternatives: Alternatives) -> int:
    """Elements of a rule once its repetitions are written out."""
    return sum(1 + sum(_item_size(item) for item in alternative) for alternative in alternatives)


def _item_size(item: Item) -> int:
    match item:
        case Chars(count=count):
            return count
        case Ref():
            return 1
        case Group(alternatives=alternatives):
            return 1 + _size(alternatives)
        case Repeat(item=inner, least=least, most=most):
            return (_item_size(inner) + 3) * max(1, least, most or 1)


class _Paths:
    """Ways from each name to its first characters; a name on its own way is left recursion."""

    def __init__(self, rules: Mapping[str, Alternatives], empty: set[str]) -> None:
        self._rules = rules
        self._empty = empty
        self._known: dict[str, int] = {}

    def check(self) -> None:
        for name in self._in_order():
            paths = 1 + self._alternatives(self._rules[name])
            if paths > MAX_LEFT_PATHS:
                raise EngineError(f"grammar, rule {name!r}: begins in more than {MAX_LEFT_PATHS} ways")
            self._known[name] = paths

    def _in_order(self) -> list[str]:
        """Names so that each comes behind those it may begin with. Raises for left recursion."""
        first = {name: self._first_names(alternatives) for name, alternatives in self._rules.items()}
        order: list[str] = []
        done: set[str] = set()
        while len(order) < len(first):
            ready = [name for name in first if name not in done and first[name] <= done]
            if not ready:
                circle = min(name for name in first if name not in done)
                raise EngineError(f"grammar, rule {circle!r}: begins with itself (left recursion)")
            order += ready
            done.update(ready)
        return order

    def _first_names(self, alternatives: Alternatives) -> set[str]:
        found: set[str] = set()
        for alternative in alternatives:
            for item in self._leading(alternative):
                match item:
                    case Ref(name=name):
                        found.add(name)
                    case Group(alternatives=inner):
                        found |= self._first_names(inner)
                    case Repeat(item=inner_item):
                        found |= self._first_names(((inner_item,),))
        return found

    def _leading(self, alternative: tuple[Item, ...]) -> Iterable[Item]:
        """Items that may stand first: up to the first that cannot be empty."""
        for item in alternative:
            yield item
            if not _is_empty(item, self._empty):
                return

    def _alternatives(self, alternatives: Alternatives) -> int:
        return sum(
            1 + self._item(item) for alternative in alternatives for item in self._leading(alternative)
        )

    def _item(self, item: Item) -> int:
        match item:
            case Chars():
                return 1
            case Ref(name=name):
                return self._known[name]
            case Group(alternatives=inner):
                return 1 + self._alternatives(inner)
            case Repeat(item=inner_item, least=least, most=most):
                times = max(1, least, most or 1) if _is_empty(inner_item, self._empty) else 1
                return (2 + self._item(inner_item)) * times
