"""Timers ring in rooms, around what is said there, until they are stopped."""

from __future__ import annotations

import array
import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bells import Bells, quieter
from appliance.pipeline.places import LOCAL
from appliance.timers.model import Timer
from tests.pipeline.rooms import Flat

EGGS = Timer(1, "timer", "ringing", "eggs", room="kitchen")


@pytest.fixture
async def flat() -> Flat:
    return Flat()


@pytest.fixture
async def bells(flat: Flat) -> AsyncIterator[Bells]:
    made = Bells(flat.conductor, lambda: 0.5)
    yield made
    await made.close()
    flat.conductor.close()


async def tones(flat: Flat, count: int, room: str = "kitchen") -> None:
    """Let so many sounds be heard there."""
    for _ in range(count):
        await flat.until(lambda: flat.sites[room].turn != 0)
        flat.synthesize(flat.sites[room].turn)
        flat.sites[room].played(flat.sites[room].turn)
        await asyncio.sleep(0)


async def test_it_rings_says_why_and_rings_on_until_it_is_stopped(flat: Flat, bells: Bells) -> None:
    assert bells.ring(EGGS, "The eggs are done.")
    await tones(flat, 4)
    said = [note.data["text"] for note in flat.rooms["kitchen"].notes if note.kind == "reply"]
    assert said == ["The eggs are done."]
    assert len(flat.rooms["kitchen"].told("end")) >= 4
    assert flat.rooms["hall"].calls == []
    await flat.until(lambda: flat.sites["kitchen"].turn != 0)
    bells.hush(EGGS)
    assert flat.sites["kitchen"].turn == 0
    assert flat.rooms["kitchen"].told("cancel")
    before = len(flat.rooms["kitchen"].calls)
    await asyncio.sleep(0.3)
    assert len(flat.rooms["kitchen"].calls) == before
    bells.hush(EGGS)


async def test_the_wake_word_is_louder_than_the_bell(flat: Flat, bells: Bells) -> None:
    bells.ring(EGGS, "")
    await flat.until(lambda: flat.sites["kitchen"].turn != 0)
    turn = flat.sites["kitchen"].woken("alexa", 0.9, 10_000)
    assert turn
    await asyncio.sleep(0.3)
    assert flat.sites["kitchen"].turn == turn
    flat.sites["kitchen"].hush()
    await flat.until(lambda: flat.sites["kitchen"].turn > turn)


async def test_a_room_that_is_not_there_cannot_ring(flat: Flat, bells: Bells) -> None:
    import msgspec

    assert not bells.ring(msgspec.structs.replace(EGGS, room="cellar"), "")
    assert not bells.announce("cellar", "x")
    assert bells.announce(LOCAL, "Something was missed.")
    assert flat.conductor.local.turn


async def test_a_room_that_goes_away_ends_its_bell(flat: Flat, bells: Bells) -> None:
    bells.ring(EGGS, "")
    await tones(flat, 1)
    flat.conductor.remove_place("kitchen")
    bell = bells._bells[EGGS.id]
    assert bell.task is not None
    await asyncio.wait_for(bell.task, 5)


@given(st.lists(st.integers(-32_768, 32_767), max_size=20), st.floats(-1.0, 2.0))
def test_it_is_never_louder_than_it_was(samples: list[int], level: float) -> None:
    found = array.array("h", quieter(array.array("h", samples).tobytes(), level))
    assert len(found) == len(samples)
    assert all(abs(now) <= abs(was) for now, was in zip(found, samples, strict=True))
