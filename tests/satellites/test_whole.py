"""A sentence spoken into a satellite is done and answered there: real processes, engines and home."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.config import load
from appliance.config.model import Config
from appliance.daemon import Appliance
from appliance.demonstration import speak
from appliance.home.simulated import ConnectionFile
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote
from tests.appliances import Running, environment, next_note, with_models
from tests.broker import Mosquitto
from tests.checkout import ROOT

HOUSE = ROOT / "appliance" / "home" / "demo.json"
LIGHT_ON = "Hey Jarvis, turn on the kitchen light"
ROOM_LIGHT_OFF = "Hey Jarvis, turn off the lights"
SECONDS = 30.0
SPOKEN: dict[str, bytes] = {}


async def spoken(text: str) -> bytes:
    if text not in SPOKEN:
        SPOKEN[text] = await asyncio.to_thread(speak, text)
    return SPOKEN[text]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


class Whole(Appliance):
    """An appliance whose hub and notes a test can look at."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.seen: list[TurnNote] = []

    def _start_home(self) -> None:
        super()._start_home()
        self.conductor.trace.watch(self.seen.append)

    def summary(self, site: str) -> Summary:
        """The latest turn of that place."""
        notes = [note for note in self.seen if note.site == site and note.kind != "stage"]
        summary = Summary(turn=notes[-1].turn if notes else 0)
        for note in notes:
            if note.turn == summary.turn:
                summary.take(note)
        return summary


class Setting:
    """A broker, a simulated home, and the models for everyone."""

    def __init__(self, broker: Mosquitto, folder: Path, models: Path) -> None:
        self.broker = broker
        self.folder = folder
        self.models = models

    def connection(self) -> dict[str, str]:
        return {
            "mqtt__host": "127.0.0.1",
            "mqtt__port": str(self.broker.port),
            "mqtt__username": "tester",
            "mqtt__password": self.broker.users["tester"],
            "mqtt__reconnect_max_seconds": "0.5",
        }

    def satellite(self, name: str, **more: str) -> Running:
        data = self.folder / name
        if not data.exists():
            with_models(data, self.models)
        own = {"satellite__name": name, "satellite__area": name.replace("_", " ").title(), **more}
        return Running(data, "--mode", "satellite", **self.connection(), **own)

    @contextlib.asynccontextmanager
    async def appliance(self) -> AsyncIterator[Whole]:
        data = self.folder / "hub"
        if not data.exists():
            with_models(data, self.models)
        variables = environment(data, mqtt__client_id="hub", **self.connection())
        whole = Whole(load.load(None, variables).config)
        await whole.start()
        try:
            async with asyncio.timeout(SECONDS):
                await whole.wait_until_listening()
            await until(lambda: len(whole.devices) > 0)
            yield whole
        finally:
            await whole.stop()


@pytest.fixture
def setting(broker: Mosquitto, wake_models: Path, tmp_path: Path) -> Iterator[Setting]:
    address = broker.address("demo")
    file = tmp_path / "home.json"
    given = ConnectionFile(
        address.host, address.port, address.username, address.password, str(HOUSE), "homeassistant"
    )
    file.write_bytes(msgspec.json.encode(given))
    file.chmod(0o600)
    command = [
        sys.executable,
        "-m",
        "appliance.home.simulated",
        "--die-with-parent",
        "--config-file",
        str(file),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as home:
        yield Setting(broker, tmp_path, wake_models)
        home.terminate()


@contextlib.contextmanager
def running(*satellites: Running) -> Iterator[None]:
    try:
        yield
    finally:
        for satellite in satellites:
            satellite.close()


async def here(satellite: Running) -> dict[str, Any]:
    return await satellite.until(lambda status: status["listening"] and status["satellite"]["hub"] == "here")


async def test_a_command_spoken_in_another_room_is_done_and_answered_there(setting: Setting) -> None:
    async with setting.appliance() as whole:
        kitchen = setting.satellite("kitchen")
        with running(kitchen):
            await here(kitchen)
            for sentence, entity in (
                (LIGHT_ON, "light.kitchen_light"),
                (ROOM_LIGHT_OFF, "light.kitchen_light"),
            ):
                async with kitchen.notes() as notes:
                    await kitchen.hear(await spoken(sentence))
                    played = await next_note(notes, "played")
                    assert (await next_note(notes, "done")).data["outcome"] == "answered"
                assert played.data["rms"] > 0.005
                turn = whole.summary("kitchen")
                assert [(deed["entity_id"], deed["confirmed"]) for deed in turn.deeds] == [(entity, True)], (
                    "the lights are those of the room that asked"
                )
                assert 0 < turn.speech_end_ms < turn.first_audio_ms
            assert [note for note in whole.seen if note.site == "local" and note.kind == "wake"] == []


async def test_two_rooms_hear_the_same_words_and_one_answers(setting: Setting) -> None:
    async with setting.appliance() as whole:
        rooms = [setting.satellite("kitchen"), setting.satellite("living_room")]
        with running(*rooms):
            for room in rooms:
                await here(room)
            speech = await spoken(LIGHT_ON)
            async with rooms[0].notes() as first, rooms[1].notes() as second:
                await asyncio.gather(*(room.hear(speech) for room in rooms))
                ends = await asyncio.gather(*(next_note(notes, "done") for notes in (first, second)))
            assert sorted(end.data["outcome"] for end in ends) == ["answered", "elsewhere"]
            statuses = [await room.status() for room in rooms]
            assert sorted(status["satellite"]["chimes"] for status in statuses) == [0, 1]
            await until(lambda: len([note for note in whole.seen if note.kind == "done"]) == 1)
            assert len([note for note in whole.seen if note.kind == "deed"]) == 1


async def test_a_satellite_killed_in_the_middle_frees_its_room_and_comes_back(setting: Setting) -> None:
    async with setting.appliance() as whole:
        kitchen = setting.satellite("kitchen")
        with running(kitchen):
            await here(kitchen)
            await kitchen.hear(await spoken(LIGHT_ON))
            await until(lambda: any(note.kind == "speech_start" for note in whole.seen))
            os.killpg(kitchen.process.pid, signal.SIGKILL)
            await until(lambda: whole.conductor.place("kitchen") is None)
        assert whole.summary("kitchen").over
        again = setting.satellite("kitchen")
        with running(again):
            await here(again)
            async with again.notes() as notes:
                await again.hear(await spoken(LIGHT_ON))
                assert (await next_note(notes, "done")).data["outcome"] == "answered"


@pytest.mark.slow
async def test_broker_and_hub_restarted_in_the_middle_of_turns(setting: Setting) -> None:
    kitchen = setting.satellite("kitchen")
    with running(kitchen):
        async with setting.appliance() as whole:
            await here(kitchen)
            async with kitchen.notes() as notes:
                await kitchen.hear(await spoken(LIGHT_ON))
                await until(lambda: any(note.kind == "speech_start" for note in whole.seen))
                setting.broker.kill()
                assert (await next_note(notes, "done")).data["outcome"] == "interrupted"
            await until(lambda: whole.conductor.place("kitchen") is None)
            setting.broker.start()
            await here(kitchen)
            async with kitchen.notes() as notes:
                await kitchen.hear(await spoken(LIGHT_ON))
                assert (await next_note(notes, "done")).data["outcome"] == "answered"
            async with kitchen.notes() as notes:
                await kitchen.hear(await spoken(LIGHT_ON))
                await next_note(notes, "wake")
        # The hub is gone now, and another one comes.
        await kitchen.until(lambda status: status["satellite"]["hub"] == "away")
        async with setting.appliance() as whole:
            await here(kitchen)
            assert (await kitchen.status())["satellite"]["run"] == 0
            async with kitchen.notes() as notes:
                await kitchen.hear(await spoken(LIGHT_ON))
                assert (await next_note(notes, "done")).data["outcome"] == "answered"
            assert whole.summary("kitchen").deeds


async def test_an_announcement_is_heard_in_every_room(setting: Setting) -> None:
    async with setting.appliance() as whole:
        rooms = [setting.satellite("kitchen"), setting.satellite("living_room")]
        with running(*rooms):
            for room in rooms:
                await here(room)
            async with rooms[0].notes() as first, rooms[1].notes() as second:
                said = whole.conductor.announce("Dinner is ready.")
                assert set(said) == {"local", "kitchen", "living_room"}
                for notes in (first, second):
                    assert (await next_note(notes, "played")).data["rms"] > 0.005


async def test_two_rooms_talk_to_each_other(setting: Setting) -> None:
    async with setting.appliance() as whole:
        kitchen, living = setting.satellite("kitchen"), setting.satellite("living_room")
        with running(kitchen, living):
            await here(kitchen)
            await here(living)
            async with kitchen.notes() as first, living.notes() as second:
                whole.hub.call("kitchen", "living_room")
                await asyncio.gather(*(next_note(notes, "first_audio") for notes in (first, second)))
                assert {(await room.status())["satellite"]["state"] for room in (kitchen, living)} == {"call"}
                whole.hub.call("living_room", "")
                await asyncio.gather(*(next_note(notes, "done") for notes in (first, second)))
            assert {(await room.status())["satellite"]["run"] for room in (kitchen, living)} == {0}
