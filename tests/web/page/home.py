"""A whole appliance with its page, and the browser that its owner sits at."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from appliance.audio import pcm
from appliance.demonstration import speak
from appliance.serve import demonstration_house
from appliance.web.talk import wire
from tests.appliances import Running, with_models
from tests.broker import free_port
from tests.hearing import SILENCE
from tests.web.page.browser import Browser
from tests.web.talk.browser import write_wav

SECONDS = 60.0
TRIES = 3
WATCH = """
  window.shown = [];
  window.troubles = [];
  document.addEventListener('trouble', ({ detail }) => window.troubles.push(String(detail.message)));
  new MutationObserver(() => window.shown.push(document.querySelector('.heard').textContent))
    .observe(document.querySelector('.heard'), { childList: true, characterData: true, subtree: true });
"""


class Home:
    """The appliance, and a browser that the owner sits at."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self.microphone = folder / "microphone.wav"
        self.says(SILENCE)
        models = Path(os.environ.get("APPLIANCE_TEST_MODELS", "none"))
        self.wakes = (models / "hey_jarvis").is_dir()
        if self.wakes:
            with_models(self.data, models)
        self.running = self.started()
        self.browser = Browser(folder, self.microphone)

    def started(self) -> Running:
        engine = None if self.wakes else "microwakeword"
        running = Running(
            self.data, "--house", str(demonstration_house()), web__enabled="true", web__listen="loopback",
            web__port=str(self.port), web__requests_per_minute="1000000", wake__engine=engine,
            tts__voice="en-us",
        )  # fmt: skip
        self.running = running
        asyncio.run(running.until(lambda told: told["listening"] and told["home"]["entities"] == 8))
        return running

    def says(self, sound: bytes) -> None:
        """What the microphone hears from the moment on in which it is opened the next time."""
        write_wav(self.microphone, sound)

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        return self.running.asked(do, **fields)

    def state(self, entity_id: str) -> str:
        """As the broker told it."""
        (found,) = [each for each in self.ask("devices")["entities"] if each["id"] == entity_id]
        return str(found["state"])

    def until_state(self, entity_id: str, wanted: str, seconds: float = SECONDS) -> None:
        until(lambda: self.state(entity_id) == wanted, f"{entity_id} is never {wanted}", seconds)

    def set(self, entity_id: str, name: str, wanted: str) -> None:
        """By a sentence that the page has nothing to do with."""
        self.ask("ask", text=f"turn {wanted} the {name}")
        self.until_state(entity_id, wanted)

    def types(self, text: str) -> None:
        """Into the page's field, and sends it."""
        self.browser.fill(".entry input", text)
        self.browser.run("document.querySelector('.entry').requestSubmit()")

    def says_until(self, words: str, entity_id: str, wanted: str, *, press: Callable[[], None]) -> None:
        """Said again where a busy machine's sound had gaps, as a person would."""
        for _ in range(TRIES):
            self.says(SILENCE + speak(words) + 3 * SILENCE)
            press()
            with contextlib.suppress(AssertionError):
                self.until_state(entity_id, wanted, 15)
                return
            self.anew()
        raise AssertionError(f"“{words}” was not done; {self.told(sent=False)[-20:]}")

    def anew(self) -> None:
        """The page as somebody sees it who opens it now: nothing is heard, the microphone is closed."""
        self.browser.open("about:blank")
        self.browser.frames.clear()
        self.browser.open(f"http://127.0.0.1:{self.port}/#/now", "Boolean(document.querySelector('.press'))")
        self.browser.run(WATCH)

    def told(self, *, sent: bool) -> list[dict[str, Any]]:
        """Text frames of the page's WebSockets."""
        self.browser.run("0")
        return [
            json.loads(frame.data)
            for frame in self.browser.frames
            if frame.sent is sent and isinstance(frame.data, str)
        ]

    def speech(self) -> bytes:
        """What the loudspeaker got, at 16 kHz."""
        import soxr

        pieces = [
            wire.decode_speech(frame.data)[1]
            for frame in self.browser.frames
            if not frame.sent and isinstance(frame.data, bytes)
        ]
        samples = np.concatenate([np.frombuffer(piece.pcm, "<i2") for piece in pieces])
        return bytes(soxr.resample(samples, pieces[0].rate_hz, pcm.RATE_HZ).astype("<i2").tobytes())

    def close(self) -> None:
        try:
            self.browser.close()
        finally:
            assert self.running.close() == 0
        assert "Traceback" not in self.running.log(), self.running.log()[-6000:]


def until(true: Callable[[], bool], never: str, seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, never
        time.sleep(0.05)
