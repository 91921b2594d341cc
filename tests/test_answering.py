"""A language model on another machine: a whole appliance asks it, and nothing fails without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.answering import Answering
from appliance.config.model import Llm
from appliance.supervision.states import State
from appliance.wire import messages as m
from tests.appliances import Running
from tests.pipeline.recording import RecordingStages
from tests.remote_llm.serving import Handler, Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


class Bench:
    def __init__(self) -> None:
        self.stages = RecordingStages(ready={"tts"})
        self.heard: list[m.Message] = []
        self.readies = 0
        self.answering = Answering(self.stages, lambda _, message: self.heard.append(message), self.ready)

    def ready(self) -> None:
        self.readies += 1

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.answering.stop()


def elsewhere(server: Server) -> Llm:
    return Llm(engine="openai", model="some", options={"url": f"{server.url}/v1"})


async def test_without_a_server_everything_goes_to_the_stages(bench: Bench) -> None:
    await bench.answering.use(Llm())
    assert bench.answering.send("tts", m.Prepare(1, "x"))
    assert not bench.answering.send("llm", m.Cancel(1))
    assert bench.answering.state("llm") is State.BACKOFF
    assert (bench.answering.remote, bench.answering.trouble) == (False, "")


async def test_a_server_stands_for_the_stage(bench: Bench, server: Server) -> None:
    await bench.answering.use(elsewhere(server))
    await bench.until(lambda: bench.readies == 1)
    assert bench.answering.state("llm") is State.READY
    assert bench.answering.send("llm", m.Generate(1, "s", "hello", deadline_ms=5_000))
    await bench.until(lambda: any(isinstance(each, m.Generated) for each in bench.heard))
    assert "".join(each.text for each in bench.heard if isinstance(each, m.Token)) == "It is warm, 21 °C."
    assert bench.answering.send("tts", m.Prepare(1, "x"))
    assert bench.stages.take("llm") == []
    await bench.answering.use(Llm())
    assert not bench.answering.remote


async def test_one_that_cannot_be_used_is_said_and_left_out(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.answering.use(Llm(engine="openai", model="some", options={"url": "ftp://x"}))
    assert not bench.answering.remote
    assert "llm.options.url" in caplog.text


def talkative(handler: Handler) -> None:
    handler.begin(Content_Type="text/event-stream")
    handler.say("Because of the air.")
    handler.conclude()


async def test_a_whole_appliance_asks_it_and_goes_on_without_it(tmp_path: Path, server: Server) -> None:
    server.behaviour = talkative
    running = Running(
        tmp_path / "data",
        wake__engine="microwakeword",
        llm__engine="openai",
        llm__model="some",
        llm__options__url=f"{server.url}/v1",
        turn__fillers="false",
    )
    try:
        await running.listening()
        status = await running.until(lambda _: "/v1/models" in server.paths)
        assert status["language_model"] == {"remote": True, "trouble": ""}
        assert "llm" not in status["absent"]
        answer = await running.ask("why is the sky blue")
        assert " ".join(answer["reply"]) == "Because of the air."
        assert "why is the sky blue" in str(server.bodies[-1])
        server.behaviour = lambda handler: handler.begin(500, chunked=False)
        again = await running.ask("why is the sky blue")
        assert again["outcome"] == "answered"
        assert "what time is it" not in str(server.bodies)
        assert (await running.ask("what time is it"))["outcome"] == "answered"
        assert "what time is it" not in str(server.bodies[-1:])
    finally:
        running.close()
