"""Deeds over the local socket: judged like spoken ones, done by the home, kept in the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest

from appliance.control import Handler
from appliance.devices_requests import MAX_TEXT, PAGE_ENTITIES, DevicesRequests
from appliance.dialogue.events import DeedResult
from appliance.errors import ControlError
from appliance.home.entities import Entity, House
from appliance.wire.messages import Deed, Understood
from tests.judgement.court import ANNA, PIN, Court


class Bench:
    """A real judge over a house whose deeds are written down."""

    def __init__(self, court: Court) -> None:
        self.court = court
        self.done: list[tuple[Deed, tuple[str, ...]]] = []
        requests = DevicesRequests(court.judge, self, self, lambda: court.now)  # type: ignore[arg-type]
        self.handlers: dict[str, Handler] = requests.handlers()

    def house(self) -> House:
        return self.court.house

    async def perform(self, deed: Deed, granted: Collection[str] = ()) -> list[DeedResult]:
        self.done.append((deed, tuple(granted)))
        return [
            DeedResult(each, each, done=True, confirmed=True, reason="", ms=1.0) for each in deed.entity_id
        ]

    async def understand(self, text: str, area: str = "") -> Understood:
        return Understood(1, (), f"{text}|{area}", "intent", "Test", 1.0)

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        return await self.handlers[do]({"do": do, **fields})


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Court(tmp_path, guarded="confirm") as court:
        await court.people(ANNA, pin_of="Anna")
        yield Bench(court)


async def test_what_is_harmless_is_done_and_audited(bench: Bench) -> None:
    told = await bench.ask("deed", entity_id="light.kitchen", service="turn_on", data={"brightness_pct": 40})
    assert (told["verdict"], told["question"], told["results"][0]["done"]) == ("allow", "", True)
    assert bench.done == [(Deed("light", "turn_on", ("light.kitchen",), {"brightness_pct": 40}), ())]
    await bench.court.judge.stop()
    bench.court.judge.open()
    (row,) = await bench.court.rows()
    assert (row.outcome, row.what, row.entity, row.room) == ("done", "light.turn_on", "light.kitchen", "web")


async def test_what_is_guarded_elsewhere_is_refused_as_for_a_satellite(bench: Bench) -> None:
    told = await bench.ask("deed", entity_id="lock.front_door", service="unlock")
    assert told["verdict"] == "deny"
    assert told["words"]
    assert bench.done == []


async def test_what_is_guarded_is_asked_about_and_a_pin_opens_it_once(bench: Bench) -> None:
    told = await bench.ask("deed", entity_id="lock.front_door", service="unlock", area="Hall")
    assert (told["verdict"], bench.done) == ("ask", [])
    assert told["words"].endswith("?") or "PIN" in told["words"]
    question = told["question"]
    wrong = await bench.ask("deed_answer", question=question, text="000000")
    assert (wrong["verdict"], wrong["question"], bench.done) == ("ask", question, [])
    right = await bench.ask("deed_answer", question=question, text=PIN)
    assert right["verdict"] == "allow"
    assert bench.done == [(Deed("lock", "unlock", ("lock.front_door",), {}), ("lock.front_door",))]
    with pytest.raises(ControlError, match="not asked"):
        await bench.ask("deed_answer", question=question, text=PIN)
    assert len(bench.done) == 1


async def test_another_deed_ends_the_question(bench: Bench) -> None:
    told = await bench.ask("deed", entity_id="lock.front_door", service="unlock", area="hall")
    await bench.ask("deed", entity_id="light.kitchen", service="turn_on")
    with pytest.raises(ControlError, match="not asked"):
        await bench.ask("deed_answer", question=told["question"], text=PIN)
    assert [deed.service for deed, _ in bench.done] == ["turn_on"]


@pytest.mark.parametrize("text", ["no", "what is the weather"])
async def test_no_and_other_words_end_it_too(bench: Bench, text: str) -> None:
    told = await bench.ask("deed", entity_id="lock.front_door", service="unlock", area="hall")
    try:
        assert (await bench.ask("deed_answer", question=told["question"], text=text))["verdict"] == "deny"
    except ControlError as error:
        assert "no answer" in error.message  # noqa: PT017
    with pytest.raises(ControlError, match="not asked"):
        await bench.ask("deed_answer", question=told["question"], text=PIN)
    assert bench.done == []


async def test_too_late_is_too_late(bench: Bench) -> None:
    told = await bench.ask("deed", entity_id="lock.front_door", service="unlock", area="hall")
    bench.court.wait(3_600)
    late = await bench.ask("deed_answer", question=told["question"], text=PIN)
    assert (late["verdict"], bench.done) == ("deny", [])


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"entity_id": "light.kitchen"},
        {"entity_id": "light.nowhere", "service": "turn_on"},
        {"entity_id": "light.kitchen", "service": "unlock"},
        {"entity_id": "sensor.warmth", "service": "turn_on"},
        {"entity_id": "light.kitchen", "service": "turn_on", "data": []},
        {"entity_id": "light.kitchen", "service": "turn_on", "data": {"a": {"b": 1}}},
        {"entity_id": "light.kitchen", "service": "turn_on", "data": {"a": "x" * 501}},
        {"entity_id": "light.kitchen", "service": "turn_on", "data": {str(n): n for n in range(17)}},
        {"entity_id": "light.kitchen", "service": "turn_on", "area": "x" * 201},
        {"entity_id": ["light.kitchen"], "service": "turn_on"},
    ],
)
async def test_what_is_no_deed_is_refused(bench: Bench, request_: dict[str, Any]) -> None:
    with pytest.raises(ControlError) as caught:
        await bench.ask("deed", **request_)
    assert caught.value.hint
    assert bench.done == []


@pytest.mark.parametrize("text", [None, 7, "", "x" * 101])
async def test_what_is_no_answer_is_refused(bench: Bench, text: object) -> None:
    with pytest.raises(ControlError):
        await bench.ask("deed_answer", question="x", text=text)


async def test_the_house_in_pages(bench: Bench) -> None:
    many = tuple(Entity(f"light.n{n}", f"N {n}", "light", state="on") for n in range(PAGE_ENTITIES + 5))
    bench.court.house = House(entities=many)
    first = await bench.ask("devices")
    second = await bench.ask("devices", after=first["next"])
    ids = [each["id"] for each in first["entities"] + second["entities"]]
    assert ids == [each.id for each in many]
    assert second["next"] is None
    assert (await bench.ask("devices", after=10_000))["entities"] == []
    for after in (-1, True, "x", 1.5):
        with pytest.raises(ControlError):
            await bench.ask("devices", after=after)


async def test_only_some_attributes_are_told_and_none_that_is_long(bench: Bench) -> None:
    shown = {"brightness": 3, "entity_picture": "secret", "media_title": "x" * 600}
    bench.court.house = House(entities=(Entity("light.a", "A", "light", attributes=shown),))
    (entity,) = (await bench.ask("devices"))["entities"]
    assert entity["attributes"] == {"brightness": 3}
    assert "turn_on" in entity["services"]


async def test_a_sentence_is_only_understood(bench: Bench) -> None:
    told = await bench.ask("understand", text=" lamp on ", area="hall")
    assert told == {
        "intent": "Test",
        "source": "intent",
        "answer": "lamp on|hall",
        "asks": False,
        "deeds": (),
    }
    for text in (None, "", " ", "x" * (MAX_TEXT + 1)):
        with pytest.raises(ControlError):
            await bench.ask("understand", text=text)
    with pytest.raises(ControlError):
        await bench.ask("understand", text="x", area=3)
    assert bench.done == []
