from __future__ import annotations

from appliance.ears.acoustic import Phone, Phones
from appliance.ears.foreign import foreign_speech
from appliance.ears.openfst import Transducer
from appliance.ears.sharing import States
from appliance.ears.tuning import Tuning
from tests.ears import graphs

NUMBERED = Phones({name: Phone(2 * at, 2 * at - 1) for at, name in enumerate(graphs.PHONES) if at})
UNKNOWN = 7


def foreign() -> Transducer:
    states = States()
    return states.graph(foreign_speech(states, NUMBERED, UNKNOWN, Tuning(foreign_phone=2.0)))


def entered(*names: str) -> list[int]:
    return [NUMBERED.by_name[name].enter for name in names]


def test_any_phones_are_a_word() -> None:
    graph = foreign()
    assert graphs.takes(graph, entered("ZH_B", "NG_E"), [UNKNOWN])
    assert graphs.takes(graph, entered("AA_B", "B_I", "B_I", "OY_I", "K_E"), [UNKNOWN])
    assert not graphs.takes(graph, entered("AA_B", "B_I"), [UNKNOWN])
    assert not graphs.takes(graph, [], [])


def test_words_follow_each_other_with_and_without_pauses() -> None:
    graph = foreign()
    word = entered("M_B", "N_E")
    assert graphs.takes(graph, [*word, *word], [UNKNOWN, UNKNOWN])
    assert graphs.takes(graph, [*word, *entered("SIL"), *word, *entered("SIL")], [UNKNOWN, UNKNOWN])


def test_each_phone_costs() -> None:
    entering = {phone.enter for name, phone in NUMBERED.by_name.items() if name != "SIL"}
    priced = [arc[2] for arcs in foreign().arcs for arc in arcs if arc[0] in entering]
    assert len(priced) == 3 * 39
    assert set(priced) == {2.0}
