"""A word automaton made ready for decoding: trimmed, in order, with a cost on each arc. Pure."""

from __future__ import annotations

import math
from collections import defaultdict

import msgspec

from appliance.ears.tuning import Tuning
from appliance.engines.phrases import Automaton
from appliance.errors import UnderstandingError

Choice = tuple[str, int, float]
"""Word, next state, cost."""


class Sentences(msgspec.Struct, frozen=True):
    """States that lie on a way from the start to an end, the later ones of a sentence first."""

    start: int
    order: tuple[int, ...]
    choices: dict[int, tuple[Choice, ...]]
    finals: frozenset[int]

    def words(self) -> list[str]:
        """Every word of a sentence, sorted."""
        return sorted({word for leaving in self.choices.values() for word, _, _ in leaving})


ARTICLES = frozenset({"the", "a", "an", "my", "this"})
POLITE = "please"


def sentences(automaton: Automaton, tuning: Tuning) -> Sentences | None:
    """Without dead ends; None when there is no sentence. Raises UnderstandingError for an endless one.

    A word costs `choice` times the logarithm of how many could stand in its place: so one of hundred names is
    no more tempting than the two words beside it. Leaving out an article, and saying please, are rarer than
    the other way: both sound so short that the sound alone says little.
    """
    order = _order(automaton)
    leaving = automaton.leaving()
    alive: set[int] = set()
    choices: dict[int, tuple[Choice, ...]] = {}
    for state in order:
        onwards = sorted({(word, target) for word, target in leaving.get(state, ()) if target in alive})
        if onwards or state in automaton.finals:
            alive.add(state)
            ends = int(state in automaton.finals)
            cost = tuning.choice * math.log(max(1, len(onwards) + ends))
            rarer = _rarer({word for word, _ in onwards}, tuning)
            choices[state] = tuple((word, to, round(cost + rarer.get(word, 0.0), 4)) for word, to in onwards)
    if automaton.start not in alive or not choices[automaton.start]:
        return None
    kept = tuple(state for state in order if state in alive)
    return Sentences(automaton.start, kept, choices, frozenset(automaton.finals & alive))


def _rarer(words: set[str], tuning: Tuning) -> dict[str, float]:
    """What some of these words, that can follow each other's like, cost more."""
    without = tuning.no_article if words & ARTICLES else 0.0
    costs = {word: 0.0 if word in ARTICLES else without for word in words}
    if POLITE in words:
        costs[POLITE] = tuning.please
    return costs


def _order(automaton: Automaton) -> list[int]:
    """States that the start reaches, each after all that it leads to."""
    leaving = automaton.leaving()
    reached = {automaton.start}
    todo = [automaton.start]
    before: dict[int, set[int]] = defaultdict(set)
    while todo:
        state = todo.pop()
        for _, target in leaving.get(state, ()):
            before[target].add(state)
            if target not in reached:
                reached.add(target)
                todo.append(target)
    waiting = {state: len({target for _, target in leaving.get(state, ())}) for state in reached}
    ready = [state for state, count in waiting.items() if count == 0]
    order = []
    while ready:
        state = ready.pop()
        order.append(state)
        for source in before[state]:
            waiting[source] -= 1
            if waiting[source] == 0:
                ready.append(source)
    if len(order) != len(reached):
        raise UnderstandingError("a speech grammar repeats itself without end")
    return order
