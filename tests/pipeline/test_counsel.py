"""The language model as a room sees it: words at once, deeds like anybody's, and being cut off."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from appliance.config.model import Config
from appliance.dialogue.turn import Phase
from appliance.home.entities import Area, Entity, House
from appliance.pipeline.conductor import Conductor
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import Flat, Room, TwoAreas

LAMP = Entity("light.lamp", "Lamp", "light", area="kitchen", state="off", attributes={"brightness": 0})
DOOR = Entity("lock.front", "Front door", "lock", area="hall", state="locked")
HOUSE = House(areas=(Area("kitchen", "Kitchen"), Area("hall", "Hall")), entities=(LAMP, DOOR))


class Home(TwoAreas):
    def house(self) -> House:
        return HOUSE


class ModelFlat(Flat):
    """Two rooms and a model that is moved by the test."""

    def __init__(self) -> None:
        config = Config(turn=msgspec.structs.replace(Config().turn, fillers=False))
        self.stages = RecordingStages()
        self.home = Home()
        self.conductor = Conductor(self.stages, self.home, config)
        self.rooms = {name: Room() for name in ("kitchen", "hall")}
        self.sites = {
            name: self.conductor.add_place(name, room, name.title()) for name, room in self.rooms.items()
        }

    def asks(self, room: str, text: str = "why is the sky blue") -> m.Generate:
        turn = self.sites[room].woken(room, 0.9, 1_000)
        self.speak(turn, text)
        self.conductor.message("intent", m.Understood(turn, (), "?", "none", "", 1.0))
        return self.generates()[-1]

    def generates(self) -> list[m.Generate]:
        return [each for _, each in self.stages.sent if isinstance(each, m.Generate) and each.turn]

    def says(self, turn: int, text: str, reason: str = "stop") -> None:
        self.conductor.message("llm", m.Token(turn, text))
        self.conductor.message("llm", m.Generated(turn, reason, 3, 4, 5.0, 6.0))  # type: ignore[arg-type]


@pytest.fixture
async def flat() -> ModelFlat:
    return ModelFlat()


def spoken(flat: ModelFlat, turn: int) -> list[str]:
    return [each.text for _, each in flat.stages.sent if isinstance(each, m.Speak) and each.turn == turn]


async def test_words_are_spoken_as_they_come(flat: ModelFlat) -> None:
    question = flat.asks("kitchen")
    assert "why is the sky blue" in question.text
    flat.conductor.message("llm", m.Token(question.turn, "Because of the air. "))
    flat.conductor.message("llm", m.Token(question.turn, "It scatters"))
    assert spoken(flat, question.turn) == ["Because of the air."]
    flat.conductor.message("llm", m.Generated(question.turn, "stop", 1, 1, 1.0, 1.0))
    assert spoken(flat, question.turn) == ["Because of the air.", "It scatters"]


async def test_a_room_waits_while_another_is_answered(flat: ModelFlat) -> None:
    first = flat.asks("kitchen")
    turn = flat.sites["hall"].woken("hall", 0.9, 1_000)
    flat.speak(turn, "tell me a joke")
    flat.conductor.message("intent", m.Understood(turn, (), "?", "none", "", 1.0))
    assert flat.generates() == [first]
    flat.says(first.turn, "Because.")
    assert flat.generates()[-1].turn == turn


async def test_a_question_of_a_turn_that_is_over_frees_the_line(flat: ModelFlat) -> None:
    first = flat.asks("kitchen")
    flat.sites["kitchen"].hush()
    assert m.Cancel(first.turn) in [each for stage, each in flat.stages.sent if stage == "llm"]
    flat.conductor.message("llm", m.Generated(first.turn, "cancelled", 0, 0, 0.0, 0.0))
    assert flat.asks("hall").turn != first.turn


async def test_what_was_said_before_is_known_in_its_room_alone(flat: ModelFlat) -> None:
    first = flat.asks("kitchen", "my name is Ada")
    flat.says(first.turn, "Hello Ada.")
    site = flat.sites["kitchen"]
    flat.synthesize(first.turn)
    site.play_started(first.turn)
    site.played(first.turn)
    flat.stages.sent.clear()
    assert "Hello Ada." in flat.asks("kitchen", "what is my name").text
    site.hush()
    flat.conductor.message("llm", m.Generated(flat.generates()[-1].turn, "cancelled", 0, 0, 0.0, 0.0))
    flat.stages.sent.clear()
    assert "Ada" not in flat.asks("hall", "what is my name").text


async def test_words_that_nobody_heard_are_not_remembered(flat: ModelFlat) -> None:
    first = flat.asks("kitchen", "tell me a secret")
    flat.says(first.turn, "The treasure is under the oak.")
    flat.sites["kitchen"].hush()
    flat.stages.sent.clear()
    assert "oak" not in flat.asks("kitchen", "and then").text


async def test_deeds_that_it_proposes_are_done_like_any_other(flat: ModelFlat) -> None:
    question = flat.asks("kitchen", "make it cosy")
    assert question.grammar
    flat.says(question.turn, '[{"do":"turn_on","to":["light.lamp"]}]')
    await asyncio.sleep(0.05)
    assert flat.home.deeds == [m.Deed("light", "turn_on", ("light.lamp",))]
    assert not any("light.lamp" in text for text in spoken(flat, question.turn))
    assert spoken(flat, question.turn)


@pytest.mark.parametrize(
    "call",
    [
        '[{"do":"unlock","to":["lock.front"]}]',
        '[{"do":"turn_on","to":["light.nobody"]}]',
        '[{"do":"turn_on","to":["lock.front"]}]',
        '[{"do":',
    ],
)
async def test_what_it_may_not_propose_is_not_done(flat: ModelFlat, call: str) -> None:
    question = flat.asks("kitchen", "let me in")
    flat.says(question.turn, call)
    await asyncio.sleep(0.05)
    assert flat.home.deeds == []
    assert spoken(flat, question.turn)


async def test_no_answer_in_time_is_said(flat: ModelFlat) -> None:
    question = flat.asks("kitchen")
    flat.conductor.message("llm", m.Generated(question.turn, "deadline", 1, 0, 0.0, 1.0))
    assert spoken(flat, question.turn)
    assert flat.sites["kitchen"].phase is Phase.SPEAKING


async def test_a_fresh_model_is_asked_again_or_warmed(flat: ModelFlat) -> None:
    question = flat.asks("kitchen")
    flat.stages.sent.clear()
    flat.conductor.stage_changed("llm", "ready", ready=True)
    assert [each.turn for each in flat.generates()] == [question.turn]
    flat.says(question.turn, "Because.")
    flat.sites["kitchen"].hush()
    flat.stages.sent.clear()
    flat.conductor.stage_changed("llm", "ready", ready=True)
    warmed = [each for _, each in flat.stages.sent if isinstance(each, m.Generate)]
    assert [(each.turn, each.max_tokens) for each in warmed] == [(0, 0)]
    flat.conductor.message("llm", m.Generated(0, "length", 900, 0, 0.0, 5.0))
