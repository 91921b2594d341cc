"""The intent stage knows the house as it is when it is asked, also after its death."""

from __future__ import annotations

import msgspec

from appliance.home.entities import Area, Entity, House
from appliance.pipeline.mind import PART_BYTES, Mind
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages

HOUSE = House(areas=(Area("kitchen", "Kitchen"),), entities=(Entity("light.a", "Lamp", "light"),))


def mind(house: House = HOUSE, ready: set[str] | None = None) -> tuple[Mind, RecordingStages]:
    stages = RecordingStages(ready)
    return Mind(stages, lambda: house), stages


def received(sent: list[m.Message]) -> House:
    parts = [message for message in sent if isinstance(message, m.HousePart)]
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    return msgspec.json.decode(b"".join(part.data for part in parts), type=House)


def test_the_house_goes_before_the_first_question() -> None:
    asker, stages = mind()
    asker.ask_intent(1, "lamp on")
    sent = stages.take("intent")
    assert received(sent) == HOUSE
    assert sent[-1] == m.Understand(1, "lamp on", "")


def test_an_unchanged_house_is_not_sent_again() -> None:
    asker, stages = mind()
    asker.ask_intent(1, "lamp on")
    stages.take("intent")
    asker.ask_intent(2, "lamp off")
    assert stages.take("intent") == [m.Understand(2, "lamp off", "")]


def test_a_changed_state_goes_with_the_next_question_only() -> None:
    asker, stages = mind()
    asker.ask_intent(1, "lamp on")
    stages.take("intent")
    asker.house_changed(names=False)
    assert stages.take("intent") == []
    asker.ask_intent(2, "is the lamp on")
    assert received(stages.take("intent")) == HOUSE


def test_new_names_are_sent_at_once() -> None:
    asker, stages = mind()
    asker.house_changed(names=True)
    assert received(stages.take("intent")) == HOUSE


def test_a_large_house_travels_in_parts_that_fit_a_packet() -> None:
    house = House(entities=tuple(Entity(f"light.{n}", f"Lamp {n}" * 5, "light") for n in range(2_000)))
    asker, stages = mind(house)
    asker.house_changed(names=True)
    sent = stages.take("intent")
    assert len(sent) > 2
    assert received(sent) == house
    assert all(len(m.encode(part)) < PART_BYTES + 100 for part in sent)


def test_a_fresh_stage_gets_the_house_and_the_question_it_owes() -> None:
    asker, stages = mind(ready=set())
    asker.ask_intent(1, "lamp on")
    stages.ready.add("intent")
    asker.stage_ready("intent")
    sent = stages.take("intent")
    assert received(sent) == HOUSE
    assert sent[-1] == m.Understand(1, "lamp on", "")


def test_an_answered_question_is_not_asked_again() -> None:
    asker, stages = mind()
    asker.ask_intent(1, "lamp on")
    asker.answered(1)
    stages.take("intent")
    asker.stage_ready("intent")
    assert not any(isinstance(message, m.Understand) for message in stages.take("intent"))


def test_the_room_is_found_by_name_or_id() -> None:
    for area in ("kitchen", "Kitchen", "KITCHEN"):
        asker, stages = mind()
        asker.ask_intent(1, "light on", area)
        assert stages.take("intent")[-1] == m.Understand(1, "light on", "kitchen")
