from __future__ import annotations

import random

from appliance.ears.foreign import FOREIGN
from appliance.ears.narrowed import narrowed
from appliance.ears.openfst import Transducer
from appliance.ears.tuning import Tuning
from appliance.ears.words import sentences
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.wire.messages import SpeechGrammar
from tests.ears import graphs

AUTOMATON = compile_grammar(SpeechGrammar(("turn (on|off) [the] light", "open the (door|window)")))
NUMBERS = {word: 5 * at for at, word in enumerate(AUTOMATON.words(), start=1)}


def made(numbers: dict[str, int]) -> Transducer:
    said = sentences(AUTOMATON, Tuning())
    assert said is not None
    return narrowed(said, numbers, Tuning())


def test_ways_are_sentences_in_the_models_own_numbers() -> None:
    graph, chance = made(NUMBERS), random.Random(1)
    words = {number: word for word, number in NUMBERS.items()}
    found = set()
    for _ in range(200):
        inputs, outputs = graphs.walk(graph, chance)
        assert inputs == outputs
        found.add(" ".join(words[number] for number in outputs))
    assert len(found) == 6
    assert all(Acceptor(AUTOMATON).accepts(each) for each in found)


def test_foreign_words_are_beside_the_sentences_where_the_model_has_them() -> None:
    assert graphs.takes(made({**NUMBERS, FOREIGN: 3}), [3, 3, 3], [3, 3, 3])
    assert not graphs.takes(made({**NUMBERS, FOREIGN: 3}), [], [])
    assert not graphs.takes(made(NUMBERS), [3], [3])
