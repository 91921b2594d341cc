from __future__ import annotations

import random

import pytest

from appliance.ears.tuning import Tuning
from appliance.ears.words import Sentences, sentences
from appliance.engines.phrases import Acceptor, Automaton, compile_grammar
from appliance.errors import UnderstandingError
from appliance.wire.messages import SpeechGrammar

FREE = Tuning(choice=0.0, no_article=0.0, please=0.0)


def ready(*patterns: str, tuning: Tuning = FREE) -> Sentences:
    said = sentences(compile_grammar(SpeechGrammar(patterns)), tuning)
    assert said is not None
    return said


def some_sentence(said: Sentences, chance: random.Random) -> str:
    state, words = said.start, []
    while True:
        choices = said.choices[state]
        if state in said.finals and (not choices or chance.random() < 0.5):
            return " ".join(words)
        word, state, _ = chance.choice(choices)
        words.append(word)


def test_every_way_is_a_sentence() -> None:
    automaton = compile_grammar(SpeechGrammar(("turn [the] (light|fan) (on|off)", "open [the] window")))
    said = sentences(automaton, FREE)
    assert said is not None
    chance = random.Random(1)
    found = {some_sentence(said, chance) for _ in range(300)}
    assert len(found) == 10
    assert all(Acceptor(automaton).accepts(each) for each in found)


def test_dead_ends_are_cut_off() -> None:
    automaton = compile_grammar(SpeechGrammar(("turn on (light|кухня lamp)", "open window")))
    said = sentences(automaton.without({"кухня"}), FREE)
    assert said is not None
    assert said.words() == ["light", "on", "open", "turn", "window"]
    assert sentences(automaton.without({"light", "кухня", "window"}), FREE) is None
    assert sentences(compile_grammar(SpeechGrammar()), FREE) is None


def test_states_come_after_those_they_lead_to() -> None:
    said = ready("turn [the] (light|fan) (on|off)", "(light|fan) on")
    seen: set[int] = set()
    for state in said.order:
        assert {after for _, after, _ in said.choices[state]} <= seen
        seen.add(state)
    assert said.order[-1] == said.start


def test_many_names_are_dearer_than_few() -> None:
    said = ready("turn (a|b|c|d) on", tuning=Tuning(choice=1.0, no_article=0.0))
    costs = {word: cost for choices in said.choices.values() for word, _, cost in choices}
    assert costs["turn"] == costs["on"] == 0.0
    assert costs["b"] == pytest.approx(1.386, abs=0.001)


def test_leaving_out_an_article_and_saying_please_cost() -> None:
    said = ready("[please] turn (the|my|) light on", tuning=Tuning(choice=0.0, no_article=0.5, please=2.0))
    costs = {(word, len(choices)): cost for choices in said.choices.values() for word, _, cost in choices}
    assert costs["please", 2] == 2.0
    assert (costs["the", 3], costs["my", 3], costs["light", 3]) == (0.0, 0.0, 0.5)
    assert costs["light", 1] == 0.0


def test_an_endless_grammar_is_refused() -> None:
    endless = Automaton(0, frozenset({1}), 2, ((0, "on", 1), (1, "and", 0)))
    with pytest.raises(UnderstandingError, match="without end"):
        sentences(endless, FREE)
