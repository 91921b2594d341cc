from __future__ import annotations

from itertools import pairwise

from appliance.engines.coverage import covering_sentences
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.wire.messages import SpeechGrammar

GRAMMAR = SpeechGrammar(
    ("[please] turn (on|off) [the] <light>", "[please] [the] <light> (on|off)", "stop"),
    {"light": ("kitchen light", "bed light", "lamp")},
)


def test_every_pair_of_neighbours_is_covered_by_sentences_of_the_grammar() -> None:
    automaton = compile_grammar(GRAMMAR)
    sentences = covering_sentences(automaton, 1_000)
    accepts = Acceptor(automaton).accepts
    assert [sentence for sentence in sentences if not accepts(sentence)] == []
    leaving = automaton.leaving()
    wanted = {(word, after) for _, word, target in automaton.arcs for after, _ in leaving.get(target, ())} | {
        (word, "") for _, word, target in automaton.arcs if target in automaton.finals
    }
    covered = {pair for sentence in sentences for pair in pairwise([*sentence.split(), ""])}
    assert wanted - covered == set()
    assert len(sentences) == len(set(sentences)) <= len(wanted)


def test_a_limit_is_kept() -> None:
    assert len(covering_sentences(compile_grammar(GRAMMAR), 3)) == 3


def test_a_grammar_with_nothing_in_it() -> None:
    assert covering_sentences(compile_grammar(SpeechGrammar()), 10) == []
