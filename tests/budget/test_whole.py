"""A language model of a whole appliance: loaded when asked, unloaded when memory is short, loaded again."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.control import Notes
from appliance.demonstration import WAKE_SPEECH, speak
from appliance.pipeline.trace import TurnNote
from tests.appliances import COMMAND, Running, alive, environment, stage, with_models
from tests.checkout import ROOT
from tests.makers.gguf import make_model

CALM = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
SHORT = "some avg10=34.50 avg60=8.00 avg300=2.00 total=9\nfull avg10=20.00 avg60=5.00 avg300=1.00 total=9\n"
QUESTION = "please sing a song about nothing"


@pytest.fixture
def pressure(tmp_path: Path) -> Path:
    """What stands for the kernel's file."""
    file = tmp_path / "memory.pressure"
    file.write_text(CALM)
    return file


@pytest.fixture
def running(tmp_path: Path, wake_models: Path, pressure: Path) -> Iterator[Running]:
    pytest.importorskip("llama_cpp", reason="the language model's library is not built: tools/build-llm")
    appliance = Running(
        with_models(tmp_path / "data", wake_models),
        "--house",
        str(ROOT / "appliance" / "home" / "demo.json"),
        llm__model=str(make_model(tmp_path / "tiny.gguf", width=128, context=4_096)),
        llm__max_tokens="20",
        llm__house_chars="0",
        budget__pressure_file=str(pressure),
        budget__keep_seconds="0.1",
        budget__pause_seconds="0.5",
    )
    try:
        yield appliance
    finally:
        assert appliance.close() == 0


async def tokens(running: Running) -> float:
    """How many the model made so far."""
    async with running.client() as client:
        samples = (await client.ask("metrics", form="samples"))["samples"]
    return sum(float(each["value"]) for each in samples if each["name"] == "appliance_llm_tokens_total")


async def kinds(notes: Notes) -> list[str]:
    """What happened in a turn, in order; of stages only what became of the model."""
    found: list[str] = []
    async with asyncio.timeout(60):
        async for raw in notes:
            note = msgspec.convert(raw, TurnNote)
            if note.kind != "stage":
                found.append(note.kind)
            elif note.data["name"] == "llm":
                found.append(f"llm {note.data['state']}")
            if note.kind == "done":
                break
    return found


def resting(status: dict[str, Any]) -> bool:
    return bool(stage(status, "llm")["resting"])


async def test_it_is_loaded_when_asked_and_unloaded_under_pressure(running: Running, pressure: Path) -> None:
    before = await running.listening()
    assert all(each["pid"] for each in before["stages"] if each["name"] != "llm"), "the others are preloaded"
    model = stage(before, "llm")
    assert (model["resting"], model["pid"], model["state"]) == (True, None, "ready")

    known = await running.ask("turn on the kitchen light")
    assert known["source"] == "intent"
    assert resting(await running.status()), "a command does not need it"

    async with running.notes() as notes:
        asking = asyncio.create_task(running.ask(QUESTION))
        order = await kinds(notes)
        answer = await asking
    assert (answer["source"], answer["outcome"]) == ("none", "answered")
    assert order.index("llm ready") < order.index("reply")
    assert order.index("first_audio") < order.index("reply"), "a filler, meanwhile"
    made = await tokens(running)
    assert made > 0, "the model itself answered"
    loaded = stage(await running.status(), "llm")
    assert (loaded["resting"], loaded["generation"]) == (False, 1)
    assert alive({loaded["pid"]})

    pressure.write_text(SHORT)
    await running.until(resting)
    assert not alive({loaded["pid"]}), "its memory is free"
    assert (
        "stage llm is unloaded until it is asked: 34.5 % of the last 10 s waited for memory" in running.log()
    )
    assert (await running.status())["listening"], "nothing else gave way"

    again = await running.ask(QUESTION)
    assert again["outcome"] == "answered"
    assert await tokens(running) > made, "short of memory or not: somebody asked, and the model answered"
    assert stage(await running.status(), "llm")["generation"] >= 2


async def test_it_stays_where_there_is_room(running: Running, pressure: Path) -> None:
    await running.listening()
    await running.ask(QUESTION)
    first = stage(await running.status(), "llm")["pid"]
    pressure.write_text(SHORT.replace("34.50", "9.99"))
    await running.ask(QUESTION)
    assert await tokens(running) > 0
    assert stage(await running.status(), "llm")["pid"] == first
    load = stage(await running.status(), "llm")["load"]
    assert (load["in_use"], load["most_at_once"]) == (0, 1)


async def test_the_command_tells_what_is_used(running: Running, tmp_path: Path) -> None:
    await running.listening()
    await running.ask(QUESTION)
    model = str(tmp_path / "tiny.gguf")
    done = await asyncio.create_subprocess_exec(
        str(COMMAND), "budget", "--json", env=environment(running.data, llm__model=model),
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, err = await done.communicate()
    assert err == b""
    found = [json.loads(line) for line in out.splitlines()]
    parts = {each["part"]: each for each in found if each["kind"] == "part"}
    assert {"supervisor", "broker", "sound", "wake", "vad", "stt", "intent", "tts", "llm"} == set(parts)
    assert all(0 < each["now_mb"] <= each["most_mb"] for each in parts.values())
    assert parts["llm"]["priority"] == 3
    figures = next(each for each in found if each["kind"] == "figures")
    assert figures["store_write_p95_ms"] > 0
    assert figures["memory_mb"] == pytest.approx(sum(each["now_mb"] for each in parts.values()), abs=0.1)
    fit = next(each for each in found if each["kind"] == "fit")
    assert (done.returncode == 0) is fit["good"]
    assert not list(running.data.glob("write-probe*"))


async def test_a_spoken_command_tells_what_it_cost(running: Running) -> None:
    before = stage(await running.listening(), "stt")["load"]
    assert (before["most_at_once"], before["real_time_factor"]) == (0, None)
    async with running.notes() as notes:
        await running.hear(speak(f"{WAKE_SPEECH}, turn on the kitchen light"))
        order = await kinds(notes)
    assert "transcript" in order
    load = stage(await running.status(), "stt")["load"]
    assert (load["in_use"], load["most_at_once"]) == (0, 1)
    assert load["real_time_factor"] > 0
