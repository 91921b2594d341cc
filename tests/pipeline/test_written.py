"""What is typed while an answer is awaited."""

from __future__ import annotations

import pytest

from appliance.dialogue.turn import Phase
from appliance.pipeline.written import Written


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("asked", [False, True])
def test_only_an_open_question_takes_it(phase: Phase, asked: bool) -> None:
    awaited = asked and phase in {Phase.LISTENING, Phase.SPEAKING}
    assert Written().takes(phase, asked=asked) is awaited


def test_one_at_a_time_and_each_once() -> None:
    written = Written()
    written.take("yes")
    assert not written.takes(Phase.LISTENING, asked=True)
    assert (written.given(), written.given()) == ("yes", "")
    assert not written.takes(Phase.LISTENING, asked=True)
    written.judged()
    assert written.takes(Phase.LISTENING, asked=True)


def test_nothing_of_a_turn_is_left_for_the_next() -> None:
    written = Written()
    written.begin(7)
    written.take("1234")
    written.over()
    assert written.given() == ""
    assert written.takes(Phase.LISTENING, asked=True)
    assert written.owns(7)
    assert not written.owns(8)
