"""Finds anew which sound is where, with a network that already hears a little and the dictionary's words.

Synthesizers have pronunciations of their own; the recogniser will have the dictionary's. So the frames'
labels are taken from the best way through the dictionary's pronunciations, with or without pauses between.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ears.phones import DISTRIBUTION, SILENCE

Ways = Mapping[str, Sequence[tuple[str, ...]]]
MAX_BEFORE = 10
"""States that can lead to one; further ways to say a word are left out."""
_NEVER = -1e9


@dataclasses.dataclass(frozen=True)
class Chain:
    """States from left to right: each one's sound, and the states before it (-1: the start)."""

    sounds: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]
    ends: tuple[int, ...]


def chain(text: str, ways: Ways) -> Chain | None:
    """All ways to say a text; None when a word is unknown."""
    sounds: list[int] = []
    before: list[tuple[int, ...]] = []

    def add(sound: str, leading: Sequence[int]) -> int:
        sounds.append(DISTRIBUTION[sound])
        before.append(tuple(leading)[:MAX_BEFORE])
        return len(sounds) - 1

    reached = [-1, add(SILENCE, [-1])]
    for word in text.split():
        if not ways.get(word):
            return None
        ends = []
        for way in ways[word][:4]:
            state = add(way[0], reached)
            for sound in way[1:]:
                state = add(sound, [state])
            ends.append(state)
        reached = [*ends, add(SILENCE, ends)]
    return Chain(tuple(sounds), tuple(before), tuple(reached))


def align(scores: Sequence[Any], chains: Sequence[Chain]) -> list[Any]:
    """For each of a batch, the sound of each answer [answers] uint8; None when there are fewer answers than
    sounds. `scores` are logarithms [answers, OUTPUTS].
    """
    import numpy as np

    count, states = len(chains), max(len(each.sounds) for each in chains)
    lengths = [len(each) for each in scores]
    sounds = np.zeros((count, states), np.int64)
    before = np.full((count, states, MAX_BEFORE), states, np.int64)  # one more state that is never reached
    starts = np.full((count, states), _NEVER)
    for row, each in enumerate(chains):
        sounds[row, : len(each.sounds)] = each.sounds
        for state, leading in enumerate(each.before):
            places = [place for place in leading if place >= 0]
            before[row, state, : len(places)] = places
            starts[row, state] = 0.0 if -1 in leading else _NEVER
    rows = np.arange(count)
    values = np.full((count, max(lengths), states), _NEVER)
    for row, each in enumerate(scores):
        values[row, : len(each), : len(chains[row].sounds)] = each[:, chains[row].sounds]
    best = np.full((count, states + 1), _NEVER)
    best[:, :-1] = starts + values[:, 0]
    came = np.zeros((max(lengths), count, states), np.int16)
    finals = [best.copy()]
    stay = np.arange(states)
    for answer in range(1, max(lengths)):
        leading = best[rows[:, None, None], before]
        choice = leading.argmax(2)
        entered = np.take_along_axis(leading, choice[..., None], 2)[..., 0]
        staying = best[:, :-1] >= entered
        source = np.take_along_axis(before, choice[..., None], 2)[..., 0]
        came[answer] = np.where(staying, stay, source)
        best = np.full((count, states + 1), _NEVER)
        best[:, :-1] = np.where(staying, finals[-1][:, :-1], entered) + values[:, answer]
        finals.append(best)
    return [
        _traced(came[:length, row], finals[length - 1][row], chains[row])
        for row, length in enumerate(lengths)
    ]


def _traced(came: Any, last: Any, each: Chain) -> Any:
    """Back from the best end. `came` [answers, states] tells the state before."""
    import numpy as np

    state = max((end for end in each.ends if end >= 0), key=lambda end: float(last[end]))
    if last[state] < _NEVER / 2:
        return None
    found = np.zeros(len(came), np.uint8)
    for answer in range(len(came) - 1, -1, -1):
        found[answer] = each.sounds[state]
        state = int(came[answer, state])
    return found
