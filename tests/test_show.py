"""The terminal view, against a real socket with notes that the test makes; also on a terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.demonstration import SENTENCES
from tests.controlled import SECONDS, Controlled, controlled, stage, status

CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
END = 999
"""A turn that only says that everything before it was printed."""
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
EVIL = "\x1b[2J\x07[bold]evil[/bold] :skull:"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Controlled]:
    async with controlled(tmp_path / "data") as serving:
        yield serving


def turn(served: Controlled, number: int = 1, at_ms: int = 10_000, **changes: Any) -> None:
    """A whole spoken turn; `changes` replace the data of a kind."""
    deed = {"entity_id": "light.a", "name": "Lamp", "done": True, "confirmed": True, "reason": "", "ms": 84.2}
    notes: dict[str, tuple[int, dict[str, Any]]] = {
        "wake": (0, {"word": "hey_jarvis", "score": 0.934}),
        "listening": (10, {}),
        "speech_start": (100, {}),
        "partial": (300, {"text": "lamp"}),
        "endpoint": (1_500, {"speech_end_ms": at_ms + 1_020}),
        "transcript": (1_540, {"text": "lamp on", "ms": 40.4}),
        "intent": (1_550, {"intent": "HassTurnOn", "source": "intent", "ms": 8.04}),
        "deed": (1_640, deed),
        "reply": (1_650, {"text": "Turned on."}),
        "first_audio": (1_720, {"speech_end_ms": at_ms + 1_020}),
        "played": (2_500, {"seconds": 0.8, "rms": 0.12}),
        "done": (2_510, {"outcome": "answered"}),
    }
    for kind, (after_ms, data) in notes.items():
        if kind in changes and changes[kind] is None:
            continue
        served.note(number, kind, at_ms + after_ms, **(data | changes.get(kind, {})))


async def shown(served: Controlled, tell: Callable[[], None], *flags: str) -> str:
    """What the view printed about this; it ends with the appliance."""
    view = await served.view(*flags)
    await served.watched()
    return await told(served, view, tell)


async def told(served: Controlled, view: asyncio.subprocess.Process, tell: Callable[[], None]) -> str:
    """The same of a view that watches already."""
    assert view.stdout is not None
    tell()
    served.note(END, "speech_start", 1_000_000)
    async with asyncio.timeout(SECONDS):
        text = await view.stdout.readuntil(f"turn {END}".encode())
        await served.server.stop()
        rest, _ = await view.communicate()
    assert view.returncode == 0, rest.decode()
    return text.decode().removesuffix(f"turn {END}")


async def test_a_turn_is_told_line_by_line(served: Controlled) -> None:
    text = await shown(served, lambda: turn(served))
    told = [line.split(maxsplit=2)[2] for line in text.splitlines() if re.match(r" +\d+ ms  ", line)]
    assert told == [
        "wake     hey_jarvis (score 0.93)",
        "silence  the speaker is done",
        "heard    “lamp on” (+40 ms)",
        "meant    HassTurnOn (8.0 ms)",
        "done     Lamp confirmed (84 ms)",
        "said     “Turned on.”",
        "sound    first audio 700 ms after end of speech",
    ]
    times = [int(line.split()[0]) for line in text.splitlines() if re.match(r" +\d+ ms  ", line)]
    assert times == [0, 1_500, 1_540, 1_550, 1_640, 1_650, 1_720]
    assert "\x1b" not in text, "no colours outside a terminal"


async def test_the_stages_come_first(tmp_path: Path) -> None:
    stages = [stage("stt", detail="[/bold] 12 words"), stage("tts", memory_mb=None)]
    async with controlled(tmp_path / "data", status=status(stages=stages)) as served:
        text = await shown(served, lambda: None)
    assert re.search(r"stt +some +ready +33 MB +\[/bold\] 12 words", text)
    assert re.search(r"llm +not yet +no language model is chosen", text)
    assert "sandbox limits · broker 127.0.0.1:1883 · 12 entities" in text
    assert text.index("stt") < text.index("Listening.")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"transcript": {"text": ""}}, "heard    nothing it knows"),
        ({"intent": {"intent": ""}}, "meant    no intent"),
        ({"deed": {"done": False, "reason": "it does not answer"}}, "done     Lamp: it does not answer"),
        ({"done": {"outcome": "interrupted"}}, "interrupted"),
        ({"first_audio": {"speech_end_ms": 0}}, "1720 ms after the question"),
    ],
)
async def test_what_goes_wrong_is_told(served: Controlled, changes: dict[str, Any], line: str) -> None:
    assert line in await shown(served, lambda: turn(served, **changes))


async def test_each_turn_has_its_heading_and_its_own_clock(served: Controlled) -> None:
    def tell() -> None:
        turn(served, 1)
        served.note(1, "stage", 13_000, name="stt", state="ready")
        turn(served, 2, at_ms=60_000)

    text = await shown(served, tell)
    assert re.findall(r"turn \d", text) == ["turn 1", "turn 2"]
    assert text.count("      0 ms  wake") == 2


async def test_rooms_that_speak_at_the_same_time_are_told_apart(served: Controlled) -> None:
    def tell() -> None:
        served.note(1, "wake", 10_000, word="alexa", score=0.9)
        served.note(2, "wake", 90_000, "kitchen", word="alexa", score=0.9)
        served.note(1, "reply", 10_500, text="One.")
        served.note(2, "reply", 90_700, "kitchen", text="Two.")

    text = await shown(served, tell)
    headings = re.findall(r"turn \d(?: in kitchen)?", text)
    assert headings == ["turn 1", "turn 2 in kitchen", "turn 1", "turn 2 in kitchen"]
    assert "   500 ms  said     “One.”" in text
    assert "   700 ms  said     “Two.”" in text


async def test_names_and_words_do_not_steer_the_terminal(served: Controlled) -> None:
    changes = {
        "wake": {"word": EVIL}, "transcript": {"text": EVIL}, "intent": {"intent": EVIL},
        "deed": {"name": EVIL}, "reply": {"text": EVIL}, "done": {"outcome": EVIL}, "partial": {"text": EVIL},
    }  # fmt: skip
    text = await shown(served, lambda: turn(served, **changes))
    assert text.count("[bold]evil[/bold] :skull:") == 6
    assert "\x1b" not in text
    assert "\x07" not in text


async def test_it_waits_until_the_appliance_listens(tmp_path: Path) -> None:
    async with controlled(tmp_path / "data", status=status(listening=False)) as served:
        view = await served.view()
        await served.until(lambda: len(served.requests) >= 3)
        assert not served.watchers
        served.answers["status"] = status(listening=False, muted=True)
        await served.watched()
        await served.server.stop()
        assert await view.wait() == 0


async def test_without_an_appliance_it_says_so(tmp_path: Path) -> None:
    async with controlled(tmp_path / "data") as served:
        await served.server.stop()
        view = await served.view()
        out, _ = await view.communicate()
    assert view.returncode == 1
    assert "no appliance runs" in out.decode()
    assert "Traceback" not in out.decode()


# --- the demonstration -----------------------------------------------------------------------------------


async def demonstrated(served: Controlled, answers: Callable[[int], dict[str, Any]]) -> tuple[int, str]:
    """A demonstration in which each sentence's turn is as the test says."""
    view = await served.view("--demo", "--once")
    reading = asyncio.create_task(view.communicate())
    for number in range(len(SENTENCES)):
        await served.until(lambda: spoken(served) > number or view.returncode is not None)  # noqa: B023
        turn(served, number + 1, **answers(number))
    async with asyncio.timeout(SECONDS):
        out, _ = await reading
    assert view.returncode is not None
    return view.returncode, out.decode()


def spoken(served: Controlled) -> int:
    """Sentences whose last piece has come: a pause ends each."""
    hears = [request for request in served.requests if request["do"] == "hear"]
    served.requests = [request for request in served.requests if request["do"] != "status"]
    return len(hears)


async def test_a_demonstration_that_goes_well(served: Controlled) -> None:
    code, text = await demonstrated(served, lambda _: {})
    assert code == 0
    assert text.count("✓") == len(SENTENCES)
    assert "4 of 4 sentences heard, done and answered aloud" in text


async def test_a_demonstration_with_complaints(served: Controlled) -> None:
    failures = [{"deed": None}, {"deed": {"confirmed": False}}, {"reply": None}, {"played": {"rms": 0.0}}]
    code, text = await demonstrated(served, failures.__getitem__)
    assert code == 1
    assert "no deed followed; it heard 'lamp on'" in text
    assert "a device did not confirm its deed" in text
    assert "no answer was given" in text
    assert "the answer was not audible" in text
    assert "0 of 4 sentences" in text


# --- on a terminal ---------------------------------------------------------------------------------------


class Terminal:
    """A pseudo terminal and what was written to it."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.text = ""
        asyncio.get_running_loop().add_reader(self.ours, self._read)

    def _read(self) -> None:
        try:
            self.text += os.read(self.ours, 65_536).decode(errors="replace")
        except OSError:  # the other end was closed
            asyncio.get_running_loop().remove_reader(self.ours)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.ours)
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    made = Terminal()
    yield made
    made.close()


async def test_colours_on_a_terminal(served: Controlled, terminal: Terminal) -> None:
    view = await served.view(output=terminal.theirs)
    await served.watched()
    turn(served)
    await served.until(lambda: "700 ms" in terminal.text)
    assert "\x1b[32mLamp" in terminal.text
    assert "done     Lamp confirmed" in CODES.sub("", terminal.text)
    view.terminate()
    assert await view.wait() == 128 + signal.SIGTERM


async def test_the_cursor_comes_back_when_it_ends_while_hearing(
    served: Controlled, terminal: Terminal
) -> None:
    view = await served.view(output=terminal.theirs)
    await served.watched()
    served.note(1, "wake", 1_000, word="alexa", score=0.9)
    served.note(1, "partial", 1_300, text="lamp")
    await served.until(lambda: "lamp" in terminal.text and HIDE in terminal.text)
    view.terminate()
    await view.wait()
    await served.until(lambda: terminal.text.rfind(SHOW) > terminal.text.rfind(HIDE))


async def test_the_cursor_comes_back_when_it_ends_while_starting(tmp_path: Path, terminal: Terminal) -> None:
    async with controlled(tmp_path / "data", status=status(listening=False)) as served:
        view = await served.view(output=terminal.theirs)
        await served.until(lambda: "starting the stages" in terminal.text)
        view.terminate()
        assert await view.wait() == 128 + signal.SIGTERM
        await served.until(lambda: terminal.text.rfind(SHOW) > terminal.text.rfind(HIDE))
    assert "Traceback" not in terminal.text


async def test_ctrl_c_is_the_appliances_to_answer(served: Controlled) -> None:
    view = await served.view()
    await served.watched()
    view.send_signal(signal.SIGINT)
    assert "said     “Turned on.”" in await told(served, view, lambda: turn(served))
