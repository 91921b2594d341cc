from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.engines import phrases
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.errors import UnderstandingError
from appliance.wire.messages import SpeechGrammar

LISTS = {"light": ("kitchen light", "bed light", "lamp"), "number": ("one", "twenty one"), "empty": ()}


def acceptor(*patterns: str) -> Acceptor:
    return Acceptor(compile_grammar(SpeechGrammar(patterns, LISTS)))


@pytest.mark.parametrize(
    ("pattern", "said", "not_said"),
    [
        ("turn on", ["turn on"], ["", "turn", "on turn", "turn on on"]),
        ("turn (on|off)", ["turn on", "turn off"], ["turn", "turn on off"]),
        ("[please] stop [now | at once]", ["stop", "please stop now", "stop at once"], ["please", "stop at"]),
        (
            "(a [b [c]]|d)",
            ["a", "a b", "a b c", "d"],
            ["a c", "a d", "b"],
        ),
        (
            "dim the <light> to <number>",
            ["dim the lamp to one", "dim the bed light to twenty one"],
            ["dim the light to one", "dim the bed lamp to one", "dim the lamp to twenty"],
        ),
        ("<light> [<light>]", ["lamp", "lamp kitchen light"], ["kitchen", "light"]),
        ("(<light>|<number>)", ["lamp", "one", "twenty one"], ["light", "lamp one"]),
    ],
)
def test_sentences_of_a_pattern(pattern: str, said: list[str], not_said: list[str]) -> None:
    accepts = acceptor(pattern).accepts
    assert [sentence for sentence in said if not accepts(sentence)] == []
    assert [sentence for sentence in not_said if accepts(sentence)] == []


def test_several_patterns_and_the_words_of_all() -> None:
    grammar = SpeechGrammar(("turn on <light>", "stop"), LISTS)
    automaton = compile_grammar(grammar)
    assert automaton.words() == ["bed", "kitchen", "lamp", "light", "on", "stop", "turn"]
    assert Acceptor(automaton).accepts("stop")
    assert Acceptor(automaton).accepts("turn on kitchen light")


def test_sentences_without_a_word() -> None:
    automaton = compile_grammar(SpeechGrammar(("turn on <light>",), LISTS)).without({"bed"})
    assert Acceptor(automaton).accepts("turn on lamp")
    assert not Acceptor(automaton).accepts("turn on bed light")


def test_long_lists_share_beginnings_and_ends() -> None:
    names = tuple(f"{size} {room} light" for size in ("small", "large") for room in ("hall", "attic", "den"))
    automaton = compile_grammar(SpeechGrammar(("turn on <x>", "<x> off"), {"x": names}))
    # "small" and "large" lead to the same three rooms, and those to one "light", in each of the two places.
    assert len(automaton.arcs) == 2 * (2 + 3 + 1) + 3
    assert all(Acceptor(automaton).accepts(f"turn on {name}") for name in names)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a",
        "a)",
        "[a",
        "a]",
        "(a]",
        "a | (b",
        "<missing>",
        "<empty>",
        "a < b",
        "a >",
        "(" * 20 + "a" + ")" * 20,
    ],
)
def test_a_pattern_that_does_not_parse(pattern: str) -> None:
    with pytest.raises(UnderstandingError):
        acceptor(pattern)


@pytest.mark.parametrize(
    "grammar",
    [
        SpeechGrammar(("a",) * (phrases.MAX_PATTERNS + 1)),
        SpeechGrammar(("a " * phrases.MAX_PATTERN_CHARS,)),
        SpeechGrammar(("<x>",), {"x": ("a",) * (phrases.MAX_ENTRIES + 1)}),
        SpeechGrammar(("<x>",), {"x": ("a " * (phrases.MAX_ENTRY_WORDS + 1),)}),
        SpeechGrammar(("[a|b] " * 300,) * 40, {}),
    ],
)
def test_a_grammar_above_the_bounds(grammar: SpeechGrammar) -> None:
    with pytest.raises(UnderstandingError):
        compile_grammar(grammar)


# --- any pattern: what its tree says is exactly what the automaton takes ---------------------------------

WORDS = st.sampled_from("abc")


def sequence(parts: list[tuple[str, set[str]]]) -> tuple[str, set[str]]:
    sentences = {" ".join(filter(None, each)) for each in itertools.product(*(said for _, said in parts))}
    return " ".join(text for text, _ in parts), sentences


def alternatives(parts: list[tuple[str, set[str]]]) -> tuple[str, set[str]]:
    return f"({'|'.join(text for text, _ in parts)})", set().union(*(said for _, said in parts))


TREES = st.recursive(
    WORDS.map(lambda word: (word, {word})),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(sequence)
        | st.lists(inner, min_size=1, max_size=3).map(alternatives)
        | inner.map(lambda part: (f"[{part[0]}]", {*part[1], ""}))
    ),
    max_leaves=6,
)


@given(tree=TREES, others=st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=10))
def test_any_pattern_takes_its_sentences_and_no_others(tree: tuple[str, set[str]], others: list[str]) -> None:
    pattern, sentences = tree
    accepts = acceptor(pattern).accepts
    assert all(accepts(sentence) for sentence in sentences)
    assert [other for other in others if accepts(other)] == [other for other in others if other in sentences]
