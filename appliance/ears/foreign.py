"""The way beside all sentences: any phones in any order, so that other speech is no command. Pure."""

from __future__ import annotations

from appliance.ears.acoustic import Phones
from appliance.ears.openfst import EPSILON
from appliance.ears.sharing import States
from appliance.ears.tuning import Tuning

FOREIGN = "[unk]"
"""What the graph calls a word that it does not know."""


def foreign_speech(states: States, phones: Phones, label: int, tuning: Tuning) -> int:
    """The state that begins it; its words are `label`, one after the other, with or without pauses."""
    begin, between, inside = states.fresh(), states.fresh(), states.fresh()
    end = states.fresh(final=0.0)
    for sound in phones.sounds():
        first, inner, last = (phones.by_name[f"{sound}_{place}"] for place in "BIE")
        held = states.add(((EPSILON, EPSILON, 0.0, inside),), stay=first.stay, stay_cost=tuning.stay)
        states.lead(begin, (first.enter, label, tuning.foreign_phone, held))
        held = states.add(((EPSILON, EPSILON, 0.0, inside),), stay=inner.stay, stay_cost=tuning.stay)
        states.lead(inside, (inner.enter, EPSILON, tuning.foreign_phone, held))
        held = states.add(((EPSILON, EPSILON, 0.0, between),), stay=last.stay, stay_cost=tuning.stay)
        states.lead(inside, (last.enter, EPSILON, tuning.foreign_phone, held))
    silence = phones.silence
    quiet_end = states.add((), stay=silence.stay, stay_cost=tuning.stay, final=0.0)
    pause = states.add(
        ((EPSILON, EPSILON, tuning.foreign_word, begin),), stay=silence.stay, stay_cost=tuning.stay
    )
    states.lead(between, (EPSILON, EPSILON, tuning.no_pause, end))
    states.lead(between, (silence.enter, EPSILON, tuning.pause, quiet_end))
    states.lead(between, (silence.enter, EPSILON, tuning.pause, pause))
    states.lead(between, (EPSILON, EPSILON, tuning.no_pause + tuning.foreign_word, begin))
    return begin
