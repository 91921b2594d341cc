"""A bounded choice of a grammar's sentences, for a recogniser that wants a list of them. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping

from appliance.engines.phrases import Automaton


def covering_sentences(automaton: Automaton, limit: int) -> list[str]:
    """At most `limit` sentences that together hold every pair of neighbouring words.

    This is all that a recogniser needs whose run-time grammar is a bigram over sentences.
    """
    heads = _shortest(automaton.start, automaton.leaving())
    backward: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for source, word, target in automaton.arcs:
        backward[target].append((word, source))
    tails = _shortest_to(automaton.finals, backward)
    seen: set[tuple[str, str]] = set()
    sentences: list[str] = []
    for sentence in _pairs(automaton, heads, tails):
        new = set(zip(("", *sentence), (*sentence, ""), strict=True)) - seen
        if new:
            seen |= new
            sentences.append(" ".join(sentence))
            if len(sentences) == limit:
                break
    return sentences


def _pairs(
    automaton: Automaton, heads: Mapping[int, tuple[str, ...]], tails: Mapping[int, tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """For each two arcs in a row the shortest sentence through them."""
    leaving = automaton.leaving()
    for source, word, target in automaton.arcs:
        if source not in heads:
            continue
        if target in automaton.finals:
            yield (*heads[source], word)
        for after, end in leaving.get(target, ()):
            if end in tails:
                yield (*heads[source], word, after, *tails[end])


def _shortest(start: int, leaving: Mapping[int, list[tuple[str, int]]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {start: ()}
    todo = deque([start])
    while todo:
        state = todo.popleft()
        for word, target in leaving.get(state, ()):
            if target not in found:
                found[target] = (*found[state], word)
                todo.append(target)
    return found


def _shortest_to(
    finals: Iterable[int], backward: Mapping[int, list[tuple[str, int]]]
) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = dict.fromkeys(finals, ())
    todo = deque(found)
    while todo:
        state = todo.popleft()
        for word, source in backward.get(state, ()):
            if source not in found:
                found[source] = (word, *found[state])
                todo.append(source)
    return found
