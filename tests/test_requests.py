"""What the local socket may ask, and what it is refused."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from appliance.audio.pcm import RATE_HZ
from appliance.config.model import Audio, Config, Mqtt, Paths
from appliance.daemon import Appliance
from appliance.errors import ControlError
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.microphone import LISTENERS
from appliance.pipeline.waiting import MAX_WAITING
from appliance.requests import MAX_TEXT, Requests
from appliance.wire import messages as m
from tests.pipeline.test_conductor import DEED, Bench

SECONDS = 10.0


class Microphone(Bench):
    """A conductor on a bench, and what was spoken into its microphone."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []
        self.requests = Requests(self).handlers()

    def hear(self, speech: bytes) -> None:
        self.heard.append(speech)

    def status(self) -> dict[str, Any]:
        return {"listening": True}

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        return await self.requests[do]({"do": do, **arguments})

    async def until_sent(self, stage: str, kind: type[m.Message]) -> None:
        async with asyncio.timeout(SECONDS):
            while not any(name == stage and isinstance(sent, kind) for name, sent in self.stages.sent):
                await asyncio.sleep(0)


@pytest.fixture
async def bench() -> Microphone:
    return Microphone()


async def test_status(bench: Microphone) -> None:
    assert await bench.ask("status", more="ignored") == {"listening": True}


@pytest.mark.parametrize(
    "text",
    [None, 17, True, ["turn on"], {}, "", " \n\t", "x" * (MAX_TEXT + 1)],
    ids=lambda text: repr(text)[:12],
)
async def test_no_sentence_is_refused(bench: Microphone, text: object) -> None:
    with pytest.raises(ControlError, match=f"1 to {MAX_TEXT} characters"):
        await bench.ask("ask", text=text)
    assert bench.stages.sent == []


async def test_the_longest_sentence_is_asked(bench: Microphone) -> None:
    asking = asyncio.create_task(bench.ask("ask", text="x" * MAX_TEXT))
    await bench.until_sent("intent", m.Understand)
    asking.cancel()


async def test_an_answer_is_the_whole_turn(bench: Microphone) -> None:
    asking = asyncio.create_task(bench.ask("ask", text="  lamp on "))
    await bench.until_sent("intent", m.Understand)
    assert m.Understand(1, "lamp on", "", "local") in bench.stages.take("intent")
    bench.conductor.message("intent", m.Understood(1, (DEED,), "Turned on.", "intent", "HassTurnOn", 1.0))
    await bench.until_sent("tts", m.Speak)
    bench.play_out(1)
    async with asyncio.timeout(SECONDS):
        answer = await asking
    assert answer["turn"] == 1
    assert answer["heard"] == "lamp on"
    assert answer["intent"] == "HassTurnOn"
    assert answer["answer"] == "Turned on."
    assert answer["outcome"] == "answered"
    assert answer["deeds"][0]["entity_id"] == "light.a"
    assert answer["latency_ms"] is not None
    assert bench.conductor.trace._watchers == [bench.notes.append], "it watches no longer"


async def test_a_question_too_many_is_refused(bench: Microphone) -> None:
    asking = [asyncio.create_task(bench.ask("ask", text="x")) for _ in range(MAX_WAITING + 2)]
    done, waiting = await asyncio.wait(asking, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
    (refused,) = done
    assert "too many questions" in str(refused.exception())
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert bench.conductor.trace._watchers == [bench.notes.append]


async def test_hush_ends_the_turn(bench: Microphone) -> None:
    asking = asyncio.create_task(bench.ask("ask", text="lamp on"))
    await bench.until_sent("intent", m.Understand)
    assert await bench.ask("hush") == {"hushed": True}
    async with asyncio.timeout(SECONDS):
        answer = await asking
    assert answer["outcome"] not in {"", "answered"}
    assert answer["deeds"] == []
    assert answer["latency_ms"] is None


async def test_hush_with_nothing_to_hush(bench: Microphone) -> None:
    assert await bench.ask("hush") == {"hushed": True}
    assert bench.conductor.idle


@pytest.mark.parametrize("muted", [True, False])
async def test_mute(bench: Microphone, muted: bool) -> None:
    for stage in LISTENERS:
        bench.conductor.stage_changed(stage, "ready", ready=True)
    bench.stages.take("sound")
    assert await bench.ask("mute", muted=muted) == {"muted": muted}
    assert bench.conductor.muted is muted
    assert bench.stages.take("sound") == [m.Capture(on=not muted)]


@pytest.mark.parametrize("arguments", [{}, {"muted": None}, {"muted": 1}, {"muted": "yes"}, {"muted": []}])
async def test_mute_wants_true_or_false(bench: Microphone, arguments: dict[str, Any]) -> None:
    with pytest.raises(ControlError, match="true or false"):
        await bench.ask("mute", **arguments)
    assert bench.stages.sent == []


async def test_hear_hands_on_the_samples(bench: Microphone) -> None:
    speech = bytes(range(256)) * 4
    assert await bench.ask("hear", pcm=base64.b64encode(speech).decode()) == {"bytes": len(speech)}
    assert bench.heard == [speech]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"pcm": None},
        {"pcm": True},
        {"pcm": 1234},
        {"pcm": ["AAAA"]},
        {"pcm": "A"},
        {"pcm": "AAA!"},
        {"pcm": "AA AA"},
        {"pcm": "ÄÄÄÄ"},
        {"pcm": "\0\0\0\0"},
        {"pcm": "AAAA"},
    ],
    ids=repr,
)
async def test_hear_refuses_what_is_no_sound(bench: Microphone, arguments: dict[str, Any]) -> None:
    with pytest.raises(ControlError, match="hear"):
        await bench.ask("hear", **arguments)
    assert bench.heard == []


async def test_a_real_microphone_is_not_spoken_into(tmp_path: Any) -> None:
    config = Config(
        paths=Paths(data=str(tmp_path)), audio=Audio(device="default"), mqtt=Mqtt(host="127.0.0.1")
    )
    requests = Requests(Appliance(config)).handlers()
    with pytest.raises(ControlError, match="real microphone") as refused:
        await requests["hear"]({"do": "hear", "pcm": base64.b64encode(bytes(RATE_HZ)).decode()})
    assert 'audio.device = "none"' in refused.value.hint


async def test_every_handler_is_of_a_conductor(bench: Microphone) -> None:
    assert isinstance(bench.conductor, Conductor)
    assert sorted(bench.requests) == ["ask", "hear", "hush", "mute", "status"]
