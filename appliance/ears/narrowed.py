"""The home's sentences for a model that brings its own graph of words in phones (HCLr.fst). Pure.

The library joins such a graph with a grammar at run time. Its own grammars are bigrams; this one is exact,
and takes the grammar's place in the folder (Gr.fst). Words keep the numbers that the model gave them.
"""

from __future__ import annotations

from collections.abc import Mapping

from appliance.ears.foreign import FOREIGN
from appliance.ears.openfst import Arc, Transducer
from appliance.ears.sharing import States
from appliance.ears.tuning import Tuning
from appliance.ears.words import Sentences


def narrowed(said: Sentences, numbers: Mapping[str, int], tuning: Tuning) -> Transducer:
    """The sentences as an acceptor; foreign words beside them when the model has a number for those."""
    states = States()
    places: dict[int, int] = {}
    for state in said.order:
        arcs = tuple(
            (numbers[word], numbers[word], cost, places[after]) for word, after, cost in said.choices[state]
        )
        places[state] = states.add(arcs, final=0.0 if state in said.finals else None)
    first = states.fresh(tuple(_arcs_of(states, places[said.start])))
    if FOREIGN in numbers:
        label = numbers[FOREIGN]
        more = states.fresh(final=0.0)
        states.lead(more, (label, label, tuning.foreign_word, more))
        states.lead(first, (label, label, tuning.foreign, more))
    return states.graph(first)


def _arcs_of(states: States, state: int) -> list[Arc]:
    return list(states.graph(state).arcs[state])
