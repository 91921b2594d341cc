from __future__ import annotations

import msgspec
import pytest

from appliance.config.model import Config, Llm
from appliance.conversation.conversation import Conversation
from appliance.conversation.desk import Desk, Steps
from appliance.conversation.waiting import MAX_WAITING
from appliance.wire.messages import Cancel, Generate, Generated
from tests.conversation.homes import home

DEADLINE_MS = 18_000


@pytest.fixture
def desk() -> Desk:
    return Desk(Conversation(Config(llm=Llm()), home))


def ended(turn: int, reason: str = "stop") -> Generated:
    return Generated(turn, reason, 1, 1, 1.0, 1.0)  # type: ignore[arg-type]


def sent(steps: Steps) -> list[tuple[str, int]]:
    return [(type(each).__name__, each.turn) for each in steps.send]


def test_one_after_the_other_each_with_what_is_left(desk: Desk) -> None:
    assert sent(desk.ask(1, "kitchen", "hello", 0.0)) == [("Generate", 1)]
    assert desk.ask(2, "hall", "hello", 1.0) == Steps()
    assert desk.token(1, "Hi.") == "Hi."
    outcome, steps = desk.ended(ended(1), 5.0)
    assert (outcome.text, outcome.why) == ("", "")
    (second,) = steps.send
    assert isinstance(second, Generate)
    assert (second.turn, second.deadline_ms) == (2, DEADLINE_MS - 4_000)


def test_too_many_and_too_late_get_an_apology(desk: Desk) -> None:
    turns = range(1, MAX_WAITING + 4)
    late = [desk.ask(turn, "kitchen", "hello", 0.0).late for turn in turns]
    assert late == [()] * (MAX_WAITING + 1) + [(MAX_WAITING + 2,), (MAX_WAITING + 3,)]
    _, steps = desk.ended(ended(1, "deadline"), 18.0)
    assert steps == Steps((), tuple(range(2, MAX_WAITING + 2)))


def test_who_leaves_the_line_is_not_cancelled_in_the_engine(desk: Desk) -> None:
    desk.ask(1, "kitchen", "hello", 0.0)
    desk.ask(2, "hall", "hello", 0.0)
    assert desk.drop(2, 0.0) == Steps()
    assert sent(desk.drop(1, 0.0)) == [("Cancel", 1)]
    assert desk.drop(7, 0.0) == Steps()
    desk.ask(3, "hall", "hello", 0.0)
    _, steps = desk.ended(ended(1, "cancelled"), 0.1)
    assert sent(steps) == [("Generate", 3)]


def test_looking_up_goes_on_by_itself(desk: Desk) -> None:
    desk.ask(1, "kitchen", "is it locked", 0.0)
    desk.token(1, '[{"do":"look_up","to":["lock.front_door"]}]')
    outcome, steps = desk.ended(ended(1), 2.0)
    assert outcome.again is not None
    assert steps.send == (msgspec.structs.replace(outcome.again, deadline_ms=DEADLINE_MS - 2_000),)
    assert desk.token(1, "Yes.") == "Yes."
    assert desk.ended(ended(1), 3.0)[1] == Steps()


def test_a_fresh_engine_is_asked_again_unless_it_was_speaking(desk: Desk) -> None:
    desk.ask(1, "kitchen", "hello", 0.0)
    desk.ask(2, "hall", "hello", 0.0)
    assert sent(desk.restart(1.0)) == [("Generate", 1)]
    desk.token(1, "Hi")
    steps = desk.restart(2.0)
    assert (sent(steps), steps.late) == ([("Generate", 2)], (1,))
    assert Desk(desk.conversation).restart(0.0) == Steps()


def test_cancels_come_first(desk: Desk) -> None:
    desk.ask(1, "kitchen", "hello", 0.0)
    assert isinstance(desk.drop(1, 0.0).send[0], Cancel)
