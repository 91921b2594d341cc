"""Conversations over real calls: kept, ended when nobody uses them, never two questions at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.calls.server import CallServer, calls_path
from appliance.config.model import Web
from appliance.errors import ControlError
from appliance.pipeline.trace import TurnNote
from appliance.web.context import Context
from appliance.web.conversations import IDLE_SECONDS, MAX_KEPT, Chat, Conversations, Event
from appliance.web.problems import Refused
from appliance.web.settings import Settings


class Room:
    """A typed place that answers with the notes of its script; `None` in it waits for `go`."""

    def __init__(self, places: Rooms, output: Any) -> None:
        self.places, self.output = places, output
        self.turn = 0
        self.hushed = False

    def ask(self, text: str, started: Callable[[int], bool]) -> bool:
        if text == "too much":
            return False
        self.turn += 1
        started(self.turn)
        self.places.tasks.append(asyncio.create_task(self._answer(self.turn, text)))
        return True

    async def _answer(self, turn: int, text: str) -> None:
        if text == "wait":
            await self.places.go.wait()
        for kind, data in SCRIPTS.get(text, SCRIPTS["time"]):
            self.output.note(TurnNote(turn, kind, 1, data))  # type: ignore[arg-type]

    def hush(self) -> None:
        self.hushed = True


SCRIPTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "time": [
        ("intent", {"intent": "Time", "source": "intent"}),
        ("reply", {"text": "Noon."}),
        ("done", {"outcome": "answered"}),
    ],
    "which": [
        ("intent", {"intent": "", "source": "intent", "deeds": []}),
        ("reply", {"text": "Which?"}),
        ("listening", {}),
    ],
    "unlock": [("intent", {"deeds": [{}]}), ("reply", {"text": "Your PIN?"}), ("listening", {})],
}


class Rooms:
    def __init__(self) -> None:
        self.there: dict[str, Room] = {}
        self.areas: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.go = asyncio.Event()

    def add_place(self, name: str, output: Any, area: str = "", search: bool = False) -> Room:  # noqa: ARG002 - as Places has it
        self.areas.append(area)
        self.there[name] = Room(self, output)
        return self.there[name]

    def remove_place(self, name: str) -> None:
        del self.there[name]


class Bench:
    def __init__(self, data: Path) -> None:
        self.now = 0.0
        self.rooms = Rooms()
        self.server = CallServer(calls_path(data), self.rooms)  # type: ignore[arg-type]
        self.context = Context(Settings(Web(), "en", "1", str(data)))
        self.chats = Conversations(self.context, lambda: self.now, look_seconds=0.01)

    async def ask(self, text: str, conversation: str = "", area: str = "") -> tuple[Chat, list[Event]]:
        async with self.chats.hold(conversation, area) as chat:
            return chat, [event async for event in chat.ask(text)]

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not wanted():
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "run").mkdir()
    made = Bench(tmp_path)
    await made.server.start()
    yield made
    await made.chats.stop()
    await made.server.stop()


async def test_it_is_kept_and_used_again(bench: Bench) -> None:
    chat, events = await bench.ask("time", area="Kitchen")
    assert [event.kind for event in events] == ["begun", "intent", "reply", "done"]
    again, _ = await bench.ask("time", chat.id)
    assert again is chat
    assert (len(bench.rooms.there), bench.rooms.areas) == (1, ["Kitchen"])


async def test_what_the_understanding_asks_ends_its_turn_at_once(bench: Bench) -> None:
    _, events = await bench.ask("which")
    assert events[-1].data["asks"] is True
    (room,) = bench.rooms.there.values()
    await bench.until(lambda: room.hushed)


async def test_what_the_judgement_asks_keeps_its_turn(bench: Bench) -> None:
    chat, events = await bench.ask("unlock")
    assert events[-1].data["asks"] is True
    await bench.ask("time", chat.id)
    (room,) = bench.rooms.there.values()
    assert not room.hushed


async def test_one_question_at_a_time(bench: Bench) -> None:
    chat, _ = await bench.ask("time")
    first = asyncio.create_task(bench.ask("wait", chat.id))
    await bench.until(chat.lock.locked)
    with pytest.raises(Refused, match="still being answered"):
        await bench.ask("time", chat.id)
    bench.rooms.go.set()
    assert (await first)[1][-1].kind == "done"


async def test_one_that_nobody_uses_makes_room_one_that_is_answered_does_not(bench: Bench) -> None:
    kept = [(await bench.ask("time"))[0] for _ in range(MAX_KEPT)]
    busy = [asyncio.create_task(bench.ask("wait", chat.id)) for chat in kept[1:]]
    await bench.until(lambda: all(chat.lock.locked() for chat in kept[1:]))
    new, _ = await bench.ask("time")
    with pytest.raises(Refused, match="no such conversation"):
        await bench.ask("time", kept[0].id)
    busy.append(asyncio.create_task(bench.ask("wait", new.id)))
    await bench.until(new.lock.locked)
    with pytest.raises(Refused, match="are being answered"):
        await bench.ask("time")
    bench.rooms.go.set()
    await asyncio.gather(*busy)
    assert len(bench.chats) == MAX_KEPT


async def test_who_stops_listening_ends_it(bench: Bench) -> None:
    chat, _ = await bench.ask("time")
    task = asyncio.create_task(bench.ask("wait", chat.id))
    await bench.until(chat.lock.locked)
    task.cancel()
    await asyncio.wait({task})
    assert len(bench.chats) == 0
    await bench.until(lambda: not bench.rooms.there)


async def test_too_much_is_said(bench: Bench) -> None:
    with pytest.raises(ControlError, match="too much"):
        await bench.ask("too much")


async def test_an_appliance_that_goes_is_said_and_forgotten(bench: Bench) -> None:
    chat, _ = await bench.ask("time")
    await bench.server.stop()
    with pytest.raises(ControlError, match="gone"):
        await bench.ask("time", chat.id)
    with pytest.raises(Refused, match="no such conversation"):
        await bench.ask("time", chat.id)


async def test_after_a_while_it_ends(bench: Bench) -> None:
    old, _ = await bench.ask("time")
    await bench.chats.start()
    bench.now = IDLE_SECONDS / 2
    new, _ = await bench.ask("time")
    bench.now = IDLE_SECONDS + 1
    await bench.until(lambda: len(bench.chats) == 1)
    assert (await bench.ask("time", new.id))[0] is new
    assert old.id != new.id
