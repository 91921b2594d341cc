from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ears.openfst import Transducer, const_fst, symbol_table
from tests.ears import graphs

COSTS = st.floats(-100, 100, width=32)


@st.composite
def transducers(draw: st.DrawFn) -> Transducer:
    states = draw(st.integers(1, 8))
    place = st.integers(0, states - 1)
    arc = st.tuples(st.integers(0, 9), st.integers(0, 9), COSTS, place)
    arcs = draw(st.lists(st.lists(arc, max_size=6), min_size=states, max_size=states))
    return Transducer(draw(place), arcs, draw(st.dictionaries(place, COSTS)))


@given(transducers())
def test_what_is_written_can_be_read_back(graph: Transducer) -> None:
    again = graphs.read(const_fst(graph))
    assert again.start == graph.start
    assert again.finals == graph.finals
    assert [sorted(arcs) for arcs in again.arcs] == [sorted(arcs) for arcs in graph.arcs]


def test_the_head_is_openfsts() -> None:
    content = const_fst(Transducer(0, [[(1, 1, 0.5, 1)], []], {1: 0.0}), acceptor=True)
    head = b"\xd6\xfd\xb2~\x05\x00\x00\x00const\x08\x00\x00\x00standard\x02\x00\x00\x00\x00\x00\x00\x00"
    assert content.startswith(head)
    assert len(content) == len(head) + 32 + 2 * 20 + 16


def test_a_state_that_is_no_end_costs_without_end() -> None:
    content = const_fst(Transducer(0, [[]], {}))
    assert content[-20:-16] == bytes.fromhex("0000807f")


def test_words_are_listed_by_number() -> None:
    assert symbol_table({"on": 2, "light": 1}) == "<eps> 0\nlight 1\non 2\n"


def test_no_graph_of_another_kind_is_taken_for_one() -> None:
    with pytest.raises(ValueError, match="length"):
        graphs.read(const_fst(Transducer(0, [[]], {})) + b"\0")
