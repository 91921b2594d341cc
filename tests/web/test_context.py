"""The web process and the appliance behind it: questions, notes, and both gone and back again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from appliance.config.model import Web
from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web.context import IDLE_CLIENTS, MAX_AT_ONCE, QUEUE, Context
from appliance.web.settings import Settings, decode, encode
from tests.controlled import controlled


def settings(data: Path) -> Settings:
    return Settings(Web(), "en", "1.2.3", str(data), ("appliance.local",))


def test_settings_arrive_as_they_were(tmp_path: Path) -> None:
    assert decode(encode(settings(tmp_path))) == settings(tmp_path)
    assert settings(tmp_path).folder == tmp_path / "web"


async def test_many_questions_share_few_connections(tmp_path: Path) -> None:
    async with controlled(tmp_path, status={"listening": True}) as served:
        context = Context(settings(tmp_path))
        answers = await asyncio.gather(*(context.ask("status") for _ in range(5 * MAX_AT_ONCE)))
        assert all(answer["listening"] for answer in answers)
        assert len(served.requests) == 5 * MAX_AT_ONCE
        assert 0 < len(context._idle) <= IDLE_CLIENTS
        await context.stop()


async def test_a_refusal_is_raised_with_its_hint_and_the_next_question_answered(tmp_path: Path) -> None:
    async with controlled(tmp_path, status={"listening": True}) as served:
        context = Context(settings(served.data))
        with pytest.raises(ControlError, match="no request 'nonsense'") as caught:
            await context.ask("nonsense")
        assert caught.value.hint
        assert (await context.ask("status"))["listening"]
        await context.stop()


async def test_without_an_appliance_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        await Context(settings(tmp_path)).ask("status")


async def test_a_listener_that_sleeps_misses_the_oldest_and_blocks_nobody(tmp_path: Path) -> None:
    context = Context(settings(tmp_path))
    notes = context.notes()
    first: asyncio.Task[dict[str, Any]] = asyncio.ensure_future(anext(notes))
    await asyncio.sleep(0)
    for number in range(QUEUE + 10):
        context._tell({"number": number})
    assert (await first)["number"] == 10
    await notes.aclose()
    assert context._listeners == set()
