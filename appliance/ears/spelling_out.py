"""Words of a sentence spelled out in phones, beginnings shared. Pure.

From one place in a sentence all words that can follow leave as a tree: a word's label stands on the first arc
that only its own pronunciations take, so that the search keeps one path as long as it can be either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from appliance.ears.acoustic import Phone, Phones
from appliance.ears.openfst import EPSILON, Arc
from appliance.ears.sharing import States
from appliance.ears.tuning import Tuning

Ways = Mapping[str, tuple[tuple[Phone, ...], ...]]
"""Pronunciations by word, with places."""

Follower = tuple[int, int, float]
"""Label of a word, the state after it, cost."""


def with_places(pronunciations: Mapping[str, Iterable[tuple[str, ...]]], phones: Phones) -> Ways:
    """Sounds as the phones that they are within a word."""
    return {word: tuple(phones.word(way) for way in ways) for word, ways in pronunciations.items()}


class _Node:
    """What may follow a beginning of words; `ends` are words that end here."""

    __slots__ = ("cost", "ends", "labels", "next")

    def __init__(self) -> None:
        self.next: dict[Phone, _Node] = {}
        self.ends: set[Follower] = set()
        self.labels: set[int] = set()
        self.cost = float("inf")
        """Of the cheapest word through here."""

    def add(self, way: tuple[Phone, ...], follower: Follower) -> None:
        """One more word."""
        node = self
        node.passed(follower)
        for phone in way:
            node = node.next.setdefault(phone, _Node())
            node.passed(follower)
        node.ends.add(follower)

    def passed(self, follower: Follower) -> None:
        """One more word goes through here."""
        self.labels.add(follower[0])
        self.cost = min(self.cost, follower[2])


def word_arcs(
    states: States, followers: Iterable[tuple[tuple[tuple[Phone, ...], ...], Follower]], tuning: Tuning
) -> tuple[Arc, ...]:
    """Arcs that begin these words, their states added; each word has its pronunciations."""
    root = _Node()
    for ways, follower in followers:
        for way in ways:
            root.add(way, follower)
    return _arcs(states, root, tuning, 0.0, labelled=False)


def _arcs(states: States, node: _Node, tuning: Tuning, paid: float, *, labelled: bool) -> tuple[Arc, ...]:
    """Depth is bounded by the phones of one word."""
    arcs: list[Arc] = [
        (EPSILON, EPSILON if labelled else label, round(cost - paid, 4), after)
        for label, after, cost in node.ends
    ]
    for phone, below in node.next.items():
        label = next(iter(below.labels)) if len(below.labels) == 1 and not labelled else EPSILON
        onwards = _arcs(states, below, tuning, below.cost, labelled=labelled or label != EPSILON)
        state = states.add(onwards, stay=phone.stay, stay_cost=tuning.stay)
        arcs.append((phone.enter, label, round(tuning.enter + below.cost - paid, 4), state))
    return tuple(arcs)
