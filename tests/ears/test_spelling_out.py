from __future__ import annotations

import pytest

from appliance.ears.acoustic import Phone, Phones
from appliance.ears.openfst import Transducer
from appliance.ears.sharing import States
from appliance.ears.spelling_out import Follower, with_places, word_arcs
from appliance.ears.tuning import Tuning
from tests.ears import graphs

NUMBERED = Phones({name: Phone(2 * at, 2 * at - 1) for at, name in enumerate(graphs.PHONES) if at})
WAYS = with_places(
    {"light": [("L", "AY", "T")], "lights": [("L", "AY", "T", "S")], "lie": [("L", "AY")]}, NUMBERED
)
FREE = Tuning(enter=0.0, stay=0.0)
LIGHT, LIGHTS, LIE, LYE = 1, 2, 3, 4


def tree(*words: tuple[str, int, float]) -> Transducer:
    states = States()
    end = states.add((), final=0.0)
    followers: list[tuple[tuple[tuple[Phone, ...], ...], Follower]] = [
        (WAYS[word], (label, end, cost)) for word, label, cost in words
    ]
    return states.graph(states.fresh(word_arcs(states, followers, FREE)))


def entered(*names: str) -> list[int]:
    return [NUMBERED.by_name[name].enter for name in names]


def cost(graph: Transducer, inputs: list[int]) -> float:
    """Of the only way with these inputs."""
    todo = [(graph.start, 0, 0.0)]
    while todo:
        state, at, paid = todo.pop()
        if at == len(inputs) and state in graph.finals:
            return paid
        for label, _, price, after in graph.arcs[state]:
            if not label or inputs[at : at + 1] == [label]:
                todo.append((after, at + bool(label), paid + price))
    raise AssertionError("there is no such way")


def test_words_with_one_beginning_share_it_and_are_told_apart_late() -> None:
    graph = tree(("light", LIGHT, 0.0), ("lights", LIGHTS, 0.0), ("lie", LIE, 0.0))
    first = graph.arcs[graph.start]
    assert [arc[:2] for arc in first] == [(NUMBERED.by_name["L_B"].enter, 0)]
    assert graphs.takes(graph, entered("L_B", "AY_I", "T_E"), [LIGHT])
    assert graphs.takes(graph, entered("L_B", "AY_I", "T_I", "S_E"), [LIGHTS])
    assert graphs.takes(graph, entered("L_B", "AY_E"), [LIE])
    assert not graphs.takes(graph, entered("L_B", "AY_I"), [LIGHT])


def test_a_word_alone_is_known_from_its_first_phone() -> None:
    graph = tree(("light", LIGHT, 0.0))
    assert [arc[:2] for arc in graph.arcs[graph.start]] == [(NUMBERED.by_name["L_B"].enter, LIGHT)]


def test_words_that_sound_the_same_part_at_their_end() -> None:
    graph = tree(("lie", LIE, 0.0), ("lie", LYE, 0.0))
    for label in (LIE, LYE):
        assert graphs.takes(graph, entered("L_B", "AY_E"), [label])


def test_phones_may_last() -> None:
    graph = tree(("lie", LIE, 0.0))
    first, last = NUMBERED.by_name["L_B"], NUMBERED.by_name["AY_E"]
    assert graphs.takes(graph, [first.enter, first.stay, first.stay, last.enter, last.stay], [LIE])
    assert not graphs.takes(graph, [first.enter, last.stay, last.enter], [LIE])


def test_a_words_cost_is_paid_once_and_the_common_part_of_it_early() -> None:
    graph = tree(("light", LIGHT, 1.0), ("lights", LIGHTS, 3.0))
    assert graph.arcs[graph.start][0][2] == pytest.approx(1.0)
    assert cost(graph, entered("L_B", "AY_I", "T_E")) == pytest.approx(1.0)
    assert cost(graph, entered("L_B", "AY_I", "T_I", "S_E")) == pytest.approx(3.0)
