"""A speech grammar as a word automaton: what the recognisers of closed grammars compile from. Pure.

Patterns are small; lists (names) are long. So the patterns are made deterministic and minimal with each
`<list>` as one symbol, and only then the lists are set in, as word graphs that share beginnings and ends.
A grammar comes from names that other machines announced: everything in it is bounded.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from appliance.errors import UnderstandingError
from appliance.wire.messages import SpeechGrammar

MAX_PATTERNS = 500
MAX_PATTERN_CHARS = 2_000
MAX_NESTING = 12
MAX_ENTRIES = 20_000
MAX_ENTRY_WORDS = 64
MAX_PATTERN_STATES = 20_000
MAX_ARCS = 400_000

_TOKEN = re.compile(r"\s+|<[a-z0-9_]+>|[\[\]()|]|[^\s\[\]()|<>]+")

Arc = tuple[int, str, int]
"""From state, word (or `<list>`), to state."""


class Automaton(msgspec.Struct, frozen=True):
    """Sentences as paths of words from state `start` to one of `finals`; states are 0…`states` - 1."""

    start: int
    finals: frozenset[int]
    states: int
    arcs: tuple[Arc, ...]

    def words(self) -> list[str]:
        """Every word, sorted."""
        return sorted({word for _, word, _ in self.arcs})

    def leaving(self) -> dict[int, list[tuple[str, int]]]:
        """Words and next states by state."""
        table: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for source, word, target in self.arcs:
            table[source].append((word, target))
        return dict(table)

    def without(self, words: set[str]) -> Automaton:
        """The same sentences but for those that need one of these words."""
        kept = tuple(arc for arc in self.arcs if arc[1] not in words)
        return msgspec.structs.replace(self, arcs=kept)


class Acceptor:
    """Tells whether a sentence is in the grammar."""

    def __init__(self, automaton: Automaton) -> None:
        self._finals = automaton.finals
        self._start = automaton.start
        self._next: dict[tuple[int, str], set[int]] = defaultdict(set)
        for source, word, target in automaton.arcs:
            self._next[source, word].add(target)

    def accepts(self, text: str) -> bool:
        """Is this one of the sentences?"""
        states = {self._start}
        for word in text.split():
            states = {target for state in states for target in self._next.get((state, word), ())}
        return bool(states & self._finals)


def compile_grammar(grammar: SpeechGrammar) -> Automaton:
    """All sentences of the grammar. Raises UnderstandingError for a pattern that does not parse, a list
    that is not there, or a grammar above the bounds of this module.
    """
    if len(grammar.patterns) > MAX_PATTERNS or sum(map(len, grammar.lists.values())) > MAX_ENTRIES:
        raise UnderstandingError(
            f"a grammar of more than {MAX_PATTERNS} patterns or {MAX_ENTRIES} names", "give it fewer names"
        )
    builder = _Builder({name for name, entries in grammar.lists.items() if entries})
    for pattern in grammar.patterns:
        builder.add(pattern)
    return _with_lists(_minimal(*builder.deterministic()), grammar.lists)


# --- patterns → automaton over words and <lists> ---------------------------------------------------------


class _Builder:
    """Thompson's construction with null arcs, then the subset construction."""

    def __init__(self, lists: set[str]) -> None:
        self._lists = lists
        self._null: list[list[int]] = [[], []]
        self._arcs: list[list[tuple[str, int]]] = [[], []]

    def add(self, pattern: str) -> None:
        """One more pattern between state 0 and state 1."""
        tokens = _tokens(pattern)
        start = self._state()
        self._null[0].append(start)
        end, rest = self._alternatives(start, tokens, 0, 0)
        if rest != len(tokens):
            raise UnderstandingError(f"speech pattern {pattern!r}: a bracket closes that was never opened")
        self._null[end].append(1)

    def _state(self) -> int:
        if len(self._null) >= MAX_PATTERN_STATES:
            raise UnderstandingError(f"speech patterns need more than {MAX_PATTERN_STATES} states")
        self._null.append([])
        self._arcs.append([])
        return len(self._null) - 1

    def _alternatives(self, start: int, tokens: Sequence[str], at: int, depth: int) -> tuple[int, int]:
        """Parse `a b | c` from `at`; the end state and the index of the token that ended it."""
        if depth > MAX_NESTING:
            raise UnderstandingError(f"speech pattern: brackets nest deeper than {MAX_NESTING}")
        end = self._state()
        while True:
            first = self._state()
            self._null[start].append(first)
            last, at = self._sequence(first, tokens, at, depth)
            self._null[last].append(end)
            if at >= len(tokens) or tokens[at] != "|":
                return end, at
            at += 1

    def _sequence(self, state: int, tokens: Sequence[str], at: int, depth: int) -> tuple[int, int]:
        while at < len(tokens) and tokens[at] not in "|)]":
            symbol = tokens[at]
            if symbol in ("(", "["):
                state, at = self._bracket(state, tokens, at, depth)
            else:
                state, at = self._symbol(state, symbol), at + 1
        return state, at

    def _bracket(self, state: int, tokens: Sequence[str], at: int, depth: int) -> tuple[int, int]:
        closing = ")" if tokens[at] == "(" else "]"
        end, after = self._alternatives(state, tokens, at + 1, depth + 1)
        if after >= len(tokens) or tokens[after] != closing:
            raise UnderstandingError(f"speech pattern: {tokens[at]!r} is not closed")
        if closing == "]":
            self._null[state].append(end)
        return end, after + 1

    def _symbol(self, state: int, symbol: str) -> int:
        if symbol.startswith("<") and symbol[1:-1] not in self._lists:
            raise UnderstandingError(f"speech pattern: the list {symbol} is not there, or empty")
        target = self._state()
        self._arcs[state].append((symbol, target))
        return target

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        seen = set(states)
        todo = list(seen)
        while todo:
            for target in self._null[todo.pop()]:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return frozenset(seen)

    def deterministic(self) -> tuple[list[dict[str, int]], set[int]]:
        """Transition tables by state (0 is the start) and the final states."""
        numbers = {self._closure([0]): 0}
        tables: list[dict[str, int]] = []
        todo = deque(numbers)
        while todo:
            reached: dict[str, set[int]] = defaultdict(set)
            for state in todo.popleft():
                for symbol, target in self._arcs[state]:
                    reached[symbol].add(target)
            table = {}
            for symbol, targets in reached.items():
                closed = self._closure(targets)
                if closed not in numbers:
                    numbers[closed] = len(numbers)
                    todo.append(closed)
                table[symbol] = numbers[closed]
            tables.append(table)
            if len(numbers) > MAX_PATTERN_STATES:
                raise UnderstandingError(f"speech patterns need more than {MAX_PATTERN_STATES} states")
        return tables, {number for states, number in numbers.items() if 1 in states}


def _tokens(pattern: str) -> list[str]:
    if len(pattern) > MAX_PATTERN_CHARS:
        raise UnderstandingError(f"a speech pattern is longer than {MAX_PATTERN_CHARS} characters")
    tokens = _TOKEN.findall(pattern)
    if sum(map(len, tokens)) != len(pattern):
        raise UnderstandingError(f"speech pattern {pattern!r}: '<' and '>' must enclose the name of a list")
    return [token for token in tokens if not token.isspace()]


def _minimal(tables: list[dict[str, int]], finals: set[int]) -> Automaton:
    """Merge states from which the same sentences lead to the end (Moore's refinement)."""
    block = [int(state in finals) for state in range(len(tables))]
    count = len(set(block))
    while True:
        keys: dict[tuple[object, ...], int] = {}
        refined = []
        for state, table in enumerate(tables):
            key = (block[state], *sorted((symbol, block[target]) for symbol, target in table.items()))
            refined.append(keys.setdefault(key, len(keys)))
        block = refined
        if len(keys) == count:
            break
        count = len(keys)
    arcs = {
        (block[state], symbol, block[target])
        for state, table in enumerate(tables)
        for symbol, target in table.items()
    }
    return Automaton(block[0], frozenset(block[state] for state in finals), count, tuple(sorted(arcs)))


# --- lists set in ------------------------------------------------------------------------------------------


def _with_lists(automaton: Automaton, lists: Mapping[str, Sequence[str]]) -> Automaton:
    """Replace each `<list>` arc by its entries; all between the same two states share one word graph."""
    arcs: list[Arc] = []
    between: dict[tuple[int, int], set[str]] = defaultdict(set)
    for source, symbol, target in automaton.arcs:
        if symbol.startswith("<"):
            between[source, target].add(symbol[1:-1])
        else:
            arcs.append((source, symbol, target))
    graphs: dict[frozenset[str], _WordGraph] = {}
    states = automaton.states
    for (source, target), names in sorted(between.items()):
        key = frozenset(names)
        graph = graphs.get(key)
        if graph is None:
            graph = graphs[key] = _word_graph(entry for name in key for entry in lists[name])
        arcs.extend(graph.placed(source, target, states))
        states += graph.inner
        if len(arcs) > MAX_ARCS:
            raise UnderstandingError(f"a grammar of more than {MAX_ARCS} words", "give it fewer names")
    return Automaton(automaton.start, automaton.finals, states, tuple(dict.fromkeys(arcs)))


_BEGIN, _END = -1, -2


class _WordGraph(msgspec.Struct, frozen=True):
    """Entries of a list as arcs from _BEGIN over states 0…`inner` - 1 to _END."""

    inner: int
    arcs: tuple[Arc, ...]

    def placed(self, source: int, target: int, offset: int) -> Iterator[Arc]:
        """The arcs between two states of the automaton, inner states counted from `offset`."""
        place = {_BEGIN: source, _END: target}
        for begin, word, end in self.arcs:
            yield place.get(begin, begin + offset), word, place.get(end, end + offset)


def _word_graph(entries: Iterable[str]) -> _WordGraph:
    """Beginnings are shared by a tree, ends by merging equal subtrees."""
    root: dict[str, object] = {}
    for entry in entries:
        words = entry.split()
        if len(words) > MAX_ENTRY_WORDS:
            raise UnderstandingError(
                f"an entry of a speech grammar's list has more than {MAX_ENTRY_WORDS} words"
            )
        node = root
        for word in words:
            node = node.setdefault(word, {})  # type: ignore[assignment]
        if node is not root:
            node[""] = {}
    numbers: dict[tuple[tuple[str, int], ...], int] = {}
    arcs: list[Arc] = []
    _merge(root, numbers, arcs, is_root=True)
    return _WordGraph(len(numbers), tuple(arcs))


def _merge(
    node: dict[str, object],
    numbers: dict[tuple[tuple[str, int], ...], int],
    arcs: list[Arc],
    *,
    is_root: bool = False,
) -> int:
    """Number this subtree and write its arcs once. Depth is bounded by the words of one entry."""
    moves: list[tuple[str, int]] = []
    for word, child in sorted(node.items()):
        if not word:
            continue
        assert isinstance(child, dict)
        if "" in child:
            moves.append((word, _END))
        if child.keys() - {""}:
            moves.append((word, _merge(child, numbers, arcs)))
    key = tuple(moves)
    if not is_root and key in numbers:
        return numbers[key]
    number = _BEGIN if is_root else numbers.setdefault(key, len(numbers))
    arcs.extend((number, word, target) for word, target in moves)
    return number
