"""Deeds that need a confirmation, spoken in rooms: asked, answered, refused, forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from appliance.config.model import Config, Paths, Policy
from appliance.dialogue.events import DeedResult
from appliance.dialogue.turn import Phase
from appliance.home.entities import Area, Entity, House
from appliance.judgement.identity.profiles import Profile
from appliance.judgement.judge import Judge
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.shared import Shared
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import Flat, Room

DOOR = m.Deed("lock", "unlock", ("lock.front",))
LAMP = m.Deed("light", "turn_on", ("light.lamp",))
HOUSE = House(
    areas=(Area("hall", "Hall"), Area("kitchen", "Kitchen")),
    entities=(
        Entity("lock.front", "Front door", "lock", area="hall", state="locked"),
        Entity("light.lamp", "Lamp", "light", area="hall", state="off"),
    ),
)


class Guarded:
    """A home that does what it is told, and writes down whose guard was lifted."""

    def __init__(self) -> None:
        self.deeds: list[tuple[m.Deed, tuple[str, ...]]] = []

    def house(self) -> House:
        return HOUSE

    async def perform(self, deed: m.Deed, granted: object = ()) -> list[DeedResult]:
        assert isinstance(granted, tuple)
        self.deeds.append((deed, granted))
        return [DeedResult(each, "Front door", done=True, confirmed=True) for each in deed.entity_id]


class GuardedFlat(Flat):
    """Two rooms with a judge who takes a yes from anybody."""

    def __init__(self, judge: Judge, config: Config) -> None:
        self.stages = RecordingStages(ready=set(m.STAGE_NAMES) - {"llm"})
        self.guarded = Guarded()
        self.judge = judge
        self.conductor = Conductor(self.stages, self.guarded, config, judge)
        self.rooms = {name: Room() for name in ("kitchen", "hall")}
        self.sites = {
            name: self.conductor.add_place(name, room, name.title()) for name, room in self.rooms.items()
        }

    async def wants(self, room: str, *deeds: m.Deed) -> int:
        """Somebody wants these things, by voice."""
        turn = self.sites[room].woken("alexa", 0.9, 1_000)
        self.speak(turn, "something")
        self.conductor.message("intent", m.Understood(turn, deeds, "Done it.", "intent", "X", 1.0))
        await asyncio.sleep(0.01)
        return turn

    async def hears(self, room: str) -> list[str]:
        """What is said there, once it was heard."""
        site, output = self.sites[room], self.rooms[room]
        self.synthesize(site.turn)
        site.played(site.turn)
        await asyncio.sleep(0.01)
        said = [str(note.data["text"]) for note in output.notes if note.kind == "reply"]
        output.notes.clear()
        return said

    async def answers(self, room: str, text: str) -> None:
        self.speak(self.sites[room].turn, text)
        await asyncio.sleep(0.1)


@pytest.fixture
async def flat(tmp_path: Path) -> AsyncIterator[GuardedFlat]:
    config = Config(paths=Paths(data=str(tmp_path)), policy=Policy(unknown="confirm"))
    judge = Judge(config, tmp_path, time.monotonic, lambda: datetime.now().astimezone())
    await judge.start()
    made = GuardedFlat(judge, config)
    yield made
    made.conductor.close()
    await judge.stop()


async def test_a_yes_opens_the_door_and_is_bound_to_its_turn(flat: GuardedFlat) -> None:
    turn = await flat.wants("hall", DOOR)
    assert flat.guarded.deeds == []
    (question,) = await flat.hears("hall")
    assert "Front door" in question
    assert flat.sites["hall"].turn == turn
    assert flat.sites["hall"].phase is Phase.LISTENING
    await flat.answers("hall", "yes")
    assert flat.guarded.deeds == [(DOOR, ("lock.front",))]
    assert await flat.hears("hall") == ["Done it."]
    assert flat.sites["hall"].turn == 0


async def test_a_no_leaves_it_shut(flat: GuardedFlat) -> None:
    await flat.wants("hall", DOOR)
    await flat.hears("hall")
    await flat.answers("hall", "no")
    assert flat.guarded.deeds == []
    assert len(await flat.hears("hall")) == 1
    assert flat.sites["hall"].turn == 0


async def test_other_words_are_another_sentence(flat: GuardedFlat) -> None:
    await flat.wants("hall", DOOR)
    await flat.hears("hall")
    await flat.answers("hall", "turn on the lamp")
    turn = flat.sites["hall"].turn
    flat.conductor.message("intent", m.Understood(turn, (LAMP,), "Lamp on.", "intent", "X", 1.0))
    await asyncio.sleep(0.01)
    assert flat.guarded.deeds == [(LAMP, ())]
    assert flat.judge.pending("hall") is None


async def test_the_device_does_not_answer_itself(flat: GuardedFlat) -> None:
    await flat.wants("hall", DOOR)
    (question,) = await flat.hears("hall")
    await flat.answers("hall", question)
    assert flat.guarded.deeds == []


async def test_nobody_answers_for_another_room_or_a_later_turn(flat: GuardedFlat) -> None:
    await flat.wants("hall", DOOR)
    await flat.hears("hall")
    flat.sites["hall"].hush()
    assert flat.judge.pending("hall") is None
    turn = flat.sites["hall"].listen()
    flat.speak(turn, "yes")
    await asyncio.sleep(0.1)
    assert flat.guarded.deeds == []


async def test_all_rooms_share_one_judge_and_one_set_of_turns(flat: GuardedFlat) -> None:
    shared = {id(site._shared) for site in flat.sites.values()}
    assert len(shared) == 1
    assert isinstance(flat.sites["hall"]._shared, Shared)
    first, second = (flat.sites[name].woken(name, 0.9, 1_000) for name in ("hall", "kitchen"))
    assert first != second


async def test_the_harmless_is_done_without_a_question(flat: GuardedFlat) -> None:
    await flat.wants("kitchen", LAMP)
    assert flat.guarded.deeds == [(LAMP, ())]
    assert await flat.hears("kitchen") == ["Done it."]


async def test_what_was_done_is_in_the_audit_without_words(flat: GuardedFlat, tmp_path: Path) -> None:
    await flat.wants("kitchen", LAMP)
    await flat.judge.stop()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"light.lamp" in kept
    assert b"something" not in kept


async def test_a_voice_speaks_for_its_own_sentence_only(flat: GuardedFlat) -> None:
    """What is typed after somebody spoke is not theirs."""
    site = flat.sites["hall"]
    turn = site.woken("alexa", 0.9, 1_000)
    flat.conductor.message("stt", m.Transcript(turn, "hello", 1.0, 5.0, (0.1, 0.2)))
    assert site._utterance.speaker == (0.1, 0.2)
    site.hush()
    assert site.ask("unlock the front door", lambda _: True)
    assert site._utterance.speaker == ()
    site.hush()
    flat.conductor.message("stt", m.Transcript(turn, "too late", 1.0, 5.0, (0.3, 0.4)))
    site.woken("alexa", 0.9, 60_000)
    assert site._utterance.speaker == ()


class TypedFlat:
    """Sentences and answers that are typed in the hall."""

    def __init__(self, flat: GuardedFlat) -> None:
        self.flat = flat
        self.site = flat.sites["hall"]
        self.turns: list[int] = []

    async def types(self, text: str) -> None:
        def started(turn: int) -> bool:
            self.turns.append(turn)
            return True

        assert self.site.ask(text, started)
        await asyncio.sleep(0.01)

    async def wants(self, *deeds: m.Deed) -> int:
        await self.types("unlock the front door")
        turn = self.turns[-1]
        self.flat.conductor.message("intent", m.Understood(turn, deeds, "Done it.", "intent", "X", 1.0))
        await asyncio.sleep(0.01)
        return turn


@pytest.fixture
def typed(flat: GuardedFlat) -> TypedFlat:
    return TypedFlat(flat)


async def test_a_typed_yes_answers_in_the_turn_of_its_question(typed: TypedFlat) -> None:
    flat = typed.flat
    turn = await typed.wants(DOOR)
    assert flat.guarded.deeds == []
    await flat.hears("hall")
    assert typed.site.phase is Phase.LISTENING
    await typed.types("yes")
    await flat.until(lambda: bool(flat.guarded.deeds))
    assert typed.turns == [turn, turn]
    assert flat.guarded.deeds == [(DOOR, ("lock.front",))]
    assert await flat.hears("hall") == ["Done it."]


async def test_a_typed_yes_while_the_question_is_still_spoken_waits_for_its_end(typed: TypedFlat) -> None:
    flat = typed.flat
    await typed.wants(DOOR)
    assert typed.site.phase is Phase.SPEAKING
    await typed.types("yes")
    assert flat.guarded.deeds == []
    await flat.hears("hall")
    await flat.until(lambda: bool(flat.guarded.deeds))
    assert flat.guarded.deeds == [(DOOR, ("lock.front",))]


async def test_nobody_in_the_room_answers_what_somebody_typed(typed: TypedFlat) -> None:
    """A television that says yes after a typed sentence is not even listened to."""
    flat = typed.flat
    turn = await typed.wants(DOOR)
    await flat.hears("hall")
    flat.stages.sent.clear()
    for block in range(4):
        typed.site.hear(block * 20, bytes(640))
    assert [each for each in flat.stages.take("stt") if isinstance(each, m.ListenStart | m.Audio)] == []
    flat.conductor.message("vad", m.Voice(turn, 2_000, 1.0))
    flat.conductor.message("stt", m.Transcript(turn, "yes", 1.0, 5.0))
    await asyncio.sleep(0.05)
    assert flat.guarded.deeds == []
    await typed.types("yes")
    await flat.until(lambda: bool(flat.guarded.deeds))


async def test_what_was_asked_aloud_can_be_answered_by_typing(typed: TypedFlat) -> None:
    flat = typed.flat
    turn = await flat.wants("hall", DOOR)
    await flat.hears("hall")
    await typed.types("yes")
    await flat.until(lambda: bool(flat.guarded.deeds))
    assert typed.turns == [turn]


async def test_a_typed_no_and_other_words(typed: TypedFlat) -> None:
    flat = typed.flat
    await typed.wants(DOOR)
    await flat.hears("hall")
    await typed.types("no")
    assert len(await flat.hears("hall")) == 1
    assert flat.judge.pending("hall") is None
    turn = await typed.wants(DOOR)
    await flat.hears("hall")
    await typed.types("turn on the lamp")
    asked = [each for each in flat.stages.take("intent") if isinstance(each, m.Understand)]
    assert (asked[-1].turn, asked[-1].text) == (turn, "turn on the lamp")
    assert flat.guarded.deeds == []


async def test_who_types_is_given_as_long_as_the_question_stands(typed: TypedFlat) -> None:
    flat = typed.flat
    await typed.wants(DOOR)
    await flat.hears("hall")
    left = (typed.site._turns.deadline or 0) - asyncio.get_running_loop().time()
    assert left > Config().turn.listen_seconds + 1
    typed.site.hush()
    await flat.wants("hall", DOOR)
    await flat.hears("hall")
    left = (typed.site._turns.deadline or 0) - asyncio.get_running_loop().time()
    assert left <= Config().turn.listen_seconds


async def test_a_yes_that_nobody_waits_for_any_more_is_none(typed: TypedFlat) -> None:
    flat = typed.flat
    await typed.wants(DOOR)
    await flat.hears("hall")
    assert typed.site.ask("yes", lambda _: False)
    await asyncio.sleep(0.02)
    assert flat.guarded.deeds == []
    await typed.types("yes")
    await flat.until(lambda: bool(flat.guarded.deeds))


async def test_the_wrong_pin_is_asked_again_and_the_right_one_opens(typed: TypedFlat, tmp_path: Path) -> None:
    flat = typed.flat
    config = Config(paths=Paths(data=str(tmp_path)))
    await asyncio.to_thread(flat.judge.household.add, Profile("Anna"))
    await asyncio.to_thread(flat.judge.household.set_pin, "Anna", "739214")
    flat.judge.reconfigure(config)
    await typed.wants(DOOR)
    assert "PIN" in " ".join(await flat.hears("hall"))
    for wrong in ("yes", "739215"):
        await typed.types(wrong)
        await flat.until(lambda: typed.site.phase is Phase.SPEAKING)
        assert await flat.hears("hall")
        assert flat.guarded.deeds == []
        assert typed.site.phase is Phase.LISTENING
    await typed.types("739214")
    await flat.until(lambda: bool(flat.guarded.deeds))
    assert flat.guarded.deeds == [(DOOR, ("lock.front",))]
