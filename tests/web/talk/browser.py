"""A headless Chromium whose microphone plays a file, driven over its own DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import urllib.request
import wave
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from websockets.asyncio.client import ClientConnection, connect

STATIC = Path(__file__).resolve().parents[3] / "appliance" / "web" / "static"
SCRIPT = Path(__file__).with_name("page.js")
SECONDS = 40.0
POLICY = "default-src 'self'"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0",
)  # fmt: skip


def program() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed: apt install chromium")
    return found


def write_wav(path: Path, sound: bytes) -> Path:
    """16 kHz mono s16le, as 48 kHz: the fake microphone's own resampling costs words."""
    samples = np.frombuffer(sound, np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(soxr.resample(samples, 16_000, 48_000).tobytes())
    return path


class Page:
    """One page; requests of its own origin for the talk's files are answered from this checkout."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._jobs: set[asyncio.Task[Any]] = set()
        self.complaints: list[str] = []
        """Errors of the console."""
        self._home = ""
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, *self._jobs, return_exceptions=True)

    async def ask(self, method: str, *, seconds: float = SECONDS, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(seconds):
            got = await answer
        assert "error" not in got, got
        result: dict[str, Any] = got["result"]
        return result

    async def evaluate(self, expression: str, seconds: float = SECONDS) -> Any:
        """Its value, of a promise too."""
        got = await self.ask(
            "Runtime.evaluate", seconds=seconds, expression=expression, awaitPromise=True, returnByValue=True,
            userGesture=True,
        )  # fmt: skip
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    async def until(self, expression: str, seconds: float = SECONDS) -> Any:
        """Its first value that is true."""
        try:
            async with asyncio.timeout(seconds):
                while not (value := await self.evaluate(expression)):
                    await asyncio.sleep(0.05)
                return value
        except TimeoutError:
            events = await self.evaluate(
                "JSON.stringify((window.events || []).filter((each) => each.kind !== 'note')).slice(-3000)"
            )
            raise AssertionError(f"never {expression}; {self.complaints}; {events}") from None

    async def open(self, url: str, cookie: str = "") -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.ask(f"{domain}.enable")
        if cookie:
            await self.ask("Network.setCookie", url=url, name="appliance", value=cookie, httpOnly=True)
        patterns = [{"urlPattern": "*/talk-test.js"}, {"urlPattern": "*/static/talk/*"}]
        await self.ask("Fetch.enable", patterns=patterns)
        self._home = url
        await self.load()

    async def load(self) -> None:
        """(Again.) The document is the server's own: a browser lets only that reach a loopback address."""
        await self.ask("Page.navigate", url=f"{self._home}/healthz")
        await self.until("location.pathname === '/healthz' && document.readyState === 'complete'")
        await self.evaluate("import('/talk-test.js').then(() => true)")

    async def _read(self) -> None:
        async for raw in self._connection:
            got = json.loads(raw)
            if "id" in got:
                self._answers.pop(got["id"]).set_result(got)
            elif got["method"] == "Fetch.requestPaused":
                job = asyncio.create_task(self._serve(got["params"]))
                self._jobs.add(job)
                job.add_done_callback(self._jobs.discard)
            elif got["method"] == "Runtime.exceptionThrown":
                self.complaints.append(str(got["params"]["exceptionDetails"].get("exception", "")))
            elif got["method"] == "Log.entryAdded" and got["params"]["entry"]["level"] == "error":
                self.complaints.append(str(got["params"]["entry"]))

    async def _serve(self, paused: dict[str, Any]) -> None:
        path = paused["request"]["url"].partition("://")[2].partition("/")[2].partition("?")[0]
        file = SCRIPT if path == "talk-test.js" else STATIC / path.removeprefix("static/")
        headers = {"content-type": "text/javascript", "content-security-policy": POLICY}
        await self.ask(
            "Fetch.fulfillRequest",
            requestId=paused["requestId"],
            responseCode=200,
            responseHeaders=[{"name": name, "value": value} for name, value in headers.items()],
            body=base64.b64encode(file.read_bytes()).decode(),
        )


@contextlib.asynccontextmanager
async def browsing(folder: Path, sound: Path, *, loop: bool = False) -> AsyncIterator[Page]:
    """A browser that hears this file from the moment on in which its microphone is opened."""
    profile = folder / f"profile-{sound.stem}"
    capture = f"--use-file-for-fake-audio-capture={sound}" + ("" if loop else "%noloop")
    argv = [program(), *FLAGS, capture, f"--user-data-dir={profile}", "about:blank"]
    process = await asyncio.to_thread(_start, argv)
    try:
        port = await _port(profile / "DevToolsActivePort", process)
        async with connect(await _target(port), max_size=2**24, proxy=None) as connection:
            page = Page(connection)
            try:
                yield page
            finally:
                await page.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)
        await asyncio.to_thread(shutil.rmtree, profile, ignore_errors=True)


def _start(argv: list[str]) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    return subprocess.Popen(argv, stdout=null, stderr=null, start_new_session=True)


async def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    async with asyncio.timeout(SECONDS):
        while True:
            assert process.poll() is None, "chromium ended"
            with contextlib.suppress(FileNotFoundError, IndexError, ValueError):  # it is not written yet
                return int(file.read_text().splitlines()[0])
            await asyncio.sleep(0.05)


async def _target(port: int) -> str:
    """The empty page's DevTools address."""
    async with asyncio.timeout(SECONDS):
        body = await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/json/list")
    page = next(each for each in json.loads(body) if each["type"] == "page")
    return str(page["webSocketDebuggerUrl"])


def _get(url: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=SECONDS) as answer:
        return bytes(answer.read())
