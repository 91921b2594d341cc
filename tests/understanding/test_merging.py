"""Templates and resolution made one: the safer of both."""

from __future__ import annotations

import pytest

from appliance.home.entities import Entity
from appliance.understanding.merging import Meaning, merged
from appliance.understanding.resolution.mind import Reply
from appliance.understanding.resolution.outcomes import Trouble
from appliance.wire.messages import Deed

BOTH = Deed("light", "turn_on", ("light.a", "light.b"))
ONE = Deed("light", "turn_on", ("light.a",))
OTHER = Deed("light", "turn_on", ("light.c",))
A = Entity("light.a", "A", "light")
HEAT = Deed("climate", "set_temperature", ("climate.a",), {"temperature": 20})


def template(*deeds: Deed, intent: str = "HassTurnOn") -> Meaning:
    return Meaning("Turned on", "intent", intent, deeds)


def resolved(*deeds: Deed) -> Reply:
    return Reply("Done.", deeds, "on")


@pytest.mark.parametrize(
    ("found", "reply", "deeds"),
    [
        (template(BOTH), resolved(BOTH), (BOTH,)),
        (template(BOTH), resolved(ONE), (ONE,)),
        (template(ONE), resolved(BOTH), (ONE,)),
        (template(ONE), resolved(OTHER), ()),
        (template(BOTH), Reply("Which?", trouble=Trouble("several")), ()),
        (template(ONE), Reply("Which?", trouble=Trouble("several")), (ONE,)),
        (template(ONE), Reply("No.", trouble=Trouble("negated")), ()),
        (template(ONE), Reply("?", trouble=Trouble("unknown")), (ONE,)),
        (template(ONE), Reply("A can't.", trouble=Trouble("refused", candidates=(A,))), ()),
        (template(BOTH), Reply("A can't.", trouble=Trouble("refused", candidates=(A,))), (BOTH,)),
        (template(ONE, intent="HassLightSet"), resolved(HEAT), (HEAT,)),
        (Meaning("Sorry", "none"), resolved(ONE), (ONE,)),
    ],
)
def test_where_they_disagree_less_is_done(found: Meaning, reply: Reply, deeds: tuple[Deed, ...]):
    assert merged(found, reply, "en").deeds == deeds


@pytest.mark.parametrize(
    ("found", "reply", "answer"),
    [
        (Meaning("Sorry", "none"), Reply("Which lamp?", trouble=Trouble("several")), "Which lamp?"),
        (
            Meaning("There are two.", "intent", "X", unsure=True),
            Reply("?", trouble=Trouble("several")),
            "There are two.",
        ),
        (Meaning("Sorry", "none"), Reply("I know no x.", trouble=Trouble("unknown")), "I know no x."),
        (Meaning("Yes", "intent", "HassGetState"), Reply("Yes, A is on.", intent="ask_yesno"), "Yes"),
        (
            Meaning("No", "intent", "HassGetState"),
            Reply("Yes, A is on.", intent="ask_yesno"),
            "Yes, A is on.",
        ),
        (
            Meaning("21.5 degrees", "intent", "X"),
            Reply("A: 21.5 degrees.", intent="ask_value"),
            "21.5 degrees",
        ),
        (Meaning("19 degrees", "intent", "X"), Reply("A: 19. B: 21.", intent="ask_value"), "A: 19. B: 21."),
    ],
)
def test_the_answer_that_says_more_is_given(found: Meaning, reply: Reply, answer: str):
    assert merged(found, reply, "en").answer == answer
