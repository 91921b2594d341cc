"""A real browser whose microphone hears a spoken command, against a whole appliance."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.demonstration import speak
from appliance.web.access import sessions
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from appliance.web.talk import wire
from tests.hearing import SILENCE
from tests.web.talk.browser import Page, browsing, write_wav
from tests.web.talk.conftest import Home

COMMAND = "turn on the kitchen light"


@asynccontextmanager
async def page_of(home: Home, folder: Path, sound: bytes, **options: Any) -> AsyncIterator[Page]:
    """A page that is signed in, with a `talk` that is not started."""
    cookie = Store(home.running.data / "web").change(lambda state: sessions.begin(state, "a test", wall()))
    async with browsing(folder, write_wav(folder / "microphone.wav", sound)) as page:
        await page.open(home.page, cookie)
        await page.evaluate(f"make({json.dumps(options)}); true")
        yield page
        await page.evaluate("talk.stop()")
        assert page.complaints == []


async def events(page: Page, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate(f"of({kind!r})")
    return found


async def test_a_spoken_command_is_done_and_its_answer_is_heard(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, SILENCE + speak(COMMAND) + 4 * SILENCE) as page:
        await page.evaluate("talk.start().then(() => talk.press())")
        await page.until("of('played').length && of('done').length")
        assert await events(page, "deed"), [await events(page, each) for each in ("transcript", "reply")]
        (heard,) = await events(page, "transcript")
        (deed,) = await events(page, "deed")
        assert heard["text"] == COMMAND
        assert deed["confirmed"]
        assert await events(page, "partial")
        assert await page.evaluate("loudest") > 0.01
        assert [each["outcome"] for each in await events(page, "done")] == ["answered"]
        (figures,) = await events(page, "figures")
        assert figures["firstAudioMs"] > 0
        assert figures["droppedFrames"] == 0
        assert await page.evaluate("talk.state.phase") == "idle"
        assert await events(page, "problem") == []


async def test_speaking_over_the_answer_stops_it_and_is_heard(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, 8 * SILENCE + speak(COMMAND) + 4 * SILENCE) as page:
        await page.evaluate("talk.start()")
        await page.evaluate("talk.say('what time is it')")
        await page.until("of('playing').length")
        await keep_answering(page)
        (over,) = await events(page, "bargein")
        await page.until("of('transcript').some((each) => each.text)", 20)
        heard = [each for each in await events(page, "transcript") if each["turn"] > over["turn"]]
        assert heard[0]["text"] == COMMAND
        outcomes = {each["turn"]: each["outcome"] for each in await events(page, "done")}
        assert outcomes[over["turn"]] == "interrupted"
        await page.until("of('deed').length")


async def keep_answering(page: Page) -> None:
    """Let it speak until it is spoken over."""
    await page.evaluate(
        "new Promise((done) => { talk.addEventListener('bargein', done);"
        " talk.addEventListener('done', () => of('bargein').length || talk.say('what time is it')); })"
    )


async def test_who_speaks_before_the_connection_is_there_is_heard(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, SILENCE + speak(COMMAND) + 4 * SILENCE) as page:
        await page.evaluate("""{
          const Socket = WebSocket;
          window.WebSocket = class extends Socket {
            send(data) { setTimeout(() => this.readyState === Socket.OPEN && super.send(data), 1500); }
          };
          window.WebSocket.OPEN = Socket.OPEN;
        }""")
        pressed = "talk.start().then(() => { talk.press(); return talk.connection; })"
        assert await page.evaluate(pressed) == "connecting"
        await page.until("of('done').length")
        assert [each["text"] for each in await events(page, "transcript")] == [COMMAND]
        assert await events(page, "deed")


async def test_a_lost_connection_comes_back_to_the_same_talk(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, SILENCE, mode="text") as page:
        await page.evaluate("talk.start()")
        await page.until("talk.connection === 'open'")
        token = await page.evaluate("talk.link.token")
        await page.evaluate(
            "talk.say('what time is it'); talk.link.socket.close(); talk.say('what day is it'); 1"
        )
        await page.until("of('done').length === 2")
        assert await page.evaluate("talk.link.token") == token
        assert len(await events(page, "begun")) == 2
        assert len(await events(page, "reply")) >= 2
        assert (await page.evaluate("talk.measured()"))["reconnects"] == 1
        assert len(await events(page, "fresh")) == 1


async def test_a_page_that_is_loaded_again_goes_on(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, SILENCE, mode="text") as page:
        await page.evaluate("talk.start()")
        await page.until("talk.connection === 'open'")
        token = await page.evaluate("talk.link.token")
        await page.evaluate("talk.say('what time is it')")
        await page.until("of('done').length")
        await page.load()
        await page.evaluate("make({ mode: 'text' }).start()")
        await page.until("talk.connection === 'open'")
        await page.evaluate("talk.say('what time is it')")
        await page.until("of('done').length")
        assert await page.evaluate("talk.link.token") == token
        assert await events(page, "fresh") == []


async def test_the_space_bar_talks_unless_something_is_typed(home: Home, tmp_path: Path) -> None:
    async with page_of(home, tmp_path, 30 * SILENCE) as page:
        await page.evaluate(
            "talk.start().then(() => { talk.bindKeys(); document.getElementById('field').focus(); })"
        )
        await press_space(page)
        assert not await page.evaluate("talk.pressed")
        await release_space(page)
        await page.evaluate("document.activeElement.blur()")
        await press_space(page)
        assert await page.evaluate("talk.pressed")
        await page.until("talk.state.phase === 'listening'")
        await release_space(page)
        assert not await page.evaluate("talk.pressed")
        await page.evaluate("talk.hush()")
        await page.until("talk.state.phase === 'idle'")


async def press_space(page: Page) -> None:
    await page.ask("Input.dispatchKeyEvent", type="keyDown", key=" ", code="Space", text=" ")


async def release_space(page: Page) -> None:
    await page.ask("Input.dispatchKeyEvent", type="keyUp", key=" ", code="Space")


@pytest.fixture
async def tools(tmp_path: Path, home: Home) -> AsyncIterator[Page]:
    async with page_of(home, tmp_path, SILENCE) as page:
        yield page


async def test_the_parts_of_the_page_that_compute(tools: Page) -> None:
    rates = [[48_000, 16_000], [44_100, 16_000], [22_050, 48_000], [16_000, 44_100], [24_000, 48_000]]
    for each in await tools.evaluate(f"fit({rates}, [300, 1000, 3400, 6000])"):
        assert abs(each["count"] - each["to"]) <= each["to"] // 500 + 2, each
        assert each["off"] < 0.01, each
    for each in await tools.evaluate(f"fit({rates[:2]}, [9000, 12000, 20000])"):
        assert each["rms"] < 0.001, each
    frame = bytes(await tools.evaluate("encoded(7, 1000.4, [1, -2, 3])"))
    assert wire.decode_audio(frame) == wire.Audio(7, 1000, b"\x01\x00\xfe\xff\x03\x00")
    piece = list(wire.encode_out(wire.Speech(3, 22_050, b"\x01\x00\xff\x7f"), 9))
    decoded = await tools.evaluate(f"decoded({piece})")
    assert decoded == {"n": 9, "turn": 3, "rateHz": 22_050, "pcm": [1, 32_767]}


async def test_a_busy_page_makes_no_pause_in_the_sound_and_a_context_that_stood_still_does(
    tools: Page,
) -> None:
    busy = [0.0] * 20 + [260.0, 240.0, 220.0, 140.0] + [0.0] * 20 + [130.0] * 20 + [0.0] * 10
    assert await tools.evaluate(f"anchored({busy})") == [20 * at for at in range(len(busy))]
    stood = await tools.evaluate(f"anchored({[0.0] * 20 + [3_000.0] * 60})")
    assert stood[19] == 380
    assert stood[-1] == 20 * 79 + 3_000


@pytest.mark.parametrize(
    ("frames", "heard"),
    [
        ("Array(50).fill([0.005, 0.2])", "quiet"),  # a quiet room
        ("Array(50).fill([0.02, 0.2])", "quiet"),  # our own echo
        ("[...Array(50).fill([0.005, 0.2]), ...Array(8).fill([0.2, 0.2])]", "speech"),
        ("[...Array(50).fill([0.005, 0.2]), ...Array(3).fill([0.2, 0.2])]", "maybe"),
        ("[...Array(50).fill([0.005, 0.2]), [0.5, 0.2], ...Array(9).fill([0.005, 0.2])]", "quiet"),  # a knock
    ],
)
async def test_who_speaks_over_the_answer_is_told_from_an_echo(tools: Page, frames: str, heard: str) -> None:
    told = await tools.evaluate(f"gated({frames})")
    assert told == heard
