"""What lives as long as the web process: one of each, fed with notes, stopped with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance.config.model import Web
from appliance.web.context import Context
from appliance.web.services import services
from appliance.web.settings import Settings
from tests.controlled import controlled


async def test_notes_reach_the_store_until_it_stops(tmp_path: Path) -> None:
    async with controlled(tmp_path) as served:
        context = Context(Settings(Web(), "en", "1", str(tmp_path)))
        made = services(context)
        assert services(context) is made
        await context.start()
        await made.start()
        await served.watched()
        served.note(7, "wake", 5, word="alexa", score=1.0)
        async with asyncio.timeout(10):
            while not made.turns.last(1, words=False):
                await asyncio.sleep(0.01)
        assert made.turns.last(1, words=False)[0].word == "alexa"
        await made.stop()
        await context.stop()
        assert context._listeners == set()


def test_another_process_has_others(tmp_path: Path) -> None:
    settings = Settings(Web(), "en", "1", str(tmp_path))
    assert services(Context(settings)) is not services(Context(settings))
