"""Stages that rest until they are asked, and give their memory back: a real supervisor and real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.config.model import Budget, Config, Paths, Sandbox
from appliance.supervision.ladder import Ladder
from appliance.supervision.spec import StageSpec
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.wire import messages
from tests.supervision.running import QUICK, Heard, Running, spec

CALM, SHORT = "some avg10=0.00 avg60=0.00\n", "some avg10=50.00 avg60=1.00\n"
QUESTION = messages.Generate(7, "", "why")
WARMING = messages.Generate(0, "", "?", max_tokens=0)


def config(file: Path, **changes: object) -> Config:
    budget = Budget(pressure_file=str(file), keep_seconds=0.05, pause_seconds=0.05, **changes)  # type: ignore[arg-type]
    return Config(
        budget=budget,
        supervision=QUICK,
        sandbox=Sandbox(minimum="none"),
        paths=Paths(data="/nonexistent/appliance"),
    )


@asynccontextmanager
async def supervised(ladder: Ladder, settings: Config, *specs: StageSpec) -> AsyncIterator[Running]:
    heard = Heard()
    supervisor = Supervisor(
        settings,
        specs,
        lambda stage, message: heard.messages.append((stage, message)),
        lambda stage, old, new: heard.states.append((stage, old, new)),
        ladder,
    )
    await supervisor.start()
    try:
        yield Running(supervisor, heard)
    finally:
        await supervisor.stop()
    assert supervisor.healthy
    assert all(status.state is State.STOPPED for status in supervisor.status())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "memory.pressure"
    path.write_text(CALM)
    return path


def test_it_rests_until_it_is_asked(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec(), spec(name="llm")) as now:
            await now.ready()
            found = now.status("llm")
            assert (found.state, found.resting, found.pid, found.generation) == (State.READY, True, None, 0)
            assert now.supervisor.ready, "nobody waits for what is not wanted"
            assert now.supervisor.state("llm") is State.READY, "it can be asked"
            for message in (WARMING, messages.Cancel(7)):
                assert not now.supervisor.send("llm", message)
            assert now.status("llm").resting, "nobody waits for an answer"
            assert not now.supervisor.send("llm", QUESTION), "it is asked again when it is loaded"
            await now.ready(name="llm")
            assert now.supervisor.send("llm", QUESTION)
            found = now.status("llm")
            assert (found.resting, found.generation, found.refused) == (False, 1, 0)
            assert found.load is not None
            assert found.load.in_use == 1

    asyncio.run(scenario())


def test_it_is_preloaded_when_asked_for(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file, preload=3), spec(name="llm")) as now:
            await now.ready(name="llm")
            file.write_text(SHORT)
            assert not await now.supervisor.wait(lambda: now.heard.reached(State.STOPPING, 1, "llm"), 5.0)

    asyncio.run(scenario())


def test_under_pressure_it_goes_and_comes_back(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec(), spec(name="llm")) as now:
            await now.ready()
            now.supervisor.send("llm", QUESTION)
            await now.ready(name="llm")
            file.write_text(SHORT)
            await now.until(lambda: now.heard.reached(State.RESTING, 2, "llm"))
            assert now.supervisor.state("wake") is State.READY
            assert now.status().generation == 1
            now.supervisor.send("llm", QUESTION)
            await now.ready(2, name="llm")
            assert now.status("llm").restarts == 0, "that was no failure"

    asyncio.run(scenario())


def test_what_is_in_use_stays(ladder: Ladder, file: Path) -> None:
    """A question that is never answered keeps it; the next one, once that is cancelled, does not."""

    async def scenario() -> None:
        async with supervised(ladder, config(file), spec(name="llm")) as now:
            now.supervisor.send("llm", QUESTION)
            await now.ready(name="llm")
            assert now.supervisor.send("llm", QUESTION)
            file.write_text(SHORT)
            assert not await now.supervisor.wait(lambda: now.heard.reached(State.RESTING, 2, "llm"), 5.0)
            now.supervisor.send("llm", messages.Cancel(7))
            await now.until(lambda: now.heard.reached(State.RESTING, 2, "llm"))

    asyncio.run(scenario())


def test_a_question_while_it_is_unloaded_is_not_lost(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec(name="llm")) as now:
            now.supervisor.send("llm", QUESTION)
            await now.ready(name="llm")
            file.write_text(SHORT)
            await now.until(lambda: now.heard.reached(State.STOPPING, 1, "llm"))
            assert now.supervisor.state("llm") is State.READY
            assert not now.supervisor.send("llm", QUESTION)
            file.write_text(CALM)
            await now.ready(2, name="llm")

    asyncio.run(scenario())


def test_other_settings_change_what_rests(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec(name="llm")) as now:
            other = spec("prints", name="llm")
            assert await now.supervisor.reload([other], config(file)) == ["llm"]
            assert now.status("llm").resting, "new settings are no question"
            assert await now.supervisor.reload([other], config(file, preload=3)) == []
            await now.ready(name="llm")

    asyncio.run(scenario())


def test_one_that_cannot_be_loaded_says_so(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec("fails", name="llm")) as now:
            now.supervisor.send("llm", QUESTION)
            assert "the engine is broken" in await now.failed(name="llm")
            await now.until(lambda: now.supervisor.state("llm") is not State.READY)

    asyncio.run(scenario())


def test_whether_everything_fits_is_known(ladder: Ladder, file: Path) -> None:
    async def scenario() -> None:
        async with supervised(ladder, config(file), spec()) as now:
            assert now.supervisor.fit is not None
            assert now.supervisor.fit.need_mb > 0
            assert {part.part for part in now.supervisor.planned()} >= {"supervisor", "wake"}

    asyncio.run(scenario())
