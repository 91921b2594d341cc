"""The home's sentences as a decoding graph: phones in, words out. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.ears.acoustic import Phones
from appliance.ears.foreign import FOREIGN, foreign_speech
from appliance.ears.openfst import EPSILON, Arc, Transducer
from appliance.ears.sharing import States
from appliance.ears.spelling_out import Ways, with_places, word_arcs
from appliance.ears.tuning import Tuning
from appliance.ears.words import Choice, Sentences


class HomeGraph(msgspec.Struct, frozen=True):
    """What is searched, and the numbers of its words."""

    graph: Transducer
    words: dict[str, int]


def home_graph(
    said: Sentences, pronunciations: Mapping[str, tuple[tuple[str, ...], ...]], phones: Phones, tuning: Tuning
) -> HomeGraph:
    """All sentences, each word pronounced, pauses where words meet, foreign speech beside.

    Every word of `said` must have a pronunciation. Raises UnderstandingError for a graph above the bound.
    """
    words = {word: number for number, word in enumerate((*said.words(), FOREIGN), start=1)}
    states = States()
    first = _Writer(states, words, with_places(pronunciations, phones), phones, tuning).write(said)
    foreign = foreign_speech(states, phones, words[FOREIGN], tuning)
    begin = states.fresh((
        (EPSILON, EPSILON, 0.0, first),
        (EPSILON, EPSILON, tuning.foreign, foreign),
    ))  # fmt: skip
    silence = phones.silence
    quiet = states.add(((EPSILON, EPSILON, 0.0, begin),), stay=silence.stay, stay_cost=tuning.stay, final=0.0)
    start = states.fresh((
        (EPSILON, EPSILON, tuning.no_pause, begin),
        (silence.enter, EPSILON, tuning.pause, quiet),
    ))  # fmt: skip
    return HomeGraph(states.graph(start), words)


class _Writer:
    """Writes sentences, each state after those that it leads to."""

    def __init__(
        self, states: States, words: Mapping[str, int], ways: Ways, phones: Phones, tuning: Tuning
    ) -> None:
        self._states = states
        self._words = words
        self._ways = ways
        self._silence = phones.silence
        self._tuning = tuning
        self._entry: dict[int, int] = {}
        """Where a sentence goes on after a word, with or without a pause."""

    def write(self, said: Sentences) -> int:
        """The state that begins them, without a pause before it; it is the last one made."""
        core = -1
        for state in said.order:
            core = self._write_state(state, said.choices[state], 0.0 if state in said.finals else None)
        return core

    def _write_state(self, state: int, choices: tuple[Choice, ...], final: float | None) -> int:
        tuning, silence = self._tuning, self._silence
        followers = (
            (self._ways[word], (self._words[word], self._entry[after], cost)) for word, after, cost in choices
        )
        onwards = word_arcs(self._states, followers, tuning)
        core = self._states.add(onwards, final=final)
        again: tuple[Arc, ...] = ((EPSILON, EPSILON, 0.0, core),) if onwards else ()
        quiet = self._states.add(again, stay=silence.stay, stay_cost=tuning.stay, final=final)
        self._entry[state] = self._states.add((
            (EPSILON, EPSILON, tuning.no_pause, core),
            (silence.enter, EPSILON, tuning.pause, quiet),
        ))  # fmt: skip
        return core
